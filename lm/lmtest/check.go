// Package lmtest tests that a model satisfies the contract of package lm, as testing/fstest does
// for file systems.
package lmtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"lmzoo/lm"
)

// Check tests that m satisfies the contract on pseudo-random documents with the given numbers of
// tokens (0, 1, 2 and 17 if none are given). Choose lengths inside and beyond the model's window;
// otherwise half of the test never runs. Log-probabilities may differ by tol, relative if they are
// larger than 1, and probabilities sum to 1 within tol. The promises:
//
//   - after every prefix the probabilities sum to 1; ln 0 = −Inf is a log-probability, NaN is not
//   - Score, the steps of a State, and NextLogProbs of the context agree
//   - an empty context means BOS alone, and a BOS forgets everything before it
//   - a later token never changes an earlier score
//   - a Clone is independent, and NextLogProbs changes no state
//   - dst is used if it is long enough and replaced if not, and tokens are only read
//   - a Masker's prediction does not depend on the tokens that it masks
//   - concurrent calls get the same bits as sequential ones
//
// Check reports only the first failure of each promise, so that one fault does not fill the screen.
func Check(t testing.TB, m lm.Model, tol float64, lengths ...int) {
	t.Helper()
	if m.Vocab() < 1 {
		t.Errorf("Vocab() = %d; want at least one token, BOS", m.Vocab())
		return
	}
	if len(lengths) == 0 {
		lengths = []int{0, 1, 2, 17}
	}
	c := checker{m: m, tol: tol}
	promises := []struct {
		name string
		keep func(doc []lm.Token) error
	}{
		{"probabilities", c.distributions},
		{"agreement", c.agreement},
		{"causality", c.causality},
		{"document boundary", c.boundary},
		{"Clone", c.clone},
		{"dst", c.dst},
		{"tokens are only read", c.readOnly},
		{"masking", c.masking},
	}
	broken := false
	for _, p := range promises {
		if err := c.each(lengths, p.keep); err != nil {
			t.Errorf("%s: %v", p.name, err)
			broken = true
		}
	}
	if broken {
		return // a model that fails alone also fails concurrently, with a less useful message
	}
	if err := c.each(lengths, c.concurrency); err != nil {
		t.Errorf("concurrency: %v", err)
	}
}

type checker struct {
	m   lm.Model
	tol float64
}

// each tests a promise on one document per length. A panic is a failure.
func (c checker) each(lengths []int, keep func(doc []lm.Token) error) (err error) {
	n := 0
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a document of %d tokens: the model panics: %v", n, r)
		}
	}()
	for _, n = range lengths {
		doc := c.document(n)
		if err := keep(doc); err != nil {
			return fmt.Errorf("a document of %d tokens: %w", n, err)
		}
	}
	return nil
}

// document draws n tokens, without BOS if there is any other token. About half of the tokens are
// drawn from the model, so that a model of counts meets contexts that it has seen; the rest are
// uniform, so that it also meets others.
func (c checker) document(n int) []lm.Token {
	rng := rand.New(rand.NewPCG(uint64(n), 1948))
	doc := make([]lm.Token, n)
	state, probs := lm.Start(c.m), []float64(nil)
	for i := range doc {
		if v := c.m.Vocab(); v > 1 {
			doc[i] = 1 + lm.Token(rng.IntN(v-1))
		}
		if rng.IntN(2) == 0 {
			probs = state.NextLogProbs(probs)
			u := rng.Float64()
			for v, p := range probs {
				if u -= math.Exp(p); u < 0 && (v > 0 || c.m.Vocab() == 1) {
					doc[i] = lm.Token(v)
					break
				}
			}
		}
		state.Push(doc[i])
	}
	return doc
}

// distributions tests that the probabilities sum to 1 after every prefix, for the context and for
// the State.
func (c checker) distributions(doc []lm.Token) error {
	state := lm.Start(c.m)
	for i := 0; i <= len(doc); i++ {
		if err := c.distribution(c.m.NextLogProbs(nil, doc[:i])); err != nil {
			return fmt.Errorf("NextLogProbs after %d tokens: %w", i, err)
		}
		if err := c.distribution(state.NextLogProbs(nil)); err != nil {
			return fmt.Errorf("the State's NextLogProbs after %d tokens: %w", i, err)
		}
		if i < len(doc) {
			state.Push(doc[i])
		}
	}
	return nil
}

func (c checker) distribution(logProbs []float64) error {
	if len(logProbs) < c.m.Vocab() {
		return fmt.Errorf("%d values for %d tokens", len(logProbs), c.m.Vocab())
	}
	sum := 0.0
	for v, p := range logProbs[:c.m.Vocab()] {
		if math.IsNaN(p) || p > c.tol {
			return fmt.Errorf("ln P of token %d is %v; want at most 0", v, p)
		}
		sum += math.Exp(p)
	}
	if math.Abs(sum-1) > c.tol {
		return fmt.Errorf("probabilities sum to %.12g, off by more than %g", sum, c.tol)
	}
	return nil
}

// agreement tests that Score, the State and NextLogProbs agree, after every prefix and for every
// token.
func (c checker) agreement(doc []lm.Token) error {
	score := lm.Score(c.m, doc)
	if len(score) != len(doc) {
		return fmt.Errorf("its Score gives %d values for %d tokens", len(score), len(doc))
	}
	state := lm.Start(c.m)
	for i := 0; i <= len(doc); i++ {
		byContext, byState := c.m.NextLogProbs(nil, doc[:i]), state.NextLogProbs(nil)
		if v := c.differ(byContext, byState); v >= 0 {
			return fmt.Errorf(
				"ln P of token %d after %d tokens is %v by the context and %v by the "+
					"State", v, i, byContext[v], byState[v])
		}
		if v := c.differ(byState, state.NextLogProbs(nil)); v >= 0 {
			return fmt.Errorf(
				"ln P of token %d after %d tokens changes when the State is called twice", v, i)
		}
		if i == len(doc) {
			break
		}
		if !c.equal(score[i], byState[doc[i]]) {
			return fmt.Errorf("ln P of tokens[%d] is %v by Score and %v by the State",
				i, score[i], byState[doc[i]])
		}
		state.Push(doc[i])
	}
	return nil
}

// causality tests that a later token does not change an earlier score.
func (c checker) causality(doc []lm.Token) error {
	whole := lm.Score(c.m, doc)
	for _, cut := range cuts(len(doc)) {
		if i := c.differ(lm.Score(c.m, doc[:cut]), whole[:cut]); i >= 0 {
			return fmt.Errorf(
				"its Score of tokens[%d] depends on whether more than %d tokens follow", i, cut-i-1)
		}
		other := slices.Clone(doc)
		for i := cut; i < len(other); i++ {
			other[i] = c.another(other[i])
		}
		if i := c.differ(lm.Score(c.m, other)[:cut], whole[:cut]); i >= 0 {
			return fmt.Errorf("its Score of tokens[%d] depends on tokens[%d:], which come later",
				i, cut)
		}
	}
	return nil
}

// boundary tests that an empty context means BOS alone and that a new document begins after a BOS,
// in all three methods.
func (c checker) boundary(doc []lm.Token) error {
	fresh := lm.Start(c.m).NextLogProbs(nil)
	for _, context := range [][]lm.Token{{}, {lm.BOS}, {lm.BOS, lm.BOS},
		append(slices.Clone(doc), lm.BOS)} {
		if v := c.differ(c.m.NextLogProbs(nil, context), fresh); v >= 0 {
			return fmt.Errorf(
				"ln P of token %d after a context that ends with BOS, %d tokens "+
					"long, is not that of a new document", v, len(context))
		}
	}
	state := lm.Start(c.m)
	for _, t := range doc {
		state.Push(t)
	}
	state.Push(lm.BOS)
	for i, t := range doc {
		if v := c.differ(c.m.NextLogProbs(nil, doc[:i]), state.NextLogProbs(nil)); v >= 0 {
			return fmt.Errorf(
				"ln P of token %d, %d tokens after a BOS was pushed, is not that of "+
					"a new document", v, i)
		}
		state.Push(t)
	}
	twice := slices.Concat(doc, []lm.Token{lm.BOS}, doc)
	if v := c.differ(c.m.NextLogProbs(nil, twice), c.m.NextLogProbs(nil, doc)); v >= 0 {
		return fmt.Errorf("ln P of token %d depends on tokens before the last BOS of the context",
			v)
	}
	once, both := lm.Score(c.m, append(slices.Clone(doc), lm.BOS)), lm.Score(c.m, twice)
	if i := c.differ(both[:len(once)], once); i >= 0 {
		return fmt.Errorf("its Score of tokens[%d] depends on the document after it", i)
	}
	if i := c.differ(both[len(once):], once[:len(doc)]); i >= 0 {
		return fmt.Errorf("its Score of tokens[%d] after a BOS depends on the document before it",
			i)
	}
	return nil
}

// clone tests that a copy is independent of its original, and that two new States are independent.
func (c checker) clone(doc []lm.Token) error {
	for _, cut := range cuts(len(doc)) {
		original, bystander := lm.Start(c.m), lm.Start(c.m)
		for _, t := range doc[:cut] {
			original.Push(t)
		}
		copied := original.Clone()
		byOriginal, byCopy := slices.Clone(doc[:cut]), slices.Clone(doc[:cut])
		for i := range 3 { // push to both alternately, so that shared memory is overwritten
			next := lm.Token(0)
			if v := c.m.Vocab(); v > 1 {
				next = 1 + lm.Token((cut+i)%(v-1))
			}
			original.Push(next)
			copied.Push(c.another(next))
			byOriginal, byCopy = append(byOriginal, next), append(byCopy, c.another(next))
		}
		fromOriginal, fromCopy := original.NextLogProbs(nil), copied.NextLogProbs(nil)
		if v := c.differ(fromCopy, c.m.NextLogProbs(nil, byCopy)); v >= 0 {
			return fmt.Errorf(
				"ln P of token %d by a Clone after %d tokens was changed by a Push "+
					"to the original", v, cut)
		}
		if v := c.differ(fromOriginal, c.m.NextLogProbs(nil, byOriginal)); v >= 0 {
			return fmt.Errorf(
				"ln P of token %d by a State after %d tokens was changed by a Push "+
					"to its Clone", v, cut)
		}
		if v := c.differ(bystander.NextLogProbs(nil), c.m.NextLogProbs(nil, nil)); v >= 0 {
			return fmt.Errorf("ln P of token %d by a fresh State was changed by a Push to another",
				v)
		}
	}
	return nil
}

// dst tests that a slice that is long enough is filled and returned, whatever it contains, and that
// a short slice is replaced.
func (c checker) dst(doc []lm.Token) error {
	state := lm.Start(c.m)
	for _, t := range doc {
		state.Push(t)
	}
	want := c.m.NextLogProbs(nil, doc)
	ways := []struct {
		name string
		ask  func(dst []float64) []float64
	}{
		{"NextLogProbs", func(dst []float64) []float64 { return c.m.NextLogProbs(dst, doc) }},
		{"the State's NextLogProbs", state.NextLogProbs},
	}
	for _, way := range ways {
		for _, n := range []int{0, c.m.Vocab() - 1, c.m.Vocab(), c.m.Vocab() + 3} {
			given := dirty(n)
			got := way.ask(given)
			if v := c.differ(want, got); v >= 0 {
				return fmt.Errorf("%s with a dst of %d for %d tokens: value %d is wrong",
					way.name, n, c.m.Vocab(), v)
			}
			if n >= c.m.Vocab() && &got[0] != &given[0] {
				return fmt.Errorf("%s with a dst of %d for %d tokens: another slice is returned",
					way.name, n, c.m.Vocab())
			}
		}
	}
	if s, ok := c.m.(lm.Scorer); ok && len(doc) > 0 {
		want := lm.Score(c.m, doc)
		for _, n := range []int{len(doc), len(doc) + 3} {
			given := dirty(n)
			got := s.Score(given, doc)
			if len(got) != len(doc) || &got[0] != &given[0] || c.differ(got, want) >= 0 {
				return fmt.Errorf("its Score with a dst of %d; want the scores in dst[:%d]",
					n, len(doc))
			}
		}
	}
	return nil
}

// readOnly tests that a model neither changes nor keeps the tokens, which belong to the caller.
func (c checker) readOnly(doc []lm.Token) error {
	given := append(slices.Clone(doc), 0, 0, 0)[:len(doc)] // room for a careless append
	before := slices.Clone(given[:cap(given)])
	lm.Score(c.m, given)
	c.m.NextLogProbs(nil, given)
	if !slices.Equal(before, given[:cap(given)]) {
		return fmt.Errorf("the model changes the tokens that it is given")
	}
	return nil
}

// concurrency tests that a Model is safe for concurrent use. Run it under the race detector too.
func (c checker) concurrency(doc []lm.Token) error {
	prefix := lm.Start(c.m)
	for _, t := range doc[:len(doc)/2] {
		prefix.Push(t)
	}
	ask := func(state lm.State) []float64 {
		answers := slices.Clone(lm.Score(c.m, doc))
		for _, t := range doc[len(doc)/2:] {
			answers = append(answers, state.NextLogProbs(nil)...)
			state.Push(t)
		}
		answers = append(answers, c.m.NextLogProbs(nil, doc)...)
		return append(answers, state.NextLogProbs(nil)...)
	}
	want := ask(prefix.Clone())
	got := make([][]float64, 4)
	failed := make([]any, len(got))
	var wg sync.WaitGroup
	for g := range got {
		state := prefix.Clone()
		wg.Go(func() {
			defer func() { failed[g] = recover() }()
			got[g] = ask(state)
		})
	}
	wg.Wait()
	for g := range got {
		if failed[g] != nil {
			return fmt.Errorf("the model panics beside other goroutines: %v", failed[g])
		}
		if !slices.EqualFunc(got[g], want,
			func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
			return fmt.Errorf("concurrent goroutines get other bits than one alone")
		}
	}
	return nil
}

// another returns a token other than t if there is one, and other than BOS if there are two.
func (c checker) another(t lm.Token) lm.Token {
	if c.m.Vocab() < 3 {
		return lm.BOS
	}
	return 1 + t%lm.Token(c.m.Vocab()-1)
}

// differ returns the first index at which a and b differ, or −1.
func (c checker) differ(a, b []float64) int {
	for i := range a {
		if i >= len(b) || !c.equal(a[i], b[i]) {
			return i
		}
	}
	return -1
}

func (c checker) equal(a, b float64) bool {
	return a == b || math.Abs(a-b) <= c.tol*max(1, math.Abs(a)) && !math.IsInf(a, 0)
}

// cuts returns the positions at which to cut a document of n tokens: all positions of a short
// document, a sample of those of a long one.
func cuts(n int) []int {
	var at []int
	for i := 0; i <= n; i += max(1, n/8) {
		at = append(at, i)
	}
	return at
}

// dirty returns n values that are not log-probabilities.
func dirty(n int) []float64 {
	dst := make([]float64, n)
	for i := range dst {
		dst[i] = 1234.5
	}
	return dst
}
