package world

import (
	"fmt"

	"lmzoo/corpus"
)

// automaton is a program with hidden state: a hidden Markov model whose states are values of S and
// whose steps write one word each. Forward filtering (Rabiner 1989, "A tutorial on hidden Markov
// models and selected applications in speech recognition", §III.A) sums the hidden state out, so
// that the distribution of the next word, given the words alone, is exact.
type automaton[S comparable] struct {
	states []S
	steps  [][]step // from each state; none from the last state of a document
	start  belief
	words  []string // in order of first appearance
	class  func(S) corpus.Class
}

// step writes a word, an index into words, and moves to another state.
type step struct {
	word, to int32
	p        float64
}

// belief is a distribution over states.
type belief []weight

type weight struct {
	state int32
	p     float64
}

// move is a step in the form in which a grammar states it.
type move[S comparable] struct {
	word string
	p    float64
	to   S
}

// compile numbers all states that can be reached from the starts, which are equally likely.
func compile[S comparable](starts []S, moves func(S) []move[S],
	class func(S) corpus.Class) *automaton[S] {
	a := &automaton[S]{class: class}
	ids, words := map[S]int32{}, map[string]int32{}
	id := func(s S) int32 {
		if _, ok := ids[s]; !ok {
			ids[s] = int32(len(a.states))
			a.states = append(a.states, s)
		}
		return ids[s]
	}
	for _, s := range starts {
		a.start = append(a.start, weight{id(s), 1 / float64(len(starts))})
	}
	for i := 0; i < len(a.states); i++ {
		var steps []step
		for _, m := range moves(a.states[i]) {
			if _, ok := words[m.word]; !ok {
				words[m.word] = int32(len(a.words))
				a.words = append(a.words, m.word)
			}
			steps = append(steps, step{words[m.word], id(m.to), m.p})
		}
		a.steps = append(a.steps, steps)
	}
	return a
}

// filter reads a document word by word and updates the belief about the hidden state.
type filter[S comparable] struct {
	*automaton[S]
	belief  belief
	choices []Choice
	ids     []int32 // word of each choice
	at      []int32 // index into choices, plus 1, of each word
}

func (a *automaton[S]) filter() *filter[S] {
	return &filter[S]{automaton: a, belief: a.start, at: make([]int32, len(a.words))}
}

// next returns the distribution of the next word: a sum over the states. It is empty after End, and
// valid until the next call.
func (f *filter[S]) next() []Choice {
	f.choices, f.ids = f.choices[:0], f.ids[:0]
	for _, w := range f.belief {
		for _, s := range f.steps[w.state] {
			i := f.at[s.word]
			if i == 0 {
				f.choices = append(f.choices, Choice{Word: f.words[s.word]})
				f.ids = append(f.ids, s.word)
				i = int32(len(f.choices))
				f.at[s.word] = i
			}
			f.choices[i-1].P += w.p * s.p
		}
	}
	for _, id := range f.ids {
		f.at[id] = 0
	}
	return f.choices
}

// read takes the i-th choice of the last call of next as the next word and updates the belief by
// Bayes' rule.
func (f *filter[S]) read(i int) {
	word, evidence := f.ids[i], f.choices[i].P
	var posterior belief
	for _, w := range f.belief {
		for _, s := range f.steps[w.state] {
			if s.word == word {
				posterior = posterior.add(s.to, w.p*s.p/evidence)
			}
		}
	}
	f.belief = posterior
}

// add adds to the probability of a state. A linear search suffices, because there are few states.
func (b belief) add(state int32, p float64) belief {
	for i := range b {
		if b[i].state == state {
			b[i].p += p
			return b
		}
	}
	return append(b, weight{state, p})
}

// event returns the event of the i-th choice, before it is read.
func (f *filter[S]) event(i int, first bool) corpus.Event {
	c := f.choices[i]
	size := len(c.Word)
	if c.Word != End && !first {
		size++
	}
	e := corpus.Event{Bytes: size, Nats: nats(c.P), Class: f.class(f.states[f.belief[0].state])}
	for _, c := range f.choices {
		e.Entropy += c.P * nats(c.P)
	}
	return e
}

// follow reads words until one is impossible and calls each, if not nil, before every word.
func (f *filter[S]) follow(words []string, each func(i int)) error {
	for n, word := range words {
		choices := f.next()
		at := -1
		for i, c := range choices {
			if c.Word == word {
				at = i
				break
			}
		}
		if at < 0 {
			return &Impossible{Position: n + 1, Unit: "word", Got: word,
				Want: append([]Choice(nil), choices...)}
		}
		if each != nil {
			each(at)
		}
		f.read(at)
	}
	return nil
}

// run implements Generator.
func (a *automaton[S]) run(choose func([]Choice) int) {
	f := a.filter()
	for choices := f.next(); len(choices) > 0; choices = f.next() {
		i := choose(choices)
		if i < 0 {
			return
		}
		f.read(i)
	}
}

// check returns an error unless the steps from every state add up to 1.
func (a *automaton[S]) check() error {
	for i, steps := range a.steps {
		sum := 0.0
		for _, s := range steps {
			sum += s.p
		}
		if len(steps) > 0 && (sum < 1-1e-12 || sum > 1+1e-12) {
			return fmt.Errorf("state %+v: the probabilities add up to %v; want 1", a.states[i], sum)
		}
	}
	return nil
}
