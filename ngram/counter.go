package ngram

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"lmzoo/lm"
)

// Counter counts documents one at a time, so that the text need not be in memory, and estimates a
// model. With Config.Memory it counts as many tokens at a time as fit, writes their sorted n-grams
// to a temporary file, and merges the files at the end. The bound applies to counting: for
// smoothing, the distinct n-grams must fit in memory, at about thirty bytes each.
type Counter struct {
	cfg      Config
	rule     rule
	limit    int // tokens counted at a time
	text     text
	raw      []uint32 // unigram counts of the spilled pieces
	appeared []uint32
	spills   []*spill
}

// NewCounter checks cfg and returns an empty counter.
func NewCounter(cfg Config) (*Counter, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	r, err := newRule(cfg)
	if err != nil {
		return nil, err
	}
	c := &Counter{cfg: cfg, rule: r, limit: math.MaxInt, appeared: make([]uint32, cfg.Vocab)}
	if cfg.Memory > 0 {
		c.limit = cfg.tokensAtOnce()
	}
	return c, nil
}

// tokensAtOnce returns the number of tokens to count at a time.
func (c Config) tokensAtOnce() int {
	// Per token, count holds the text, its order, two rows of nodes, the cards, and at worst a new
	// n-gram of every order. The same amount again may be awaiting garbage collection.
	perToken := 2 * int64(4+4+8+8+16*c.Order)
	perWord := int64(4 * 8) // per word of the vocabulary, however short the text
	left := max(c.Memory-perWord*int64(c.Vocab)-maxSpills*spillBuffer, c.Memory/4)
	return int(max(min(left/perToken, math.MaxInt32), int64(4*c.Order)))
}

// Add counts one document.
func (c *Counter) Add(doc []lm.Token) error {
	if len(doc) == 0 {
		return nil
	}
	if err := c.Append(doc); err != nil || doc[len(doc)-1] == lm.BOS {
		return err
	}
	return c.Cut()
}

// Append counts the next tokens of a document. [lm.BOS] or Cut ends the document.
func (c *Counter) Append(tokens []lm.Token) error {
	if len(c.text) == 0 && len(tokens) > 0 {
		c.text = append(c.text, uint32(lm.BOS))
	}
	for _, tok := range tokens {
		if tok < 0 || int(tok) >= c.cfg.Vocab {
			return fmt.Errorf("ngram: token %d is outside the vocabulary of %d; want a text "+
				"encoded by this tokenizer", tok, c.cfg.Vocab)
		}
		if err := c.push(uint32(tok)); err != nil {
			return err
		}
	}
	return nil
}

// Cut ends a document whose end is not a prediction target, because its text continues elsewhere.
func (c *Counter) Cut() error {
	if len(c.text) == 0 {
		return nil
	}
	if err := c.push(none); err != nil {
		return err
	}
	return c.push(uint32(lm.BOS))
}

// push appends a token to the text, and spills the text when it is long enough. The last n−1 tokens
// remain, because they begin n-grams that the next piece completes.
func (c *Counter) push(tok uint32) error {
	c.text = append(c.text, tok)
	if len(c.text) < c.limit {
		if uint64(len(c.text)) >= none {
			return fmt.Errorf("ngram: more than %d tokens to count at once; set a memory bound, "+
				"so that they are counted in pieces", uint32(none-1))
		}
		return nil
	}
	begin := len(c.text) - max(c.cfg.Order-1, 1)
	if err := c.spill(begin); err != nil {
		return err
	}
	c.text = append(c.text[:0], c.text[begin:]...)
	return nil
}

// spill counts the n-grams that begin before a position and writes them to a file.
func (c *Counter) spill(limit int) error {
	appearance(c.appeared, c.text)
	levels := count(c.text, limit, c.cfg.Order, c.cfg.Vocab)
	if c.raw == nil {
		c.raw = make([]uint32, c.cfg.Vocab)
	}
	for w, n := range levels[0].raw {
		c.raw[w] = addCounts(c.raw[w], n)
	}
	if c.cfg.Order == 1 {
		return nil
	}
	s, err := newSpill(c.cfg.TempDir)
	if err != nil {
		return err
	}
	c.spills = append(c.spills, s)
	if err := s.writeLevels(levels); err != nil {
		return err
	}
	return c.mergeEqual()
}

// maxSpills is the number of files of one generation that are merged into one file of the next.
// Every n-gram is written a number of times that grows with the logarithm of the number of files.
const maxSpills = 64

func (c *Counter) mergeEqual() error {
	for {
		first := len(c.spills) - maxSpills
		if first < 0 || c.spills[first].generation != c.spills[len(c.spills)-1].generation {
			return nil
		}
		if err := c.mergeSpills(first); err != nil {
			return err
		}
	}
}

// mergeSpills merges all files, starting with the file first.
func (c *Counter) mergeSpills(first int) error {
	s, err := newSpill(c.cfg.TempDir)
	if err != nil {
		return err
	}
	old := c.spills[first:]
	s.generation = old[0].generation + 1
	// so that Close removes the old files too
	c.spills = append(slices.Clone(c.spills[:first]), append([]*spill{s}, old...)...)
	if err := merge(old, s.record); err != nil {
		return err
	}
	if err := s.flush(); err != nil {
		return err
	}
	c.spills = c.spills[:first+1]
	return closeSpills(old)
}

// Model returns the smoothed model. The counter is empty afterwards.
func (c *Counter) Model() (*Model, []string, error) {
	if len(c.text) == 0 {
		return nil, nil, errors.New("ngram: nothing to count: the training text has no tokens")
	}
	if c.raw == nil {
		appearance(c.appeared, c.text)
		levels := count(c.text, len(c.text), c.cfg.Order, c.cfg.Vocab)
		c.text = nil
		return build(levels, c.appeared, c.rule, c.cfg)
	}
	if err := c.spill(len(c.text)); err != nil {
		return nil, nil, err
	}
	c.text = nil
	if len(c.spills) > 1 { // a single file knows its number of n-grams
		if err := c.mergeSpills(0); err != nil {
			return nil, nil, err
		}
	}
	levels, err := mergeLevels(c.spills, c.raw, c.cfg.Order)
	if err != nil {
		return nil, nil, err
	}
	if err := c.Close(); err != nil {
		return nil, nil, err
	}
	return build(levels, c.appeared, c.rule, c.cfg)
}

// Close removes the temporary files. On most systems they have no name, and vanish however the
// process exits.
func (c *Counter) Close() error {
	old := c.spills
	c.spills = nil
	return closeSpills(old)
}

func closeSpills(spills []*spill) error {
	var all error
	for _, s := range spills {
		all = errors.Join(all, s.close())
	}
	return all
}

// addCounts returns a + b, saturated.
func addCounts(a, b uint32) uint32 {
	if a+b < a {
		return math.MaxUint32
	}
	return a + b
}
