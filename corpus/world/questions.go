package world

import "lmzoo/corpus"

// Question is the beginning of a document after which only one word is possible.
type Question struct {
	Prompt, Answer string
	Class          corpus.Class // the knowledge that the answer needs
}

// Questions returns the questions that a document of the world answers itself: the words that a
// fact, a memory or a computation determines.
func Questions(d corpus.Document) []Question {
	var all []Question
	at := 0
	for _, e := range d.Truth {
		end := at + e.Bytes
		known := e.Class != corpus.Local && e.Class != corpus.Choice && e.Entropy == 0
		if known && at > 0 && end <= len(d.Text) {
			all = append(all, Question{Prompt: d.Text[:at], Answer: d.Text[at+len(" ") : end],
				Class: e.Class})
		}
		at = end
	}
	return all
}
