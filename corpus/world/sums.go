package world

import (
	"slices"

	"lmzoo/corpus"
)

// A document of sums has a number of problems, each with a number of steps.
const problems, steps = 3, 2

var (
	more = []string{"finds", "buys", "gets"}
	less = []string{"loses", "sells", "eats"}
)

// The first number is in fewest … mostFirst, a change in fewest … mostChange. No number falls below
// fewest, because the things are counted in the plural.
const fewest, mostFirst, mostChange = 2, 9, 4

// sums writes problems in words:
//
//	let us count coins . mira has four coins . she finds three more coins . now mira has seven
//	coins . …
func (w *writer) sums() {
	w.say("us count")
	item := w.emit(corpus.Choice, w.habits.goods)
	w.say(".")
	for range problems {
		w.problem(item)
	}
	w.sure(corpus.Long, End)
}

func (w *writer) problem(item string) {
	who := w.emit(corpus.Choice, w.habits.names)
	w.say("has")
	n := w.number(mostFirst)
	w.sure(corpus.Long, item)
	w.say(".")
	for range steps {
		w.sure(corpus.Long, pronoun(who))
		n += w.change(n)
		w.sure(corpus.Long, item)
		w.say(". now")
		w.sure(corpus.Long, who)
		w.say("has")
		w.sure(corpus.Compute, numbers[n])
		w.sure(corpus.Long, item)
		w.say(".")
	}
}

// change draws the change of a number, negative if the number shrinks.
func (w *writer) change(n int) int {
	verbs := slices.Clone(more)
	if n >= 2*fewest {
		verbs = append(verbs, less...)
	}
	if slices.Contains(more, w.among(corpus.Choice, verbs...)) {
		m := w.number(mostChange)
		w.say("more")
		return m
	}
	return -w.number(min(n-fewest, mostChange))
}

// number draws a number in fewest … most.
func (w *writer) number(most int) int {
	return slices.Index(numbers, w.among(corpus.Choice, numbers[fewest:most+1]...))
}
