package zoo

import (
	"fmt"
	"math"

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

// The bits that ngram's Quantize can give a probability.
const (
	minBits = 2
	maxBits = 12
)

// check says what of c cannot be had.
func (c *countConfig) check() error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.Quantize != 0 && (c.Quantize < minBits || c.Quantize > maxBits) {
		return fmt.Errorf("quantize is %d; expected %d to %d bits, or 0 for probabilities as they are", c.Quantize, minBits, maxBits)
	}
	if !(c.PruneEntropy >= 0) || math.IsInf(c.PruneEntropy, 1) {
		return fmt.Errorf("prune_entropy is %g; expected a small number such as 1e-7, or 0 for none", c.PruneEntropy)
	}
	return nil
}

// count trains the model for the vocabulary of tok.
func (c *countConfig) count(docs [][]lm.Token, tok corpus.Tokenizer) (lm.Model, []string, error) {
	c.Vocab, c.Unk = tok.Vocab(), unknown(tok)
	return c.shrink(ngram.Train(docs, c.Config))
}

// countStream does the same with a text of which only a fragment is in memory at a time.
func (c *countConfig) countStream(text *corpus.Stream, tok corpus.Tokenizer) (m lm.Model, notes []string, tokens int, err error) {
	c.Vocab, c.Unk = tok.Vocab(), unknown(tok)
	counter, err := ngram.NewCounter(c.Config)
	if err != nil {
		return nil, nil, 0, err
	}
	defer counter.Close()
	var row []lm.Token
	for f, err := range text.Train() {
		if err != nil {
			return nil, nil, 0, err
		}
		row = tok.Encode(row[:0], f.Text)
		if f.Last && !f.Cut {
			row = append(row, lm.BOS)
		}
		tokens += len(row)
		if err := counter.Append(row); err != nil {
			return nil, nil, 0, err
		}
		if !f.Cut {
			continue
		}
		if err := counter.Cut(); err != nil {
			return nil, nil, 0, err
		}
	}
	if tokens == 0 {
		return nil, nil, 0, emptyTraining(text.Source)
	}
	m, notes, err = c.shrink(counter.Model())
	return m, notes, tokens, err
}

// shrink makes a model that has been counted as small as it is to be.
func (c *countConfig) shrink(m *ngram.Model, notes []string, err error) (lm.Model, []string, error) {
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

// Bounded reports whether these are settings of a model that is counted in bounded memory, for which a
// text can be an Order's Stream.
func (s *Settings) Bounded() bool {
	c, ok := s.Model.(*countConfig)
	return ok && c.Memory > 0
}

// unknown is the token of unknown words, −1 for a tokenizer that knows all.
func unknown(tok corpus.Tokenizer) lm.Token {
	if tok.Name() == "whitespace" {
		return corpus.Unk
	}
	return -1
}
