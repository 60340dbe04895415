package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lmzoo/zoo"
)

// sizesInNumbers lists the presets of every species that has presets; species with the same numbers
// share a line.
func sizesInNumbers(cat zoo.Catalogue) string {
	var names [][]string
	var lines []string
	for _, s := range cat {
		var sizes []string
		for _, size := range s.Sizes {
			settings, err := s.Settings(size)
			if err != nil {
				return "" // a test of the catalogue reports the error
			}
			sizes = append(sizes, size+" "+shapeInNumbers(settings.Model))
		}
		line := strings.Join(sizes, ", ")
		switch i := slices.Index(lines, line); {
		case line == "":
		case i >= 0:
			names[i] = append(names[i], s.Name)
		default:
			names, lines = append(names, []string{s.Name}), append(lines, line)
		}
	}
	for i, line := range lines {
		lines[i] = fmt.Sprintf("  %-16s %s", strings.Join(names[i], ", "), line)
	}
	return strings.Join(lines, "\n")
}

// shapeInNumbers returns the number of layers and the width of a model: 4×128 (4 heads).
func shapeInNumbers(config any) string {
	var c struct {
		NLayer          int `json:"n_layer"`
		NHead           int `json:"n_head"`
		NEmbd           int `json:"n_embd"`
		Layers          int `json:"layers"`
		Hidden          int `json:"hidden"`
		Context         int `json:"context"`
		NumHiddenLayers int `json:"num_hidden_layers"` // llama
		NumHeads        int `json:"num_attention_heads"`
		HiddenSize      int `json:"hidden_size"`
	}
	data, err := json.Marshal(config)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return ""
	}
	layers := max(c.NLayer, c.Layers, c.NumHiddenLayers, 1)
	s := fmt.Sprintf("%d×%d", layers, cmp.Or(c.Hidden, c.HiddenSize, c.NEmbd))
	if heads := max(c.NHead, c.NumHeads); heads > 0 {
		s += fmt.Sprintf(" (%d heads)", heads)
	}
	return s
}
