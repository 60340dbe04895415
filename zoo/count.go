package zoo

import (
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/ngram"
)

// countConfig is an n-gram model, and what is done to make it small once it has been counted.
type countConfig struct {
	ngram.Config
	PruneEntropy float64 `json:"prune_entropy,omitempty"` // n-grams are dropped that change the perplexity by less, relatively (Stolcke 1998); 0: none
	Quantize     int     `json:"quantize,omitempty"`      // bits of a probability; 0: as they are
}

// count trains the model for the vocabulary of tok.
func (c *countConfig) count(docs [][]lm.Token, tok corpus.Tokenizer) (lm.Model, []string, error) {
	c.Vocab, c.Unk = tok.Vocab(), unknown(tok)
	m, notes, err := ngram.Train(docs, c.Config)
	if err == nil && c.PruneEntropy != 0 {
		m, err = m.PruneEntropy(c.PruneEntropy)
	}
	if err == nil && c.Quantize != 0 {
		m, err = m.Quantize(c.Quantize)
	}
	if err != nil {
		return nil, nil, err // not m, which would be a nil pointer in an interface
	}
	return m, notes, nil
}

// unknown is the token of unknown words, −1 for a tokenizer that knows all.
func unknown(tok corpus.Tokenizer) lm.Token {
	if tok.Name() == "whitespace" {
		return corpus.Unk
	}
	return -1
}
