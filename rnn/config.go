package rnn

import (
	"fmt"
	"strings"

	"lmzoo/nn"
)

// Config is the shape of a recurrent language model.
type Config struct {
	Cell      string  `json:"cell"`               // elman, lstm or gru
	VocabSize int     `json:"vocab_size"`         // V, tokens
	NEmbd     int     `json:"n_embd"`             // E, channels of the token embeddings
	Hidden    int     `json:"hidden"`             // H, channels of the hidden state
	Layers    int     `json:"layers"`             // recurrent layers, each reading the one below
	Dropout   float64 `json:"dropout"`            // between the layers, never from step to step (Zaremba et al. 2014)
	Tied      bool    `json:"tied,omitempty"`     // the output layer is the embedding; needs n_embd = hidden
	Residual  bool    `json:"residual,omitempty"` // a layer above the first adds to the one below
}

// Cells are the kinds of recurrent cell, in order of appearance.
func Cells() []string { return []string{"elman", "lstm", "gru"} }

// Sizes are the names of the presets, smallest first.
func Sizes() []string { return []string{"tiny", "small", "base"} }

// Preset returns the Config of a size, without a vocabulary.
func Preset(cell, size string) (Config, error) {
	if _, err := newCell(cell); err != nil {
		return Config{}, err
	}
	switch size {
	case "tiny":
		return Config{Cell: cell, NEmbd: 32, Hidden: 64, Layers: 1}, nil
	case "small":
		return Config{Cell: cell, NEmbd: 64, Hidden: 128, Layers: 1}, nil
	case "base":
		return Config{Cell: cell, NEmbd: 128, Hidden: 512, Layers: 2, Dropout: 0.2}, nil
	}
	return Config{}, fmt.Errorf("%s has no size %q: choose one of %s", cell, size, strings.Join(Sizes(), ", "))
}

// Validate says in one line what is wrong with c and what to do about it.
func (c Config) Validate() error {
	if _, err := newCell(c.Cell); err != nil {
		return err
	}
	switch {
	case c.VocabSize < 2:
		return fmt.Errorf("%s: vocab_size is %d: expected at least 2, the document boundary and one token more; train the tokenizer on more text", c.Cell, c.VocabSize)
	case c.NEmbd < 1:
		return fmt.Errorf("%s: n_embd is %d: expected at least 1, such as 64", c.Cell, c.NEmbd)
	case c.Hidden < 1:
		return fmt.Errorf("%s: hidden is %d: expected at least 1, such as 128", c.Cell, c.Hidden)
	case c.Layers < 1:
		return fmt.Errorf("%s: layers is %d: expected at least 1", c.Cell, c.Layers)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("%s: dropout is %v: expected a probability in [0, 1), such as 0.2", c.Cell, c.Dropout)
	case c.Tied && c.NEmbd != c.Hidden:
		return fmt.Errorf("%s: tied needs n_embd = hidden, not %d and %d: make them equal or leave tied out", c.Cell, c.NEmbd, c.Hidden)
	case c.params() > nn.MaxParams:
		return fmt.Errorf("%s: more than %d parameters: choose a smaller hidden, n_embd, layers or vocab_size", c.Cell, nn.MaxParams)
	}
	return nil
}

// params is about the number of parameters, as a float so that nothing overflows.
func (c Config) params() float64 {
	h, e := float64(c.Hidden), float64(c.NEmbd)
	return float64(c.VocabSize)*(e+h) + 4*h*(e+h) + 8*h*h*float64(c.Layers-1)
}
