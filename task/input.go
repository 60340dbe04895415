package task

import (
	"slices"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/transformer"
)

// The special tokens of GPT-1's inputs (Radford et al. 2018, §3.3); BOS is its start token.
const (
	Delimiter = "[DELIMITER]" // between the two texts of a pair
	Extract   = "[EXTRACT]"   // after the text; the head reads its vector
)

// Input returns the tokens of an example that a model reads after BOS, at most room, and reports
// whether it shortened the texts to fit. The special tokens of the tokenizer determine the marks
// between and after the texts:
//
//	GPT-1     text [EXTRACT]          text [DELIMITER] pair [EXTRACT]
//	BERT      text [SEP]              text [SEP] pair [SEP]
//	no marks  text                    text [SEP] pair, with [SEP] in the tokenizer
//
// If room is 0, the length is unlimited.
func Input(tok corpus.Tokenizer, e Example, room int) (tokens []lm.Token, cut bool) {
	m := marksOf(tok)
	text := tok.Encode(nil, e.Text)
	var pair []lm.Token
	marks := len(m.end)
	if e.Pair != "" {
		pair = tok.Encode(nil, e.Pair)
		marks += len(m.between)
	}
	if room > 0 {
		text, pair, cut = Cut(text, pair, max(room-marks, 1))
	}
	tokens = slices.Clone(text)
	if e.Pair != "" {
		tokens = append(append(tokens, m.between...), pair...)
	}
	return append(tokens, m.end...), cut
}

// marks holds the special tokens between two texts and after the last one.
type marks struct{ between, end []lm.Token }

func marksOf(tok corpus.Tokenizer) (m marks) {
	special := func(name string) []lm.Token {
		if t, ok := corpus.Special(tok, name); ok {
			return []lm.Token{t}
		}
		return nil
	}
	m.between, m.end = special(Delimiter), special(Extract)
	sep := special(transformer.SepName)
	if m.between == nil {
		m.between = sep
	}
	if m.end == nil && special(transformer.MaskName) != nil {
		m.end = sep // BERT's inputs end with [SEP]
	}
	return m
}
