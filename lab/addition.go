package lab

import (
	"math/rand/v2"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/transformer"
)

// The alphabet of the sums.
const (
	sumDigit = 1 // and the nine tokens after it
	sumPlus  = 11
	sumIs    = 12
	sumVocab = 13
)

const (
	sumDigits = 3
	// BOS, two numbers, two signs, all digits of the result but the last
	sumLength = 3*sumDigits + 3
	sumLimit  = 1000 // the numbers are smaller
)

// additions draws sums of two numbers, fresh at every step. Every number begins with its last
// digit, so that a digit of the result needs two digits and a carry.
func additions(rows int, seed uint64) exercises {
	e := exercises{rows: rows, length: sumLength, seed: seed}
	e.draw = func(rng *rand.Rand, x, y []lm.Token) {
		a, b := rng.IntN(sumLimit), rng.IntN(sumLimit)
		writeSum(x, y, a, b, a+b)
	}
	return e
}

// byHeart draws from a list of n sums whose results are random numbers: there is no rule, and they
// must be learned one by one.
func byHeart(n, rows int, seed uint64) exercises {
	rng := rand.New(rand.NewPCG(seed, 24))
	list := make([][3]int, n)
	for i := range list {
		list[i] = [3]int{rng.IntN(sumLimit), rng.IntN(sumLimit), rng.IntN(10 * sumLimit)}
	}
	e := exercises{rows: rows, length: sumLength, seed: seed}
	e.draw = func(rng *rand.Rand, x, y []lm.Token) {
		s := list[rng.IntN(n)]
		writeSum(x, y, s[0], s[1], s[2])
	}
	return e
}

// writeSum writes a + b = c as inputs, and the digits of c as targets.
func writeSum(x, y []lm.Token, a, b, c int) {
	text := append(spell(nil, a, sumDigits), sumPlus)
	text = append(spell(text, b, sumDigits), sumIs)
	from := len(text)
	text = spell(text, c, sumDigits+1)
	copy(x[1:], text[:len(text)-1])
	copy(y[from:], text[from:])
}

// spell appends the digits of n, the last one first.
func spell(dst []lm.Token, n, digits int) []lm.Token {
	for range digits {
		dst = append(dst, lm.Token(sumDigit+n%10))
		n /= 10
	}
	return dst
}

// progress is the score of a network at one point of its training.
type progress struct {
	step        int
	nats, exact float64
}

// curve is the progress of a network through its training.
type curve []progress

// early returns the share of the loss that has gone while at most 1 % of the answers are right as a
// whole. The limit of the loss is 0, because an answer is certain.
func (c curve) early() float64 {
	share := 0.0
	for _, p := range c {
		if p.exact > 0.01 {
			break
		}
		share = 1 - p.nats/c[0].nats
	}
	return share
}

// steepest returns the largest share of the loss that goes between two neighbouring points.
func (c curve) steepest() float64 {
	share := 0.0
	for i := 1; i < len(c); i++ {
		share = max(share, (c[i-1].nats-c[i].nats)/c[0].nats)
	}
	return share
}

// examine measures a network on a test.
func examine(m *transformer.Model, test corpus.Batch, step int) progress {
	nats, exact := solved(marks(m, test))
	return progress{step, nats, exact}
}
