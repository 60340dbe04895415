package zoo

import (
	"fmt"

	"lmzoo/mlp"
	"lmzoo/rnn"
	"lmzoo/transformer"
)

// Memory is about how many bytes the training of a neural model takes, the text not counted: for each parameter its value, its
// best value so far, AdamW's two moments and the gradient of every piece; and for each token of a batch what the
// backward pass needs of the forward pass, with its gradients; and what the checkpoint takes that is being written, with garbage
// that waits to be collected. It is a float, so that nothing overflows.
func (s *Settings) Memory(vocab int) float64 {
	if s.Train == nil {
		return 0
	}
	const (
		float  = 4         // bytes
		kept   = 1 + 1 + 2 // value, best value, moments
		saving = 3 * kept
	)
	params, perToken := s.floats(float64(vocab))
	pieces := min(s.Train.Pieces, s.Train.Batch)
	return float * (params*float64(kept+saving+pieces) + perToken*2*float64(s.Train.Batch)*float64(s.Train.Context))
}

// floats are the numbers of a model, and those that it computes for each token.
func (s *Settings) floats(v float64) (params, perToken float64) {
	switch c := s.Model.(type) {
	case *transformer.Config:
		n, layers := float64(c.NEmbd), float64(c.NLayer)
		return n*(v+float64(c.NPositions)) + 12*n*n*layers, layers*(18*n+float64(c.NHead)*float64(s.Train.Context)) + 2*n + v
	case *rnn.Config:
		e, h, layers := float64(c.NEmbd), float64(c.Hidden), float64(c.Layers)
		gates := map[string]float64{"lstm": 4, "gru": 3}[c.Cell]
		gates = max(gates, 1)
		return v*(e+h) + gates*h*(e+h+2*h*(layers-1)), e + layers*h*(2*gates+3) + v
	case *mlp.Config:
		x, h := float64(c.Context)*float64(c.NEmbd), float64(c.Hidden)
		params = v*float64(c.NEmbd) + h*x + v*h
		if c.Direct {
			params += v * x
		}
		return params, x + 2*h + v
	}
	return 0, 0
}

// fits refuses a training that takes more memory than there is; 0: nobody knows.
func (o Order) fits(available float64) error {
	need := o.Settings.Memory(o.Tokenizer.Vocab())
	if available <= 0 || need <= available {
		return nil
	}
	shape := "hidden, n_embd or layers"
	if _, ok := o.Settings.Model.(*transformer.Config); ok {
		shape = "n_embd or n_layer"
	}
	return Misuse{fmt.Errorf("training this takes about %.1f GB of memory and %.1f GB are free: choose a smaller %s, batch (now %d), context (%d) or vocabulary (%d), or --size small",
		need/1e9, available/1e9, shape, o.Settings.Train.Batch, o.Settings.Train.Context, o.Tokenizer.Vocab())}
}
