package zoo

import (
	"fmt"
	"strings"

	"lmzoo/corpus"
	vectors "lmzoo/format/word2vec"
	"lmzoo/lm"
)

// Word returns the token of a word. If tokens include the space before a word, it returns the token
// with the space, as inside a text.
func (r *Run) Word(text string) (lm.Token, error) {
	if strings.TrimSpace(text) == "" {
		return 0, fmt.Errorf("%q is not a word; want a word of the training text", text)
	}
	for _, spelled := range []string{" " + text, text} {
		if t, ok := oneToken(r.Tokenizer, spelled); ok {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%q is not one token of the %s tokenizer (vocabulary %d); want a word "+
		"of the training text", text, r.Tokenizer.Name(), r.Tokenizer.Vocab())
}

// oneToken returns the token of a text that is exactly one token.
func oneToken(tok corpus.Tokenizer, text string) (lm.Token, bool) {
	tokens := tok.Encode(nil, text)
	if len(tokens) != 1 || tok.Bytes(tokens[0]) != len(text) {
		return 0, false
	}
	return tokens[0], true
}

// Vectors returns the embeddings of a run as a table of words without the space before them. left
// describes the tokens that the format cannot represent, such as white space and long words. If a
// word has two tokens, with a space and without, Vectors takes the one with a space, as inside a
// text.
func (r *Run) Vectors() (v *vectors.Vectors, left []string, err error) {
	e, err := r.Embedder()
	if err != nil {
		return nil, nil, err
	}
	table := e.Embeddings()
	v = &vectors.Vectors{Dim: table.Cols}
	seen := map[string]bool{}
	add := func(spaced bool) {
		for t := range lm.Token(table.Rows) {
			word, space := strings.CutPrefix(r.Tokenizer.Decode([]lm.Token{t}), " ")
			if space != spaced || word == "" && !space || seen[word] {
				continue
			}
			seen[word] = true
			if err := vectors.CheckWord(word); err != nil {
				left = append(left, err.Error())
				continue
			}
			v.Words, v.Data = append(v.Words, word), append(v.Data, table.Row(int(t))...)
		}
	}
	add(true)
	add(false)
	return v, left, nil
}
