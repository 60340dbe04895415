package mlp

import "lmzoo/nn"

// Shape returns the size and the cost of a model.
func (c Config) Shape(int) nn.Shape {
	v, x, h := float64(c.VocabSize), float64(c.Context)*float64(c.NEmbd), float64(c.Hidden)
	multiplied := h*x + v*h // all matrices except C, which is looked up
	if c.Direct {
		multiplied += v * x
	}
	params := multiplied + v*float64(c.NEmbd) + h + v
	return nn.ShapeOf(params, multiplied, x+2*h+v)
}

// Shape returns the size and the cost of a model. A step uses few rows of either table.
func (c Word2VecConfig) Shape(int) nn.Shape {
	channels := float64(c.NEmbd)
	pairs := float64(c.Window + 1) // the mean of both sides; each side has 1 to Window words
	if c.Objective == CBOW {
		pairs = 1
	}
	vectors := pairs * float64(1+c.Negative) * channels
	return nn.ShapeOf(2*float64(c.VocabSize)*channels, vectors, 2*channels)
}

// Shape returns the size and the cost of the model.
func (m *Model) Shape(context int) nn.Shape { return m.Config.Shape(context) }
