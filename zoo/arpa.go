package zoo

import (
	"fmt"
	"os"
	"strings"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/ngram"
)

// Words returns the text of every token as n-gram toolkits write it.
func (r *Run) Words() func(lm.Token) string {
	return func(t lm.Token) string {
		if t == lm.BOS {
			return "</s>"
		}
		return r.Tokenizer.Text(t)
	}
}

// IsARPA reports whether a path names an ARPA file, packed or not.
func IsARPA(path string) bool {
	return strings.HasSuffix(strings.TrimSuffix(path, ".gz"), ".arpa")
}

// openARPA reads the model of another toolkit as a run: its words are a closed vocabulary, its documents lines.
func openARPA(path string) (*Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, words, err := ngram.ReadARPA(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	tok, err := corpus.NewWhitespace(words)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	species, err := Find("ngram")
	if err != nil {
		return nil, err
	}
	return &Run{
		Dir: path, Species: species, Tokenizer: tok, Model: m,
		Config: Config{Species: species.Name, Data: Data{Documents: string(corpus.Lines)}},
	}, nil
}
