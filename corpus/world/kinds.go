package world

import (
	"slices"

	"lmzoo/corpus"
)

// kind is a kind of document: the words that may open it, each with its probability in the world,
// and the program that writes the rest. No two kinds share an opening word, so the first word of a
// document reveals its kind and nothing is hidden.
type kind struct {
	opens []Choice
	write func(w *writer, first string)
}

// standard lists the kinds of document in a world made by New.
func standard() []kind {
	return []kind{
		{[]Choice{{"once", .25}, {"today", .25}},
			func(w *writer, first string) { w.story(first == "once") }},
		{[]Choice{{"here", .2}}, func(w *writer, _ string) { w.sheet() }},
		{[]Choice{{"in", .13}}, func(w *writer, _ string) { w.dictionary() }},
		{[]Choice{{"let", .17}}, func(w *writer, _ string) { w.sums() }},
	}
}

// compose sets the kinds of a world and divides their probabilities by the sum.
func (w *World) compose(kinds []kind) {
	w.kinds = kinds
	var opens []Choice
	for _, k := range kinds {
		opens = append(opens, k.opens...)
	}
	w.openings = newDist(opens)
}

// write is the program of a document: the first word decides the kind.
func (w *writer) write() {
	first := w.emit(corpus.Choice, w.openings)
	for _, k := range w.World.kinds {
		if slices.ContainsFunc(k.opens, func(c Choice) bool { return c.Word == first }) {
			k.write(w, first)
			return
		}
	}
}
