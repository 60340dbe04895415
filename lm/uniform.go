package lm

import "math"

// Uniform returns the uniform model: each of v tokens is equally likely after any context, so each
// costs ln v nats. It is the upper reference line of every chart.
func Uniform(v int) Model { return uniform(max(v, 0)) }

type uniform int

func (u uniform) Vocab() int { return int(u) }

func (u uniform) NextLogProbs(dst []float64, _ []Token) []float64 {
	dst = Grow(dst, int(u))
	for i := range dst {
		dst[i] = -math.Log(float64(u))
	}
	return dst
}

func (u uniform) Score(dst []float64, tokens []Token) []float64 {
	dst = Grow(dst, len(tokens))
	for i := range dst {
		dst[i] = -math.Log(float64(u))
	}
	return dst
}

func (u uniform) Start() State { return uniformState{u} }

// uniformState has no memory, so every copy is independent.
type uniformState struct{ uniform }

func (s uniformState) NextLogProbs(dst []float64) []float64 {
	return s.uniform.NextLogProbs(dst, nil)
}
func (s uniformState) Push(Token)   {}
func (s uniformState) Clone() State { return s }

// Grow returns dst[:n], or a new slice if dst is shorter, as the contract requires for every dst.
func Grow(dst []float64, n int) []float64 {
	if len(dst) < n {
		return make([]float64, n)
	}
	return dst[:n]
}
