package world

import (
	"slices"

	"lmzoo/corpus"
)

// problems is how many stories about numbers a document of sums tells, each with so many steps.
const problems, steps = 3, 2

var (
	more = []string{"finds", "buys", "gets"}
	less = []string{"loses", "sells", "eats"}
)

// The first number is one of 1 … mostFirst, each change one of 1 … mostChange.
const mostFirst, mostChange = 9, 4

// sums: let us count . mira has four coins . she finds three more . now she has seven coins . …
func (w *writer) sums() {
	w.say("us count .")
	for range problems {
		w.problem()
	}
}

func (w *writer) problem() {
	who := w.emit(corpus.Choice, w.habits.names)
	w.say("has")
	n := w.number(mostFirst)
	item := w.emit(corpus.Choice, w.habits.goods)
	w.say(".")
	for range steps {
		w.sure(corpus.Long, pronoun(who))
		n += w.change(n)
		w.say(". now")
		w.sure(corpus.Long, pronoun(who))
		w.say("has")
		w.sure(corpus.Compute, numbers[n])
		w.sure(corpus.Long, item)
		w.say(".")
	}
}

// change draws by how much a number grows or shrinks; it never falls below zero.
func (w *writer) change(n int) int {
	verbs := append([]string(nil), more...)
	if n > 0 {
		verbs = append(verbs, less...)
	}
	if slices.Contains(more, w.among(corpus.Choice, verbs...)) {
		m := w.number(mostChange)
		w.say("more")
		return m
	}
	return -w.number(min(n, mostChange))
}

// number draws one of 1 … most.
func (w *writer) number(most int) int {
	word := w.among(corpus.Choice, numbers[1:most+1]...)
	for n := range numbers {
		if numbers[n] == word {
			return n
		}
	}
	return 0
}
