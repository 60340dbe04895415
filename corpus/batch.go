package corpus

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// resize sets b to B rows of T empty positions: X = BOS, Y = −1.
func (b *Batch) resize(rows, t int) {
	n := rows * t
	if cap(b.X) < n || cap(b.Y) < n {
		b.X, b.Y = make([]lm.Token, n), make([]lm.Token, n)
	}
	b.B, b.T, b.N = rows, t, 0
	b.X, b.Y = b.X[:n], b.Y[:n]
	for i := range n {
		b.X[i], b.Y[i] = lm.BOS, -1
	}
}

// fill writes the targets doc[from:to] at position at, each with the token that precedes it as
// input. BOS precedes the first token of a document.
func (b *Batch) fill(at int, doc []lm.Token, from, to int) {
	if from == to {
		return
	}
	copy(b.Y[at:], doc[from:to])
	if from == 0 {
		b.X[at] = lm.BOS
		copy(b.X[at+1:], doc[:to-1])
	} else {
		copy(b.X[at:], doc[from-1:to-1])
	}
	b.N += to - from
}

// checkShape validates a training corpus and the shape of its batches. It returns the number of
// tokens.
func checkShape(docs [][]lm.Token, rows, t int) (total int, err error) {
	if rows < 1 || t < 1 {
		return 0, fmt.Errorf("batches of %d rows by %d tokens; want at least 1 by 1", rows, t)
	}
	if rows > math.MaxInt32/t {
		return 0, fmt.Errorf("batches of %d rows by %d tokens: too large; want fewer rows or a "+
			"shorter context", rows, t)
	}
	for _, d := range docs {
		total += len(d)
	}
	if total == 0 {
		return 0, errors.New("the training part of the corpus has no tokens; use a longer text " +
			"or another split")
	}
	return total, nil
}

// shuffler draws the permutations of an epoch, which depend only on the seed and the epoch.
type shuffler struct {
	pcg  rand.PCG
	rand *rand.Rand
	seed uint64
}

func newShuffler(seed uint64) *shuffler {
	s := &shuffler{seed: seed}
	s.rand = rand.New(&s.pcg)
	return s
}

// epoch returns the random source of an epoch.
func (s *shuffler) epoch(e int) *rand.Rand {
	s.pcg.Seed(s.seed, uint64(e))
	return s.rand
}

// permute shuffles in place (Fisher and Yates 1938).
func permute(r *rand.Rand, p []int32) {
	for i := len(p) - 1; i > 0; i-- {
		j := r.IntN(i + 1)
		p[i], p[j] = p[j], p[i]
	}
}
