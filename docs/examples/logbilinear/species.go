package main

import (
	"lmzoo/report/palette"
	"lmzoo/train"
	"lmzoo/zoo"
)

// Species returns the row of the catalogue, which is all that lmzoo needs.
func Species() *zoo.Species {
	return &zoo.Species{
		Name: "logbilinear", Aliases: []string{"lbl"}, Title: "log-bilinear",
		Era: "NLM", Year: 2007,
		Paper:     "Mnih & Hinton, Three New Graphical Models for Statistical Language Modelling",
		Remembers: "the last n−1 tokens, as the vector that they predict",
		Sizes:     []string{"tiny", "small"},
		Colour:    palette.Colour{Day: "#8c6d1f", Night: "#e0c060"},
		Defaults: zoo.Preset(Preset, func(c *train.Config) {
			c.LR, c.MinLR, c.WeightDecay, c.Batch = 3e-3, 3e-4, 0.01, 32
		}),
		Learning: &zoo.Learning{New: zoo.New(New), Start: zoo.Windows},
	}
}

// catalogue returns lmzoo's own catalogue with this species inserted by year.
func catalogue() zoo.Catalogue { return zoo.Standard().With(Species()) }
