package lmtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"lmzoo/lm"
)

// CheckStreams tests that the streams of lm.StartStreams give the same numbers as a State for each
// text. The contexts have the given numbers of tokens (0, 1, 2 and 17 if none are given); choose
// lengths inside and beyond the model's window. Log-probabilities may differ by tol, relative if
// they are larger than 1. It tests these promises:
//
//   - a stream continues its context, whatever the lengths and the tokens of the others
//   - streams of equal contexts are independent
//   - predicting twice changes nothing, and a stream may take several tokens, or none, between two
//     predictions
//   - a BOS forgets everything before it
//   - a closed stream leaves the others and its dst unchanged
//   - dst is filled where it is long enough, and contexts are only read
func CheckStreams(t testing.TB, m lm.Model, tol float64, lengths ...int) {
	t.Helper()
	if len(lengths) == 0 {
		lengths = []int{0, 1, 2, 17}
	}
	s := streamsChecker{checker: checker{m: m, tol: tol}, rng: rand.New(rand.NewPCG(7, 1992))}
	if err := s.check(lengths); err != nil {
		t.Errorf("streams: %v", err)
	}
}

type streamsChecker struct {
	checker
	rng    *rand.Rand
	states []lm.State // the reference, one for each stream
	closed []bool
	dst    [][]float64
}

// streamSteps is the number of rounds of tokens that are pushed.
const streamSteps = 40

func (s *streamsChecker) check(lengths []int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the model panics: %v", r)
		}
	}()
	contexts := s.contexts(lengths)
	given := slices.Concat(contexts...)
	streams := lm.StartStreams(s.m, contexts)
	if !slices.Equal(given, slices.Concat(contexts...)) {
		return fmt.Errorf("the model changes the contexts")
	}
	for _, context := range contexts {
		clear(context) // they belong to the caller
	}
	for round := range streamSteps {
		if err := s.compare(streams); err != nil {
			return fmt.Errorf("%w, in round %d", err, round)
		}
		s.advance(streams, round)
	}
	return nil
}

// contexts returns the documents of the given lengths, each twice, and starts their States.
func (s *streamsChecker) contexts(lengths []int) (contexts [][]lm.Token) {
	for _, n := range slices.Concat(lengths, lengths) {
		doc := s.document(n)
		state := lm.Start(s.m)
		for _, t := range doc {
			state.Push(t)
		}
		contexts, s.states = append(contexts, doc), append(s.states, state)
	}
	s.closed, s.dst = make([]bool, len(contexts)), make([][]float64, len(contexts))
	return contexts
}

// compare tests the predictions of all open streams.
func (s *streamsChecker) compare(streams lm.Streams) error {
	for i, dst := range s.dst {
		for v := range dst {
			s.dst[i][v] = 5 // wrong unless the model overwrites it
		}
	}
	old := slices.Clone(s.dst)
	s.dst = streams.NextLogProbs(s.dst)
	if len(s.dst) < len(s.states) {
		return fmt.Errorf("NextLogProbs gives %d distributions; want one for each of %d streams",
			len(s.dst), len(s.states))
	}
	for i, state := range s.states {
		if s.closed[i] {
			if slices.ContainsFunc(s.dst[i], func(p float64) bool { return p != 5 }) {
				return fmt.Errorf("dst of stream %d changes although the stream is closed", i)
			}
			continue
		}
		want := state.NextLogProbs(nil)
		if v := s.differ(want, s.dst[i]); v >= 0 {
			return fmt.Errorf("ln P of token %d in stream %d of %d differs from that of a State",
				v, i, len(s.states))
		}
		if len(old[i]) >= s.m.Vocab() && &old[i][0] != &s.dst[i][0] {
			return fmt.Errorf("dst of stream %d is long enough, but another slice is returned", i)
		}
	}
	return nil
}

// counts lists the numbers of tokens that a stream takes between two predictions.
var counts = []int{1, 1, 1, 1, 1, 0, 2, 3}

// advance pushes tokens to every open stream and sometimes closes one.
func (s *streamsChecker) advance(streams lm.Streams, round int) {
	for i, state := range s.states {
		if s.closed[i] {
			continue
		}
		if round > 3 && s.rng.IntN(60) == 0 {
			streams.Close(i)
			s.closed[i] = true
			continue
		}
		for range counts[s.rng.IntN(len(counts))] {
			tok := lm.Token(s.rng.IntN(s.m.Vocab()))
			if tok == lm.BOS && s.rng.IntN(3) > 0 {
				continue
			}
			streams.Push(i, tok)
			state.Push(tok)
		}
	}
}
