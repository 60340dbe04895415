package world

import (
	"slices"

	"lmzoo/corpus"
)

// A dictionary has minEntries sentences, then stops before each further sentence with probability
// enough.
const minEntries, maxEntries, enough = 13, 18, .25

// mostKnown is the number of words that a dictionary teaches.
const mostKnown = 5

// entry is an invented word and its meaning, which holds in one document only.
type entry struct{ word, meaning string }

func entryWord(e entry) string    { return e.word }
func entryMeaning(e entry) string { return e.meaning }

// meanings lists what words can mean: colours and things to count.
var meanings = slices.Concat(colours, goods)

// dictionary writes a dictionary:
//
//	in the language of tuvo : here zib means red . here zam means nails . so zib means red .
//	for nails say zam . … end .
//
// The meanings change with every document, so weights cannot store them: the answer is in the
// context or nowhere (Brown et al. 2020, "Language models are few-shot learners").
func (w *writer) dictionary() {
	w.say("the language of")
	island := w.among(corpus.Choice, islands...)
	w.say(":")
	var known []entry
	for i := 0; ; i++ {
		define, recall, stop := 1.0, 0.0, 0.0
		if len(known) >= 2 {
			define, recall = .35, .65
		}
		if len(known) == mostKnown {
			define, recall = 0, 1
		}
		if i >= minEntries {
			stop = enough
		}
		if i == maxEntries {
			stop = 1
		}
		goes := 1 - stop
		switch w.oneOf(corpus.Choice, Choice{"here", define * goes},
			Choice{"so", .65 * recall * goes},
			Choice{"for", .35 * recall * goes}, Choice{"end", stop}) {
		case "here":
			known = append(known, w.define(known, w.habits.nonces[island]))
		case "so":
			e := w.recall(known, entryWord)
			w.say("means")
			w.sure(corpus.InContext, e.meaning)
			w.say(".")
		case "for":
			e := w.recall(known, entryMeaning)
			w.say("say")
			w.sure(corpus.InContext, e.word)
			w.say(".")
		default:
			w.say(".")
			w.sure(corpus.Local, End)
			return
		}
	}
}

// define writes "zib means red ." Both the word and the meaning are new in this document.
func (w *writer) define(known []entry, language dist) entry {
	words, taken := make([]string, len(known)), make([]string, len(known))
	for i, e := range known {
		words[i], taken[i] = e.word, e.meaning
	}
	e := entry{word: w.except(corpus.Long, language, words...)}
	w.say("means")
	e.meaning = w.except(corpus.Choice, w.habits.meanings, taken...)
	w.say(".")
	return e
}

// recall draws an entry by its word or by its meaning, depending on by.
func (w *writer) recall(known []entry, by func(entry) string) entry {
	words := make([]string, len(known))
	for i, e := range known {
		words[i] = by(e)
	}
	word := w.among(corpus.Long, words...)
	return known[slices.Index(words, word)]
}
