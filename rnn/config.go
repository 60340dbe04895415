package rnn

import (
	"cmp"
	"fmt"

	"lmzoo/nn"
)

// Config is the shape of a recurrent language model.
type Config struct {
	Cell      string  `json:"cell" from:"the species: rnn, lstm or gru"`
	VocabSize int     `json:"vocab_size"`                                  // V, tokens
	NEmbd     int     `json:"n_embd" help:"channels of a token embedding"` // E
	Hidden    int     `json:"hidden" help:"hidden units"`                  // H
	Layers    int     `json:"layers" help:"recurrent layers"`
	Dropout   float64 `json:"dropout" help:"dropout probability"` // Zaremba et al. 2014
	Tied      bool    `json:"tied,omitempty" help:"use the embedding as the output layer"`
	Residual  bool    `json:"residual,omitempty" help:"add the layer below to each layer"`
}

// Cells returns the kinds of recurrent cell, in order of appearance.
func Cells() []string { return []string{"elman", "lstm", "gru"} }

// Sizes returns the names of the presets, smallest first.
func Sizes() []string { return nn.Sizes() }

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
	return Config{}, nn.Checks(cell).NoSize(size)
}

// Validate reports the first invalid field.
func (c Config) Validate() error {
	if _, err := newCell(c.Cell); err != nil {
		return err
	}
	check := nn.Checks(c.Cell)
	if err := cmp.Or(
		check.Vocab(c.VocabSize),
		check.Positive("n_embd", c.NEmbd, 64),
		check.Positive("hidden", c.Hidden, 128),
		check.Positive("layers", c.Layers, 1),
		check.Dropout(c.Dropout),
		check.Params(c.params(), "hidden, n_embd, layers or vocab_size"),
	); err != nil {
		return err
	}
	if c.Tied && c.NEmbd != c.Hidden {
		return fmt.Errorf(
			"%s: tied needs n_embd = hidden, but they are %d and %d; want them "+
				"equal, or tied false",
			c.Cell, c.NEmbd, c.Hidden)
	}
	return nil
}

// params returns the approximate number of parameters, as a float64 so that nothing overflows.
func (c Config) params() float64 {
	h, e := float64(c.Hidden), float64(c.NEmbd)
	return float64(c.VocabSize)*(e+h) + 4*h*(e+h) + 8*h*h*float64(c.Layers-1)
}
