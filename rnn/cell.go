package rnn

import (
	"fmt"
	"math"
	"strings"

	"lmzoo/autograd"
)

// cell is the part that differs between the recurrent networks: the update of the hidden state.
type cell interface {
	// gates is G, the number of sums of H channels per step.
	gates() int
	// states is the number of vectors of H channels that a step passes on: h, and c for an LSTM.
	states() int
	// initBias sets the initial biases of one layer that are not drawn at random.
	initBias(ih, hh []float32)
	// signals returns the names of the vectors that step returns: h first, then c for an LSTM, then
	// the gates.
	signals() []string
	// step computes the equations of the paper for one token. It returns the new state and the
	// gates. in is W_ih·x_t + b_ih and re is W_hh·h_{t−1} + b_hh, each [G·H]; before is the state
	// before the step.
	step(in, re []float32, before [][]float32) [][]float32
	// run is step on the tape, for T tokens of B rows at once. xw [B·T, G·H] is the argument in for
	// every step, and state holds the B rows of every state vector before the first step. run
	// overwrites it with the new state.
	run(t *autograd.Tape, xw, whh, bhh *autograd.Tensor, state [][]float32, b, steps int,
		x []int32) *autograd.Tensor
}

func newCell(name string) (cell, error) {
	switch name {
	case "elman":
		return elman{}, nil
	case "lstm":
		return lstm{}, nil
	case "gru":
		return gru{}, nil
	}
	return nil, fmt.Errorf("cell is %q; want one of %s", name, strings.Join(Cells(), ", "))
}

// affine returns w·x + b, for W_ih and x_t or for W_hh and h_{t−1}.
func affine(w, b *autograd.Tensor, x []float32) []float32 {
	y := make([]float32, w.Rows)
	for i := range y {
		sum := float64(b.Data[i])
		for j, v := range w.Row(i) {
			sum += float64(v) * float64(x[j])
		}
		y[i] = float32(sum)
	}
	return y
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

func tanh(x float32) float32 { return float32(math.Tanh(float64(x))) }

// newRows returns the given number of vectors of n channels.
func newRows(rows, n int) [][]float32 {
	out := make([][]float32, rows)
	for i := range out {
		out[i] = make([]float32, n)
	}
	return out
}

// gateBlocks returns how many matrices a parameter of recurrent layers holds below and beside each
// other: one for every gate.
func gateBlocks(cell, param string) (down, across int) {
	if !strings.Contains(param, "rnn.weight_") {
		return 1, 1
	}
	switch cell {
	case "lstm":
		return 4, 1
	case "gru":
		return 3, 1
	}
	return 1, 1
}
