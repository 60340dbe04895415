package rnn

import (
	"fmt"
	"strings"

	"lmzoo/autograd"
)

// cell is what tells the recurrent networks apart: how a hidden state becomes the next.
type cell interface {
	// gates is how many vectors of H sums a step needs.
	gates() int
	// states is how many vectors of H channels a step hands on: h, and c for an LSTM.
	states() int
	// initBias sets the initial biases of one layer that are not drawn at random.
	initBias(ih, hh []float32)
	// run takes T steps for each of B rows. xw [B·T, G·H] is the input's part of the sums, state the B rows
	// of every state vector before the first step; the new state is stored in its place.
	run(t *autograd.Tape, xw, whh, bhh *autograd.Tensor, state [][]float32, b, steps int, x []int32) *autograd.Tensor
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
	return nil, fmt.Errorf("cell is %q: choose one of %s", name, strings.Join(Cells(), ", "))
}

// keepLast stores the hidden vectors after the last step, rows T−1 of y [B·T, H], in h [B, H].
func keepLast(h []float32, y *autograd.Tensor, b, steps int) {
	for i := range b {
		copy(h[i*y.Cols:][:y.Cols], y.Row(i*steps+steps-1))
	}
}
