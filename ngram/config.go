package ngram

import (
	"fmt"

	"lmzoo/lm"
)

// MaxOrder is the longest n-gram a model may have.
const MaxOrder = 32

// Config describes the n-gram model to train.
type Config struct {
	Order     int     `json:"order" help:"tokens per n-gram"`
	Smoothing string  `json:"smoothing" help:"mle, add-k, witten-bell, absolute, kneser-ney, modified-kneser-ney or stupid-backoff"`
	K         float64 `json:"k,omitempty" help:"count added by add-k (0: 1)"`
	Vocab     int     `json:"vocab_size"` // V
	// Unk is the unknown word, which no history crosses; 0 or −1 means none
	Unk     lm.Token `json:"unk,omitempty"`
	Prune   []int    `json:"prune,omitempty" help:"largest dropped count per order: 0,0,1"`
	Memory  int64    `json:"memory,omitempty" help:"bytes of counts in memory: 2G (0: no limit)"`
	TempDir string   `json:"-"` // directory of spilled counts; "": the system default

	// NoCounts omits the counts from the model, which is then smaller and cannot explain its
	// probabilities.
	NoCounts bool `json:"no_counts,omitempty"`
}

// check returns c with its defaults, or reports the first invalid field.
func (c Config) check() (Config, error) {
	if c.Order < 1 || c.Order > MaxOrder {
		return c, fmt.Errorf("ngram: order %d; want 1 to %d", c.Order, MaxOrder)
	}
	if c.Vocab < 1 || c.Vocab > 1<<31-1 {
		return c, fmt.Errorf("ngram: vocabulary of %d tokens; want 1 to %d", c.Vocab, 1<<31-1)
	}
	if c.Unk <= 0 {
		c.Unk = -1
	}
	if int(c.Unk) >= c.Vocab {
		return c, fmt.Errorf("ngram: unknown-word token %d is outside the vocabulary of %d", c.Unk,
			c.Vocab)
	}
	if !(c.K >= 0) || c.K > 1e9 {
		return c, fmt.Errorf("ngram: k = %g; want a positive number", c.K)
	}
	if c.K == 0 {
		c.K = 1
	}
	if c.Memory < 0 {
		return c, fmt.Errorf(
			"ngram: memory bound of %d bytes; want a positive number, or 0 for none", c.Memory)
	}
	if c.Smoothing == "" {
		c.Smoothing = "modified-kneser-ney"
	}
	return c, c.checkPrune()
}

// Check reports the first invalid field of c, for any vocabulary.
func (c Config) Check() error {
	c.Vocab, c.Unk = 1, 0
	c, err := c.check()
	if err == nil {
		_, err = newRule(c)
	}
	return err
}

// checkPrune checks that the thresholds keep the model closed: the prefix and the suffix of every
// remaining n-gram remain too.
func (c Config) checkPrune() error {
	if len(c.Prune) > c.Order {
		return fmt.Errorf("ngram: %d pruning thresholds for order %d; want one per order or fewer",
			len(c.Prune), c.Order)
	}
	for i, t := range c.Prune {
		switch {
		case t < 0:
			return fmt.Errorf("ngram: pruning threshold %d; want 0 or more", t)
		case i == 0 && t != 0:
			return fmt.Errorf("ngram: pruning threshold %d for order 1: unigrams are never "+
				"pruned; want 0", t)
		case i > 0 && t < c.Prune[i-1]:
			return fmt.Errorf("ngram: pruning thresholds %v decrease: an n-gram cannot remain "+
				"without "+
				"its parts; want each at least the previous one", c.Prune)
		}
	}
	return nil
}

// threshold returns the count at or below which n-grams of an order are dropped.
func (c Config) threshold(order int) uint32 {
	if len(c.Prune) == 0 {
		return 0
	}
	return uint32(c.Prune[min(order, len(c.Prune))-1])
}
