package nn

import (
	"cmp"
	"math"
	"slices"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// Neighbour is a token with its similarity.
type Neighbour struct {
	Token lm.Token
	Score float64 // cosine, or the value of an analogy's formula
}

// Unit returns the rows of table [V, C] scaled to length 1, in float64; a row of zeros remains
// zero.
func Unit(table *autograd.Tensor) [][]float64 {
	rows := make([][]float64, table.Rows)
	for i := range rows {
		row := make([]float64, table.Cols)
		squares := 0.0
		for c, x := range table.Row(i) {
			row[c] = float64(x)
			squares += row[c] * row[c]
		}
		if squares > 0 {
			for c := range row {
				row[c] /= math.Sqrt(squares)
			}
		}
		rows[i] = row
	}
	return rows
}

// Nearest returns the tokens whose unit vectors have the largest cosine with that of token w, the
// nearest first, except w itself and the tokens for which skip is true.
func Nearest(unit [][]float64, w lm.Token, top int, skip func(lm.Token) bool) []Neighbour {
	return best(unit, top, func(t lm.Token) bool { return t == w || skip(t) },
		func(v []float64) float64 {
			return dot(v, unit[w])
		})
}

// Analogy returns the tokens d that complete "a is to b as c is to d", by the sum of cosines
//
//	3CosAdd(d) = cos(d, b) − cos(d, a) + cos(d, c)
//
// (Mikolov, Yih & Zweig 2013; Levy & Goldberg 2014, equation 2). The three given words are
// excluded, as is usual; otherwise the answer is often one of them.
func Analogy(unit [][]float64, a, b, c lm.Token, top int, skip func(lm.Token) bool) []Neighbour {
	return analogy(unit, a, b, c, top, skip, func(a, b, c float64) float64 { return b - a + c })
}

// AnalogyMul is Analogy by the product of cosines, in which no single large term wins (Levy &
// Goldberg 2014, equation 4): with cosines mapped to [0, 1] and ε = 0.001,
//
//	3CosMul(d) = cos(d, b)·cos(d, c) / (cos(d, a) + ε)
func AnalogyMul(unit [][]float64, a, b, c lm.Token, top int, skip func(lm.Token) bool) []Neighbour {
	const epsilon = 0.001
	positive := func(cos float64) float64 { return (cos + 1) / 2 }
	return analogy(unit, a, b, c, top, skip, func(a, b, c float64) float64 {
		return positive(b) * positive(c) / (positive(a) + epsilon)
	})
}

func analogy(unit [][]float64, a, b, c lm.Token, top int, skip func(lm.Token) bool,
	score func(a, b, c float64) float64) []Neighbour {
	given := func(t lm.Token) bool { return t == a || t == b || t == c || skip(t) }
	return best(unit, top, given, func(v []float64) float64 {
		return score(dot(v, unit[a]), dot(v, unit[b]), dot(v, unit[c]))
	})
}

// best returns the tokens with the highest scores; with equal scores, the lower token comes first.
func best(unit [][]float64, top int, skip func(lm.Token) bool,
	score func([]float64) float64) []Neighbour {
	var all []Neighbour
	for i, v := range unit {
		if t := lm.Token(i); !skip(t) {
			all = append(all, Neighbour{t, score(v)})
		}
	}
	slices.SortStableFunc(all, func(a, b Neighbour) int { return cmp.Compare(b.Score, a.Score) })
	return all[:min(top, len(all))]
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}
