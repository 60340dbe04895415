package lab

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/transformer"
)

// kinship is a set of facts: every person has one relative for each relation. A question names a
// person and a chain of relations, such as the friend of the teacher of Ada, and asks for the last
// person of the chain.
type kinship struct {
	of   [][]int // by relation and person, a permutation of the people
	seed uint64

	// shuffled gives a chain of two or more relations a random answer, always the same one, that
	// has nothing to do with the facts.
	shuffled bool
}

const (
	kinPeople    = 16
	kinRelations = 4
	kinVocab     = 1 + kinPeople + kinRelations
	kinHeld      = 8 // one of this many chains is held out
)

// newKinship draws the facts.
func newKinship(seed uint64, shuffled bool) kinship {
	k := kinship{seed: seed, shuffled: shuffled}
	rng := rand.New(rand.NewPCG(seed, 23))
	for range kinRelations {
		k.of = append(k.of, rng.Perm(kinPeople))
	}
	return k
}

// chain is a question, extended one relation at a time.
type chain struct {
	person int
	answer int    // the last person
	mixed  uint64 // a hash of the question
	length int
}

// ask begins a chain at a person.
func (k kinship) ask(person int) chain {
	return chain{person: person, answer: person, mixed: mix(k.seed, uint64(person))}
}

// then appends a relation.
func (k kinship) then(c chain, relation int) chain {
	c.answer = k.of[relation][c.answer]
	c.mixed = mix(c.mixed, uint64(relation))
	c.length++
	return c
}

// right returns the right answer to a chain.
func (k kinship) right(c chain) int {
	if k.shuffled && c.length > 1 {
		return int(mix(c.mixed, 1) % kinPeople)
	}
	return c.answer
}

// held reports whether the question is left out of training. Single facts never are.
func (c chain) held() bool { return c.length > 1 && mix(c.mixed, 2)%kinHeld == 0 }

// mix is a hash of two numbers (SplitMix64; Steele, Lea & Flood 2014).
func mix(a, b uint64) uint64 {
	z := (a*0x9e3779b97f4a7c15 + b + 1) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// questions returns chains with the given number of relations, one in each row; every prefix is a
// question too. A test consists of single facts and of the chains that the training leaves out.
func (k kinship) questions(hops, rows int, test bool, seed uint64) exercises {
	e := exercises{rows: rows, length: hops + 2, seed: seed}
	e.draw = func(rng *rand.Rand, x, y []lm.Token) {
		c := k.ask(rng.IntN(kinPeople))
		x[1] = lm.Token(1 + c.person)
		for i := range hops {
			r := rng.IntN(kinRelations)
			c = k.then(c, r)
			x[2+i] = lm.Token(1 + kinPeople + r)
			if c.length == 1 || c.held() == test {
				y[2+i] = lm.Token(1 + k.right(c))
			}
		}
	}
	return e
}

// stepwise answers each row of a test in single hops: each question is one fact, and its answer is
// the person of the next question. It reports for each target, in the order of marks, whether the
// answer is right.
func stepwise(m *transformer.Model, b corpus.Batch) []bool {
	facts := map[[2]lm.Token]lm.Token{} // the network's own
	var one corpus.Batch
	for p := range lm.Token(kinPeople) {
		for r := range lm.Token(kinRelations) {
			one.X = append(one.X, lm.BOS, 1+p, 1+kinPeople+r)
			one.B++
		}
	}
	one.T = 3
	predict(m, one, func(i int, logP []float64) {
		if i%3 == 2 {
			facts[[2]lm.Token{one.X[i-1], one.X[i]}] = lm.Token(floats.MaxIdx(logP))
		}
	})
	var right []bool
	for row := range b.B {
		x, y := b.X[row*b.T:][:b.T], b.Y[row*b.T:][:b.T]
		person := x[1]
		for i := 2; i < b.T; i++ {
			person = facts[[2]lm.Token{person, x[i]}]
			if y[i] >= 0 {
				right = append(right, person == y[i])
			}
		}
	}
	return right
}
