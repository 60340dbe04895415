package mlp

import (
	"fmt"
	"strings"

	"lmzoo/nn"
)

// Config is the shape of a neural probabilistic language model.
type Config struct {
	VocabSize int     `json:"vocab_size"`       // V, tokens
	Context   int     `json:"context"`          // n−1, how many tokens it sees
	NEmbd     int     `json:"n_embd"`           // m, channels of the token embeddings
	Hidden    int     `json:"hidden"`           // h, hidden units
	Direct    bool    `json:"direct,omitempty"` // direct connections W from the embeddings to the output
	Dropout   float64 `json:"dropout"`          // of the hidden units
}

// Sizes are the names of the presets, smallest first.
func Sizes() []string { return []string{"tiny", "small", "base"} }

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
	return Config{}, fmt.Errorf("mlp has no size %q: choose one of %s", size, strings.Join(Sizes(), ", "))
}

// Validate says in one line what is wrong with c and what to do about it.
func (c Config) Validate() error {
	switch {
	case c.VocabSize < 2:
		return fmt.Errorf("mlp: vocab_size is %d: expected at least 2, the document boundary and one token more; train the tokenizer on more text", c.VocabSize)
	case c.Context < 1:
		return fmt.Errorf("mlp: context is %d: expected at least 1 token, such as 8", c.Context)
	case c.NEmbd < 1:
		return fmt.Errorf("mlp: n_embd is %d: expected at least 1, such as 32", c.NEmbd)
	case c.Hidden < 1:
		return fmt.Errorf("mlp: hidden is %d: expected at least 1, such as 256", c.Hidden)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("mlp: dropout is %v: expected a probability in [0, 1), such as 0.2", c.Dropout)
	case c.params() > nn.MaxParams:
		return fmt.Errorf("mlp: more than %d parameters: choose a smaller hidden, n_embd, context or vocab_size", nn.MaxParams)
	}
	return nil
}

// params is the number of parameters, as a float so that nothing overflows.
func (c Config) params() float64 {
	v, x, h := float64(c.VocabSize), float64(c.Context)*float64(c.NEmbd), float64(c.Hidden)
	n := v*float64(c.NEmbd) + h*(x+1) + v*(h+1)
	if c.Direct {
		n += v * x
	}
	return n
}
