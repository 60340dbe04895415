package corpus

import (
	"errors"
	"fmt"

	"lmzoo/lm"
)

// Share is the weight of one source of a mixture, at the start and at the end of the training. In
// between it changes linearly. Weights are relative; they need not add up to 1.
type Share struct{ Start, End float64 }

// Mixed is the Source of a mixture: every row of a batch comes from one of several texts, in
// proportion to their shares (Gao et al. 2020, table 1; a curriculum if they change, Bengio et al.
// 2009). The text of the next row is the one that is furthest behind its share, so that after any
// number of rows each has its share to within a few rows. The rows of a text come in the order of
// Windows, epoch after epoch.
//
// A batch is a function of the seed and the step. Mixed is for one goroutine.
type Mixed struct {
	texts  []*Windows
	shares []Share
	b, t   int
	rows   int  // of the training, after which the shares stay the same; 0: they never change
	reset  bool // begin each row without memory

	// The position in the sequence of rows.
	next int
	taken
}

// taken records the rows taken so far.
type taken struct {
	counts []int     // of every text
	owed   []float64 // rows by which each text is behind its share
}

// NewMixed makes batches of B rows by T tokens from the encoded documents of several texts. rows is
// the number of rows of the training, over which the shares change. If reset is true, every row
// begins with a BOS, which ends the memory of a recurrent network: its rows do not continue from
// batch to batch. The BOS replaces one input and has no target.
func NewMixed(
	docs [][][]lm.Token, shares []Share, b, t int, seed uint64, rows int, reset bool,
) (*Mixed, error) {
	if err := checkShares(docs, shares); err != nil {
		return nil, err
	}
	m := &Mixed{shares: shares, b: b, t: t, rows: rows, reset: reset}
	for i, d := range docs {
		w, err := NewWindows(d, b, t, seed+uint64(i)*mixedSeed)
		if err != nil {
			return nil, fmt.Errorf("source %d of the mixture: %w", i+1, err)
		}
		m.texts = append(m.texts, w)
	}
	m.taken = taken{make([]int, len(docs)), make([]float64, len(docs))}
	return m, nil
}

const mixedSeed = 0x9e3779b97f4a7c15 // gives every text another order

func checkShares(docs [][][]lm.Token, shares []Share) error {
	start, end := 0.0, 0.0
	for _, s := range shares {
		if !(s.Start >= 0 && s.End >= 0) {
			return fmt.Errorf("a share is %g and ends at %g; want 0 or more", s.Start, s.End)
		}
		start, end = start+s.Start, end+s.End
	}
	switch {
	case len(docs) == 0 || len(docs) != len(shares):
		return fmt.Errorf("%d texts and %d shares; want one for each", len(docs), len(shares))
	case !(start > 0 && end > 0):
		return errors.New("all shares are 0; want one above 0")
	}
	return nil
}

// Batch fills b with the rows of a step. After the first call it allocates nothing, unless the step
// lies before the last one.
func (m *Mixed) Batch(b *Batch, step int) {
	m.seek(step * m.b)
	b.resize(m.b, m.t)
	for i := range m.b {
		text := m.draw()
		at := i * m.t
		m.texts[text].row(b, at, m.counts[text]-1)
		if m.reset && b.X[at] != lm.BOS {
			b.X[at] = lm.BOS
			if b.Y[at] >= 0 {
				b.Y[at] = -1
				b.N--
			}
		}
	}
}

// seek moves to row n of the sequence, from its beginning if necessary.
func (m *Mixed) seek(n int) {
	if n < m.next {
		clear(m.counts)
		clear(m.owed)
		m.next = 0
	}
	for m.next < n {
		m.draw()
	}
}

// draw takes the next row and returns its text.
func (m *Mixed) draw() (text int) {
	progress := 0.0
	if m.rows > 0 {
		progress = min(float64(m.next)/float64(m.rows), 1)
	}
	total := 0.0
	for _, s := range m.shares {
		total += s.at(progress)
	}
	for i, s := range m.shares {
		m.owed[i] += s.at(progress) / total
		if m.owed[i] > m.owed[text] {
			text = i
		}
	}
	m.owed[text]--
	m.counts[text]++
	m.next++
	return text
}

// at returns the weight at a point of the training, from 0 to 1.
func (s Share) at(progress float64) float64 { return s.Start + (s.End-s.Start)*progress }

// Epochs returns how many times each text is read in the given number of steps, from the first one
// on.
func (m *Mixed) Epochs(steps int) []float64 {
	m.seek(steps * m.b)
	epochs := make([]float64, len(m.texts))
	for i, w := range m.texts {
		epochs[i] = float64(m.counts[i]) / float64(w.Rows())
	}
	return epochs
}
