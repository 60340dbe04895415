package lab

import (
	"context"
	"math/rand/v2"

	"lmzoo/lm"
)

// The alphabet of the sums.
const (
	sumDigit = 1 // and the nine tokens after it
	sumPlus  = 11
	sumIs    = 12
	sumVocab = 13
)

// sums draws additions of two numbers, digit by digit. In reverse, every number begins with its
// last digit, so that each digit of the result needs two digits and a carry; in the usual order
// the first digit needs all of them.
func sums(digits, rows int, reverse bool, seed uint64) exercises {
	e := exercises{rows: rows, length: 3*digits + 3, seed: seed}
	e.draw = func(rng *rand.Rand, x, y []lm.Token) {
		limit := 1
		for range digits {
			limit *= 10
		}
		a, b := rng.IntN(limit), rng.IntN(limit)
		text := append(spell(nil, a, digits, reverse), sumPlus)
		text = append(spell(text, b, digits, reverse), sumIs)
		from := len(text)
		text = spell(text, a+b, digits+1, reverse)
		copy(x[1:], text[:len(text)-1])
		copy(y[from:], text[from:])
	}
	return e
}

// spell appends the digits of n.
func spell(dst []lm.Token, n, digits int, reverse bool) []lm.Token {
	from := len(dst)
	for range digits {
		dst = append(dst, lm.Token(sumDigit+n%10))
		n /= 10
	}
	if !reverse {
		for i, j := from, len(dst)-1; i < j; i, j = i+1, j-1 {
			dst[i], dst[j] = dst[j], dst[i]
		}
	}
	return dst
}

func runJump(ctx context.Context, env *Env) (*Result, error) { return nil, nil }
