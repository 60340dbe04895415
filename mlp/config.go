package mlp

import (
	"cmp"

	"lmzoo/nn"
)

// Config is the shape of a neural probabilistic language model.
type Config struct {
	VocabSize int     `json:"vocab_size"`                                   // V, tokens
	Context   int     `json:"context" help:"tokens that a prediction sees"` // n−1
	NEmbd     int     `json:"n_embd" help:"channels of a token embedding"`  // m
	Hidden    int     `json:"hidden" help:"hidden units"`                   // h
	Direct    bool    `json:"direct,omitempty" help:"connect the embeddings to the output directly"`
	Dropout   float64 `json:"dropout" help:"dropout probability"`
}

// Sizes returns the names of the presets, smallest first.
func Sizes() []string { return nn.Sizes() }

// Preset returns the Config of a size, without a vocabulary.
func Preset(size string) (Config, error) {
	switch size {
	case "tiny":
		return Config{Context: 5, NEmbd: 24, Hidden: 64}, nil
	case "small":
		return Config{Context: 8, NEmbd: 32, Hidden: 256}, nil
	case "base":
		return Config{Context: 16, NEmbd: 64, Hidden: 1024, Dropout: 0.2}, nil
	}
	return Config{}, nn.Checks("mlp").NoSize(size)
}

// Validate reports the first invalid field.
func (c Config) Validate() error {
	check := nn.Checks("mlp")
	return cmp.Or(
		check.Vocab(c.VocabSize),
		check.Positive("context", c.Context, 8),
		check.Positive("n_embd", c.NEmbd, 32),
		check.Positive("hidden", c.Hidden, 256),
		check.Dropout(c.Dropout),
		check.Params(c.params(), "hidden, n_embd, context or vocab_size"),
	)
}

// params returns the number of parameters, as a float64 so that nothing overflows.
func (c Config) params() float64 {
	v, x, h := float64(c.VocabSize), float64(c.Context)*float64(c.NEmbd), float64(c.Hidden)
	n := v*float64(c.NEmbd) + h*(x+1) + v*(h+1)
	if c.Direct {
		n += v * x
	}
	return n
}
