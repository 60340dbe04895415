package main

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Config is the shape of a Model. The help tags are the help texts of its flags.
type Config struct {
	VocabSize int `json:"vocab_size"`                                   // V
	Context   int `json:"context" help:"tokens that a prediction sees"` // n−1
	NEmbd     int `json:"n_embd" help:"channels of a token embedding"`  // C
}

// Preset returns the Config for a size.
func Preset(size string) (Config, error) {
	switch size {
	case "tiny":
		return Config{Context: 5, NEmbd: 16}, nil
	case "small":
		return Config{Context: 8, NEmbd: 64}, nil
	}
	return Config{}, errors.New("unknown size; want tiny or small")
}

// Validate reports the first invalid field.
func (c Config) Validate() error {
	switch {
	case c.Context < 1:
		return errors.New("context is less than 1; want at least 1 token")
	case c.NEmbd < 1:
		return errors.New("n_embd is less than 1; want at least 1 channel")
	}
	return nil
}

// Shape returns the costs of a Model, which the memory estimate needs.
func (c Config) Shape(int) nn.Shape {
	v, n, d := float64(c.VocabSize), float64(c.Context), float64(c.NEmbd)
	return nn.ShapeOf(v*d+n*d*d+v, n*d*d+v*d, n*d+d+v)
}

// Shape returns what the model costs: a budget in operations needs it.
func (m *Model) Shape(context int) nn.Shape { return m.Config.Shape(context) }

// Model is the log-bilinear model (Mnih & Hinton 2007, "Three New Graphical Models for Statistical
// Language Modelling", §5). It predicts the vector of the next token as a linear function of the
// vectors of the last n−1, and the closer a token's own vector is to the prediction, the more
// likely the token is:
//
//	r̂ = Σ_i C_i·r_{w_i},   P(w) ∝ exp(r̂·r_w + b_w)
//
// The same vectors r represent inputs and outputs, and there is no hidden layer between them.
type Model struct {
	Config Config

	R *autograd.Tensor `param:"R,table"`  // [V, C], a vector for each token
	C *autograd.Tensor `param:"C"`        // [C, (n−1)·C], the matrices C_i side by side
	B *autograd.Tensor `param:"b,vector"` // [1, V]

	nn.Inference
}

// New returns a model with random weights.
func New(c Config, rng *rand.Rand) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m := &Model{
		Config: c,
		R:      nn.Normal(c.VocabSize, c.NEmbd, 0.1, rng),       // [V, C]
		C:      nn.Normal(c.NEmbd, c.Context*c.NEmbd, 0.1, rng), // [C, (n−1)·C]
		B:      nn.Zeros(1, c.VocabSize),                        // [1, V]
	}
	m.Inference = nn.NewInference(m)
	return m, nil
}

// Vocab returns the number of tokens.
func (m *Model) Vocab() int { return m.Config.VocabSize }

// Embeddings returns the vectors of the tokens. The playground draws a map of them.
func (m *Model) Embeddings() *autograd.Tensor { return m.R }

// predicted is r̂ for n−1 tokens per row.
func (m *Model) predicted(t *autograd.Tape, contexts []lm.Token) *autograd.Tensor {
	rows := len(contexts) / m.Config.Context
	x := t.Embedding(m.R, contexts)          // [rows·(n−1), C]
	x = t.Reshape(x, rows, len(x.Data)/rows) // [rows, (n−1)·C]
	return t.LinearT(x, m.C, nil)            // [rows, C]
}

// Loss is the mean −ln P of the targets of the batch: this is all that training needs.
func (m *Model) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	var contexts []lm.Token
	for row := range b.B {
		contexts = m.contextsOf(contexts, b.X[row*b.T:][:b.T])
	}
	return t.HeadLoss(m.predicted(t, contexts), m.R, m.B, b.Y, b.N) // 1×1
}

// contextsOf appends the n−1 tokens that end at each position of a text. Tokens before the
// beginning of the document are BOS.
func (m *Model) contextsOf(dst, text []lm.Token) []lm.Token {
	begin := 0
	for i, token := range text {
		if token == lm.BOS {
			begin = i
		}
		for j := i - m.Config.Context + 1; j <= i; j++ {
			if j < begin {
				dst = append(dst, lm.BOS)
			} else {
				dst = append(dst, text[j])
			}
		}
	}
	return dst
}

// NextLogProbs implements lm.Model, which is all that evaluation, sampling and compression need.
func (m *Model) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	window := m.window(context)
	return m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		return t.LinearT(m.predicted(t, window), m.R, m.B) // [1, V]
	})
}

// window returns the n−1 tokens that the prediction after context sees.
func (m *Model) window(context []lm.Token) []lm.Token {
	n := m.Config.Context
	window := append(slices.Repeat([]lm.Token{lm.BOS}, n), lm.SinceBOS(context)...)
	return window[len(window)-n:]
}

// Score implements lm.Scorer: it scores a whole document at once, which makes evaluation fast.
func (m *Model) Score(dst []float64, tokens []lm.Token) []float64 {
	if len(dst) < len(tokens) {
		dst = make([]float64, len(tokens))
	}
	if len(tokens) == 0 {
		return dst[:0]
	}
	inputs := append([]lm.Token{lm.BOS}, tokens[:len(tokens)-1]...)
	m.With(func(t *autograd.Tape) {
		nn.Score(t, dst, m.predicted(t, m.contextsOf(nil, inputs)), m.R, m.B, tokens)
	})
	return dst[:len(tokens)]
}

// Contributions returns the window and the size of each token's contribution to the prediction,
// ‖C_i·r_{w_i}‖. The playground shows them while you type.
func (m *Model) Contributions(context []lm.Token) (window []lm.Token, norms []float32) {
	window = m.window(context)
	d := m.Config.NEmbd
	for i, token := range window {
		var sum float32
		for j := range d {
			var y float32
			for k, r := range m.R.Row(int(token)) {
				y += m.C.Row(j)[i*d+k] * r
			}
			sum += y * y
		}
		norms = append(norms, float32(math.Sqrt(float64(sum))))
	}
	return window, norms
}
