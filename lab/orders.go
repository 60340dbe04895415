package lab

import (
	"math/rand/v2"

	"lmzoo/lm"
)

// labelsOf is the kind of labels that the examples of a test have.
type labelsOf string

const (
	usualLabels   labelsOf = "usual"
	changedLabels labelsOf = "changed" // another label for each category
	randomLabels  labelsOf = "random"  // drawn anew for each example
)

// changed draws a label for each category, other than its usual label.
func (l lexicon) changed(rng *rand.Rand) []int {
	labels := make([]int, l.categories)
	for c := range labels {
		labels[c] = (c + 1 + rng.IntN(l.categories-1)) % l.categories
	}
	return labels
}

// choice returns the tokens of all labels.
func (l lexicon) choice() []lm.Token {
	tokens := make([]lm.Token, l.categories)
	for i := range tokens {
		tokens[i] = l.label(i)
	}
	return tokens
}

// quiz returns n texts of examples without mistakes. The shots of an answer are the examples before
// it. With random labels, the true answers are the usual labels.
func (l lexicon) quiz(n, shots int, t template, kind labelsOf, rng *rand.Rand) exam {
	e := exam{most: shots}
	for range n {
		labels := make([]int, l.categories)
		for c := range labels {
			labels[c] = c
		}
		if kind == changedLabels {
			labels = l.changed(rng)
		}
		var doc []lm.Token
		var truth []int
		for range shots + 1 {
			p := pair{category: rng.IntN(l.categories), word: rng.IntN(l.words)}
			p.label = labels[p.category]
			truth = append(truth, p.label)
			if kind == randomLabels {
				p.label = rng.IntN(l.categories)
			}
			doc = l.appendPair(doc, t, p)
		}
		e.add(l, doc, truth)
	}
	return e
}

// add appends a text with the true answer at each label.
func (e *exam) add(l lexicon, doc []lm.Token, truth []int) {
	_, want, shots := newPaper(len(doc))
	k := 0
	for i, tok := range doc {
		if l.isLabel(tok) {
			want[i], shots[i] = l.label(truth[k]), k
			k++
		}
	}
	e.docs, e.want, e.shots = append(e.docs, doc), append(e.want, want), append(e.shots, shots)
	e.choice = append(e.choice, l.choice())
}

// answers returns the label that a reader chooses for each text after each number of shots,
// [text][shots].
func (e exam) answers(r reader) [][]lm.Token {
	out := make([][]lm.Token, len(e.docs))
	for d := range out {
		out[d] = make([]lm.Token, e.most+1)
	}
	r.read(e.docs, func(d, at int, logProbs []float64) {
		if e.want[d][at] == lm.BOS {
			return
		}
		top := e.choice[d][0]
		for _, label := range e.choice[d] {
			if logProbs[label] > logProbs[top] {
				top = label
			}
		}
		out[d][e.shots[d][at]] = top
	})
	return out
}

// rights returns 1 for each text whose answer after the given number of shots is right, and 0 for
// each of the other texts.
func (e exam) rights(answers [][]lm.Token, shots int) []float64 {
	out := make([]float64, len(e.docs))
	for d, doc := range e.want {
		for at, want := range doc {
			if want != lm.BOS && e.shots[d][at] == shots && answers[d][shots] == want {
				out[d] = 1
			}
		}
	}
	return out
}

// reordered is a set of examples in every order, each followed by the same questions.
type reordered struct {
	exam
	orders, questions int // text o·questions + q has order o and question q
}

// reorder returns one example of each category with a changed label, in every order.
func (l lexicon) reorder(questions int, t template, rng *rand.Rand) reordered {
	labels := l.changed(rng)
	shots, asked := make([]pair, l.categories), make([]pair, questions)
	for c := range shots {
		shots[c] = pair{c, rng.IntN(l.words), labels[c]}
	}
	for i := range asked {
		c := i % l.categories
		w := (shots[c].word + 1 + rng.IntN(l.words-1)) % l.words // not the word of the example
		asked[i] = pair{c, w, labels[c]}
	}
	r := reordered{exam: exam{most: l.categories}, questions: questions}
	for _, order := range permutations(l.categories) {
		r.orders++
		for _, q := range asked {
			var doc []lm.Token
			var truth []int
			for _, i := range order {
				doc, truth = l.appendPair(doc, t, shots[i]), append(truth, shots[i].label)
			}
			r.add(l, l.appendPair(doc, t, q), append(truth, q.label))
		}
	}
	return r
}

// permutations returns all orders of n elements.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			q := append(append(append([]int(nil), p[:i]...), n-1), p[i:]...)
			all = append(all, q)
		}
	}
	return all
}

// disorder holds the effect of the order of the examples on the answers.
type disorder struct {
	worst, mean, best float64 // share of right answers over the orders
	changes           float64 // share of questions that are not answered the same in all orders
}

// disorder measures a reader on a set of examples.
func (r reordered) disorder(by reader) disorder {
	answers := r.answers(by)
	right := r.rights(answers, r.most)
	d := disorder{worst: 1}
	for o := range r.orders {
		share := 0.0
		for q := range r.questions {
			share += right[o*r.questions+q] / float64(r.questions)
		}
		d.worst, d.best = min(d.worst, share), max(d.best, share)
		d.mean += share / float64(r.orders)
	}
	for q := range r.questions {
		for o := range r.orders {
			if answers[o*r.questions+q][r.most] != answers[q][r.most] {
				d.changes += 1 / float64(r.questions)
				break
			}
		}
	}
	return d
}
