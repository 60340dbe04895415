package world

import (
	"fmt"
	"slices"
	"strings"

	"lmzoo/corpus"
)

// kind is a kind of document: the words that may open it, each with its probability in the world,
// and the program that writes the rest. No two kinds share an opening word, so the first word of a
// document reveals its kind and nothing is hidden.
type kind struct {
	name  string
	opens []Choice
	write func(w *writer, first string)
}

// standard lists the kinds of document in a world made by New.
func standard() []kind {
	return []kind{
		{"story", []Choice{{"once", .25}, {"today", .25}},
			func(w *writer, first string) { w.story(first == "once") }},
		{"sheet", []Choice{{"here", .2}}, func(w *writer, _ string) { w.sheet() }},
		{"dictionary", []Choice{{"in", .13}}, func(w *writer, _ string) { w.dictionary() }},
		{"sums", []Choice{{"let", .17}}, func(w *writer, _ string) { w.sums() }},
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

// Kinds returns the names of the kinds of documents, in the order of their rows.
func (w *World) Kinds() []string {
	var names []string
	for _, k := range w.kinds {
		names = append(names, k.name)
	}
	return names
}

// Only returns a world with the same facts and habits that writes only documents of the named
// kinds, in the same proportions.
func (w *World) Only(names ...string) (*World, error) {
	only := &World{facts: w.facts, habits: w.habits}
	var kinds []kind
	for _, k := range w.kinds {
		if slices.Contains(names, k.name) {
			kinds = append(kinds, k)
		}
	}
	for _, name := range names {
		if !slices.Contains(w.Kinds(), name) {
			return nil, fmt.Errorf("unknown kind of document %q; want one of %s", name,
				strings.Join(w.Kinds(), ", "))
		}
	}
	if len(kinds) == 0 {
		return nil, fmt.Errorf("no kinds of document; want one or more of %s",
			strings.Join(w.Kinds(), ", "))
	}
	only.compose(kinds)
	return only, nil
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
