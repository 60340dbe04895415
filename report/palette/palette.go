// Package palette holds every colour of the charts: one hue per era with a shade for each model,
// and other hues for the classes of tokens.
//
// The shades were found by a search, so that no two shades of a set look alike, by day or by night,
// under any of the four kinds of colour vision that the test simulates.
package palette

import (
	"fmt"
	"image/color"
	"strings"
)

// Colour is a colour on light paper and its counterpart on a dark screen, each as #rrggbb.
type Colour struct {
	Day   string `json:"day"`
	Night string `json:"night"`
}

// Ink is the colour of text. It stands for the true distribution and for unknown names.
var Ink = Colour{"#1b1b1b", "#e8e8e8"}

// species maps the name of a species to its colour: grey for models without context, blue for
// counted, orange for neural, green for pre-trained models, and purple for models that follow
// instructions.
var species = map[string]Colour{
	"uniform":  {"#b2b2b2", "#595b5d"},
	"unigram":  {"#62686e", "#989ea4"},
	"bigram":   {"#2d549f", "#a3e2fe"},
	"cache":    {"#54c7ff", "#3f5f86"},
	"ngram":    {"#3a85fa", "#3982f7"},
	"mlp":      {"#d29d54", "#ffc76b"},
	"rnn":      {"#6e2602", "#f19207"},
	"lstm":     {"#b14b06", "#a5462a"},
	"word2vec": {"#410400", "#ffef50"},
	"gru":      {"#f28d00", "#d94e14"},
	"elmo":     {"#8dca8f", "#179560"},
	"gpt":      {"#008854", "#4bd287"},
	"bert":     {"#153b2d", "#c0e2c7"},
	"llama":    {"#461d57", "#bf88de"},
	"chat":     {"#a375af", "#7d3cae"},
}

// eras maps an era to the colour of one of its models, which represents all of them.
var eras = map[string]Colour{
	"SLM": species["ngram"], "NLM": species["gru"], "PLM": species["gpt"], "LLM": species["chat"],
}

// classes maps the class of a token to its colour.
var classes = map[string]Colour{
	"local":      {"#0798a4", "#009da9"},
	"choice":     {"#8a897b", "#e0d0ca"},
	"fact":       {"#cabd19", "#928b04"},
	"long":       {"#853163", "#a22a64"},
	"in-context": {"#15d2c4", "#07eafd"},
	"compute":    {"#9d1336", "#e33f5d"},
}

// Species returns the colour of a species, or of its era if the species has none of its own.
func Species(name, era string) Colour {
	if c, ok := species[name]; ok {
		return c
	}
	return Era(era)
}

// Era returns the colour of an era.
func Era(name string) Colour { return orInk(eras, name) }

// Class returns the colour of a class of tokens.
func Class(name string) Colour { return orInk(classes, name) }

func orInk(colours map[string]Colour, name string) Colour {
	if c, ok := colours[name]; ok {
		return c
	}
	return Ink
}

// RGBA returns the colour on paper, for pictures.
func (c Colour) RGBA() color.RGBA {
	rgb := color.RGBA{A: 0xFF}
	if _, err := fmt.Sscanf(c.Day, "#%02x%02x%02x", &rgb.R, &rgb.G, &rgb.B); err != nil {
		return Ink.RGBA()
	}
	return rgb
}

// Named is a colour with the name of a variable in a style sheet.
type Named struct {
	Name string
	Colour
}

// CSS returns a style sheet that defines --NAME for every colour, in both themes, and a class
// .c-NAME that sets --c to it. A page with data-theme=light on its root is always light.
func CSS(colours []Named) string {
	var day, night, classes strings.Builder
	for _, c := range colours {
		fmt.Fprintf(&day, " --%s: %s;", c.Name, c.Day)
		fmt.Fprintf(&night, " --%s: %s;", c.Name, c.Night)
		fmt.Fprintf(&classes, ".c-%s { --c: var(--%s); }\n", c.Name, c.Name)
	}
	return fmt.Sprintf(
		":root {%s }\n@media (prefers-color-scheme: dark) { "+
			":root:not([data-theme=light]) {%s } }\n%s",
		&day, &night, &classes)
}
