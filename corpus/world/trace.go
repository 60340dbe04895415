package world

import (
	"fmt"
	"strings"

	"lmzoo/corpus"
)

// Trace returns what every word of a document's Text, and its end, costs under the true distribution: for
// a document of this world, its Truth. A text that no program of this world writes is an error that names the
// first impossible word.
func (w *World) Trace(text string) ([]corpus.Event, error) {
	words := strings.Split(text, " ")
	doc, expected := w.follow(append(words, End))
	if expected != nil {
		at := len(doc.events)
		return nil, fmt.Errorf("word %d (byte %d) of the text is %s, which is impossible there in this world: expected %s",
			at+1, offset(text, words, at), spell(append(words, End)[at]), spellAll(expected))
	}
	return doc.events, nil
}

// offset is where in the text the word of an index begins.
func offset(text string, words []string, at int) int {
	n := 0
	for _, word := range words[:min(at, len(words))] {
		n += len(word) + len(" ")
	}
	return min(n, len(text))
}

// Next returns the distribution of the word after the given first words of a document: the limit as a model.
// After End there is nothing, and an impossible beginning is an error. The slice is the caller's to keep, not to change.
func (w *World) Next(words []string) ([]Choice, error) {
	doc, expected := w.follow(words)
	if at := len(doc.events); at < len(words) {
		return nil, fmt.Errorf("word %d is %s, which is impossible there in this world: expected %s", at+1, spell(words[at]), spellAll(expected))
	}
	return expected, nil
}

// follow runs the program along the given words as far as it can, and returns what else was possible where
// it stopped; nil when the document is whole.
func (w *World) follow(words []string) (doc *writer, expected []Choice) {
	doc = w.writer(nil)
	doc.choose = func(choices []Choice) int {
		if at := len(doc.events); at < len(words) {
			for i, c := range choices {
				if c.Word == words[at] {
					return i
				}
			}
		}
		expected = append(expected, choices...)
		return -1
	}
	doc.write()
	return doc, expected
}

func spell(word string) string {
	if word == End {
		return "the end"
	}
	return fmt.Sprintf("%q", word)
}

func spellAll(choices []Choice) string {
	var all []string
	for i, c := range choices {
		if i == 5 {
			all = append(all, fmt.Sprintf("… (%d more)", len(choices)-i))
			break
		}
		all = append(all, spell(c.Word))
	}
	return strings.Join(all, ", ")
}
