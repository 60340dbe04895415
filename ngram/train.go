package ngram

import (
	"fmt"
	"slices"

	"lmzoo/lm"
)

// Train counts documents and returns the smoothed model and notes on fallbacks of the smoothing.
// Each document ends in [lm.BOS], unless it was cut and its end is not a prediction target.
func Train(docs [][]lm.Token, cfg Config) (*Model, []string, error) {
	c, err := NewCounter(cfg)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = c.Close() }() // removes only temporary files
	if cfg.Memory == 0 {
		total := 0
		for _, doc := range docs {
			total += len(doc) + 2
		}
		c.text = make(text, 0, total)
	}
	for _, doc := range docs {
		if err := c.Add(doc); err != nil {
			return nil, nil, err
		}
	}
	return c.Model()
}

// build estimates a model from counts.
func build(levels []level, appeared []uint32, r rule, cfg Config) (*Model, []string, error) {
	adjust(levels, r.continuation())
	withUnk := forget(levels, cfg.Unk)
	counts := make([][5]int, len(levels))
	for k := range levels {
		counts[k] = countsOfCounts(levels[k].count)
	}
	kn, modified := r.(*modifiedKneserNey)
	if modified {
		asKenLM(levels, appeared, counts)
	}
	var fallbacks []string // by order
	for k, t := range counts {
		note := r.fit(k+1, t)
		if modified && note == "" {
			note = kn.feed(levels, k)
		}
		fallbacks = append(fallbacks, note)
	}
	notes := together(fallbacks)
	keep := func(k int, i uint32) bool {
		return levels[k].raw[i] > cfg.threshold(k+1) && (withUnk == nil || !withUnk[k][i])
	}
	cfg.Memory = 0 // the memory bound does not change the model
	prob, backoff := estimate(levels, r, cfg, keep)
	g := grams{order: cfg.Order, prob: prob, backoff: backoff}
	for k := range levels {
		l := &levels[k]
		g.word, g.child = append(g.word, l.word), append(g.child, l.child)
		if !cfg.NoCounts {
			g.raw, g.count = append(g.raw, l.raw), append(g.count, l.count)
		}
	}
	if cfg.threshold(cfg.Order) > 0 || withUnk != nil {
		g = g.filter(keep)
	}
	clear(levels) // g holds everything that is still needed
	return g.pack(header{Config: cfg, Notes: notes, Discounts: r.discounts()}), notes, nil
}

// together joins equal notes of several orders into one line.
func together(notes []string) (lines []string) {
	for k, note := range notes {
		if note == "" || slices.Contains(notes[:k], note) {
			continue
		}
		orders, s := "", ""
		for i, other := range notes {
			switch {
			case other != note:
			case orders == "":
				orders = fmt.Sprint(i + 1)
			default:
				orders += fmt.Sprintf(", %d", i+1)
				s = "s"
			}
		}
		lines = append(lines, fmt.Sprintf("order%s %s: %s", s, orders, note))
	}
	return lines
}
