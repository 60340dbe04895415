package rnn

import "lmzoo/nn"

// Shape returns the size and the cost of a model.
func (c Config) Shape(int) nn.Shape {
	v, e, h, layers := float64(c.VocabSize), float64(c.NEmbd), float64(c.Hidden), float64(c.Layers)
	gates := map[string]float64{"lstm": 4, "gru": 3}[c.Cell]
	gates = max(gates, 1)
	multiplied := gates*h*(e+h+2*h*(layers-1)) + v*h // the layers and the decoder
	params := multiplied + 2*gates*h*layers + v
	if !c.Tied {
		params += v * e // looked up
	}
	return nn.ShapeOf(params, multiplied, e+layers*h*(2*gates+3)+v)
}

// Shape returns the size and the cost of a model. Both directions multiply with the shared output
// layer.
func (c ELMoConfig) Shape(int) nn.Shape {
	v, n, layers := float64(c.VocabSize), float64(c.NEmbd), float64(c.Layers)
	stacks := 2 * 8 * n * n * layers              // the gates of both directions
	params := 2*v*n + stacks + 2*8*n*layers + 2*v // and the unigram
	s := nn.ShapeOf(params, stacks+v*n, 2*(n+11*n*layers+v))
	s.FLOPs += 6 * v * n
	return s
}

// Shape returns the size and the cost of the model.
func (m *Model) Shape(context int) nn.Shape { return m.Config.Shape(context) }

// Shape returns the size and the cost of the model.
func (m *ELMo) Shape(context int) nn.Shape { return m.Config.Shape(context) }
