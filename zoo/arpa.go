package zoo

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/ngram"
)

// ARPAWords returns the word of every token in an ARPA file. The words of the whitespace tokenizer
// are written byte for byte, so that other tools find the bytes of the text. The tokens of other
// tokenizers contain spaces and parts of characters, which an ARPA file cannot represent. They are
// written as [corpus.Tokenizer.Text] shows them, with \x20 for a space.
func (r *Run) ARPAWords() func(lm.Token) string {
	return func(t lm.Token) string {
		switch {
		case t == lm.BOS:
			return "</s>"
		case corpus.TraitsOf(r.Tokenizer).Separator != "":
			return r.Tokenizer.Decode([]lm.Token{t})
		}
		return strings.ReplaceAll(r.Tokenizer.Text(t), " ", `\x20`)
	}
}

// arpaSuffixes are the suffixes that toolkits give to ARPA files, compressed or not.
var arpaSuffixes = []string{".arpa", ".lm", ".arpa.gz", ".lm.gz"}

// IsARPA reports whether a path is named like an ARPA file and is not a directory.
func IsARPA(path string) bool {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return false
	}
	return slices.ContainsFunc(arpaSuffixes,
		func(s string) bool { return strings.HasSuffix(path, s) })
}

// isFile reports whether a path is a file or a pipe. Such a path can only be an ARPA file, because
// a run is a directory.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// openARPA opens the model of another toolkit as a run, with its words as a closed vocabulary and
// lines as documents.
func openARPA(path string) (*Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, words, err := ngram.ReadARPA(f)
	switch {
	case err != nil && IsARPA(path):
		return nil, fmt.Errorf("%s: %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("%s is neither a run directory nor an ARPA file: %w", path, err)
	}
	tok, err := corpus.NewWhitespace(words)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Run{
		Dir: path, Species: ngramSpecies(), Tokenizer: tok, Model: m,
		Settings: &Settings{Model: &countConfig{Config: ngram.Config{Order: m.Order,
			Smoothing: m.Smoothing}}},
		Config: Config{Species: "ngram", Data: Data{Documents: string(corpus.Lines)}},
	}, nil
}
