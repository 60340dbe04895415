package rnn

// elman is the simple recurrent network (Elman 1990, "Finding Structure in Time"; as a language
// model of words Mikolov et al. 2010): the hidden state is a function of the input and of itself
// one step ago.
//
//	h_t = tanh(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh)
//
// The gradient through many steps is a product of one Jacobian diag(1 − h²)·W_hh per step and
// vanishes or explodes (Hochreiter 1991; Bengio et al. 1994), so this network remembers only a few
// words.
type elman struct{}

func (elman) step(in, re []float32, before [][]float32) [][]float32 {
	h := make([]float32, len(before[0]))
	for j := range h {
		h[j] = tanh(in[j] + re[j])
	}
	return [][]float32{h}
}

func (elman) signals() []string         { return []string{"h"} }
func (elman) gates() int                { return 1 }
func (elman) states() int               { return 1 }
func (elman) initBias(ih, hh []float32) {}
