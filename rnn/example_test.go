package rnn_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/nn"
	"lmzoo/rnn"
)

// The three cells differ in the number of sums that a step needs (gates), and therefore in size: 1,
// 4 and 3 times H·(E+H) recurrent weights. Names and shapes are those of PyTorch.
func ExampleNew() {
	for _, cell := range rnn.Cells() {
		m, err := rnn.New(rnn.Config{Cell: cell, VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1},
			rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(cell, nn.Count(m), "parameters")
		for _, p := range nn.Params(m)[1:5] {
			fmt.Printf("  %-18s %3d × %d\n", p.Name, p.Rows, p.Cols)
		}
	}
	// Output:
	// elman 37377 parameters
	//   rnn.weight_ih_l0   128 × 64
	//   rnn.weight_hh_l0   128 × 128
	//   rnn.bias_ih_l0       1 × 128
	//   rnn.bias_hh_l0       1 × 128
	// lstm 111873 parameters
	//   rnn.weight_ih_l0   512 × 64
	//   rnn.weight_hh_l0   512 × 128
	//   rnn.bias_ih_l0       1 × 512
	//   rnn.bias_hh_l0       1 × 512
	// gru 87041 parameters
	//   rnn.weight_ih_l0   384 × 64
	//   rnn.weight_hh_l0   384 × 128
	//   rnn.bias_ih_l0       1 × 384
	//   rnn.bias_hh_l0       1 × 384
}

// The motivation for the LSTM: the effect of the first token on the prediction fades in a simple
// recurrent network, but an open forget gate preserves it. Nothing is trained here; the difference
// comes from the architecture alone.
func ExampleModel_Start() {
	for _, cell := range []string{"elman", "lstm"} {
		m, _ := rnn.New(rnn.Config{Cell: cell, VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1},
			rand.New(rand.NewPCG(1, 1)))
		this, that := m.Start(), m.Start()
		this.Push(1)
		that.Push(2)
		apart := func() float64 { // the largest difference between two log-probabilities
			p, q := this.NextLogProbs(nil), that.NextLogProbs(nil)
			most := 0.0
			for v := range p {
				most = max(most, p[v]-q[v], q[v]-p[v])
			}
			return most
		}
		first := apart()
		for range 10 {
			this.Push(3)
			that.Push(3)
		}
		fmt.Printf("%s: after 10 tokens %.1f %% of the difference is left\n", cell,
			100*apart()/first)
	}
	// Output:
	// elman: after 10 tokens 0.1 % of the difference is left
	// lstm: after 10 tokens 8.8 % of the difference is left
}

// The vector of a word in its text: the forward half of ELMo sees the text before the word, the
// backward half the text after it, so a change after the word affects only the second half. The
// embedding, layer 0, sees neither. Nothing is trained here; the architecture alone determines the
// result.
func ExampleELMo_Hidden() {
	m, _ := rnn.NewELMo(rnn.ELMoConfig{VocabSize: 20, NEmbd: 8, Layers: 2},
		rand.New(rand.NewPCG(1, 1)))
	vectors := func(text ...int32) (layers [][]float32) { // the vectors of the token in the middle
		b := corpus.Batch{B: 1, T: len(text), X: text, Y: make([]int32, len(text))}
		for _, h := range m.Hidden(autograd.NewForward(), b) {
			layers = append(layers, h.Row(2))
		}
		return layers
	}
	one, other := vectors(0, 5, 7, 6), vectors(0, 5, 7, 9) // 7 before 6, and before 9
	for l := range one {
		fmt.Printf("layer %d: forward half equal: %v, backward half equal: %v\n", l,
			slices.Equal(one[l][:8], other[l][:8]), slices.Equal(one[l][8:], other[l][8:]))
	}
	// Output:
	// layer 0: forward half equal: true, backward half equal: true
	// layer 1: forward half equal: true, backward half equal: false
	// layer 2: forward half equal: true, backward half equal: false
}
