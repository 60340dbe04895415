package rnn

import (
	"lmzoo/lm"
	"lmzoo/nn"
)

// Signal is one vector of a recurrent layer over time: the hidden state h, for an LSTM also the
// cell c and the gates i f g o, for a GRU the gates r z n.
type Signal = nn.Signal

// ranges holds the range of every signal except the cell, which has no bounds.
var ranges = map[string][2]float64{
	"i": {0, 1}, "f": {0, 1}, "o": {0, 1}, "r": {0, 1}, "z": {0, 1},
	"g": {-1, 1}, "n": {-1, 1}, "h": {-1, 1},
}

// Depth returns the number of layers.
func (m *Model) Depth() int { return m.Config.Layers }

// Trace returns the last n tokens of BOS and context, and the signals of a layer while the model
// reads them, the hidden state first. It computes them with the plain step of the cell.
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

// after returns the state of all layers after tokens, in the order of newState.
func (m *Model) after(tokens []lm.Token) [][]float32 {
	s := &state{m: m, hidden: m.newState(1), out: make([]float32, m.Config.Hidden)}
	for _, tok := range tokens {
		s.Push(tok)
	}
	m.With(s.read)
	return s.hidden
}

// traceLayer runs one layer over the outputs of the layer below, step by step, from the state
// before.
func (m *Model) traceLayer(l int, below, before [][]float32) []Signal {
	var signals []Signal
	for _, name := range m.cell.signals() {
		signals = append(signals, Signal{Name: name, Low: ranges[name][0], High: ranges[name][1]})
	}
	for _, x := range below {
		in := affine(m.RNN.WeightIH[l], m.RNN.BiasIH[l], x)         // [G·H]
		re := affine(m.RNN.WeightHH[l], m.RNN.BiasHH[l], before[0]) // [G·H]
		step := m.cell.step(in, re, before)
		before = step[:m.cell.states()]
		for i, v := range step {
			signals[i].Values = append(signals[i].Values, v)
		}
	}
	return signals
}
