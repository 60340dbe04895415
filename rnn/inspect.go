package rnn

import (
	"math"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// Signal is one of the vectors inside a recurrent layer over time: a gate, the cell or the hidden state.
type Signal struct {
	Name   string      // h; of an LSTM also c i f g o, of a GRU r z n
	Values [][]float32 // [T, H]
}

// Trace returns what happens in a layer while the model reads the last n tokens of [BOS] + context: those tokens, and the
// signals, the hidden state first. It is computed one step after the other, as the cells' equations say, and only for looking at.
func (m *Model) Trace(context []lm.Token, layer, n int) (tokens []lm.Token, signals []Signal) {
	tokens = append([]lm.Token{lm.BOS}, lm.SinceBOS(context)...)
	from := max(0, len(tokens)-n)
	hidden := m.after(tokens[:from])
	tokens = tokens[from:]
	below := make([][]float32, len(tokens)) // [T, E], then [T, H]
	for i, tok := range tokens {
		below[i] = m.Encoder.Weight.Row(int(tok))
	}
	for l := range layer + 1 {
		first := hidden[l*m.cell.states():][:m.cell.states()]
		signals = m.traceLayer(l, below, first)
		below = signals[0].Values
	}
	return tokens, signals
}

// after is the state of all layers after tokens, in the order of newState.
func (m *Model) after(tokens []lm.Token) [][]float32 {
	s := &state{m: m, hidden: m.newState(1), out: make([]float32, m.Config.Hidden)}
	for _, tok := range tokens {
		s.Push(tok)
	}
	t := m.tapes.Get().(*autograd.Tape)
	s.read(t)
	t.Reset()
	m.tapes.Put(t)
	return s.hidden
}

// traceLayer takes one layer from its first state over the outputs of the layer below.
func (m *Model) traceLayer(l int, below, first [][]float32) []Signal {
	signals := []Signal{{Name: "h"}}
	for _, name := range map[string]string{"lstm": "cifgo", "gru": "rzn"}[m.Config.Cell] {
		signals = append(signals, Signal{Name: string(name)})
	}
	h := first[0]
	var c []float32
	if len(first) > 1 {
		c = first[1]
	}
	for _, x := range below {
		in := affine(m.RNN.WeightIH[l], m.RNN.BiasIH[l], x) // [G·H]
		re := affine(m.RNN.WeightHH[l], m.RNN.BiasHH[l], h) // [G·H]
		var step [][]float32
		switch m.Config.Cell {
		case "lstm":
			step = lstmStep(in, re, c)
			c = step[1]
		case "gru":
			step = gruStep(in, re, h)
		default:
			step = [][]float32{elmanStep(in, re)}
		}
		h = step[0]
		for i, v := range step {
			signals[i].Values = append(signals[i].Values, v)
		}
	}
	return signals
}

// affine is w·x + b.
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

func elmanStep(in, re []float32) []float32 {
	h := make([]float32, len(in))
	for j := range h {
		h[j] = tanh(in[j] + re[j])
	}
	return h
}

// lstmStep returns h c i f g o.
func lstmStep(in, re, before []float32) [][]float32 {
	n := len(before)
	out := newRows(6, n)
	h, c, i, f, g, o := out[0], out[1], out[2], out[3], out[4], out[5]
	for j := range n {
		i[j], f[j] = sigmoid(in[j]+re[j]), sigmoid(in[n+j]+re[n+j])
		g[j], o[j] = tanh(in[2*n+j]+re[2*n+j]), sigmoid(in[3*n+j]+re[3*n+j])
		c[j] = f[j]*before[j] + i[j]*g[j]
		h[j] = o[j] * tanh(c[j])
	}
	return out
}

// gruStep returns h r z n.
func gruStep(in, re, before []float32) [][]float32 {
	k := len(before)
	out := newRows(4, k)
	h, r, z, n := out[0], out[1], out[2], out[3]
	for j := range k {
		r[j], z[j] = sigmoid(in[j]+re[j]), sigmoid(in[k+j]+re[k+j])
		n[j] = tanh(in[2*k+j] + r[j]*re[2*k+j])
		h[j] = (1-z[j])*n[j] + z[j]*before[j]
	}
	return out
}

func newRows(rows, n int) [][]float32 {
	out := make([][]float32, rows)
	for i := range out {
		out[i] = make([]float32, n)
	}
	return out
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

func tanh(x float32) float32 { return float32(math.Tanh(float64(x))) }
