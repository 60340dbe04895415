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

// CheckFiller tests that f satisfies the contract of lm.Filler on pseudo-random documents with the
// given numbers of tokens (0, 1, 2 and 17 if none are given). Choose lengths inside and beyond the
// model's window. Log-probabilities may differ by tol, relative if they are larger than 1, and
// probabilities sum to 1 within tol. The promises:
//
//   - at every position the probabilities sum to 1; ln 0 = −Inf is a log-probability, NaN is not
//   - they do not depend on the token at that position, nor on another document
//   - asking again, or from several goroutines, gives the same bits
//   - FillScore is FillLogProbs of each position
//   - dst is used when it is long enough, made when it is not, and tokens are only read
func CheckFiller(t testing.TB, f lm.Filler, tol float64, lengths ...int) {
	t.Helper()
	if f.Vocab() < 1 {
		t.Errorf("Vocab() = %d; want at least one token, BOS", f.Vocab())
		return
	}
	if len(lengths) == 0 {
		lengths = []int{0, 1, 2, 17}
	}
	c, broken := fillChecker{f: f, tol: tol}, false
	for _, p := range []struct {
		name string
		keep func(doc []lm.Token, i int) error
	}{
		{"probabilities", c.distribution},
		{"the token at i", c.blind},
		{"document boundary", c.boundary},
		{"dst", c.dst},
		{"tokens are only read", c.readOnly},
		{"FillScore", c.score},
	} {
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

type fillChecker struct {
	f   lm.Filler
	tol float64
}

// each tests a promise at some positions of one document per length; a panic is a failure.
func (c fillChecker) each(lengths []int, keep func(doc []lm.Token, i int) error) (err error) {
	n, i := 0, 0
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("position %d of %d tokens: the model panics: %v", i, n, r)
		}
	}()
	for _, n = range lengths {
		if got := lm.FillScore(c.f, nil, 0, 0); len(got) > 0 {
			return fmt.Errorf("FillScore of no tokens gives %d values; want none", len(got))
		}
		doc := c.document(n)
		for i = 0; i < n; i += max(1, (n-1)/6) { // the first, the last, and some positions between
			if err := keep(doc, i); err != nil {
				return fmt.Errorf("position %d of %d tokens: %w", i, n, err)
			}
		}
	}
	return nil
}

// document draws n tokens, without BOS if there is any other token.
func (c fillChecker) document(n int) []lm.Token {
	rng := rand.New(rand.NewPCG(uint64(n), 1953))
	doc := make([]lm.Token, n)
	for i := range doc {
		if v := c.f.Vocab(); v > 1 {
			doc[i] = 1 + lm.Token(rng.IntN(v-1))
		}
	}
	return doc
}

func (c fillChecker) distribution(doc []lm.Token, i int) error {
	logProbs := c.f.FillLogProbs(nil, doc, i)
	if len(logProbs) < c.f.Vocab() {
		return fmt.Errorf("%d values for %d tokens", len(logProbs), c.f.Vocab())
	}
	sum := 0.0
	for v, p := range logProbs[:c.f.Vocab()] {
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

// blind tests that the prediction does not depend on the token to predict.
func (c fillChecker) blind(doc []lm.Token, i int) error {
	want := c.f.FillLogProbs(nil, doc, i)
	if !slices.Equal(want, c.f.FillLogProbs(nil, doc, i)) {
		return fmt.Errorf("a second call gives another result")
	}
	other := slices.Clone(doc)
	for _, tok := range []lm.Token{lm.BOS, lm.Token(c.f.Vocab() - 1), lm.Token(c.f.Vocab() / 2)} {
		other[i] = tok
		if v := c.differ(want, c.f.FillLogProbs(nil, other, i)); v >= 0 {
			return fmt.Errorf("ln P of token %d depends on the token to predict", v)
		}
	}
	return nil
}

// concurrency tests that a Filler is safe for concurrent use. Run it under the race detector too.
func (c fillChecker) concurrency(doc []lm.Token, i int) error {
	want := c.f.FillLogProbs(nil, doc, i)
	got := make([][]float64, 4)
	failed := make([]any, len(got))
	var wg sync.WaitGroup
	for g := range got {
		wg.Go(func() {
			defer func() { failed[g] = recover() }()
			got[g] = c.f.FillLogProbs(nil, doc, i)
		})
	}
	wg.Wait()
	for g := range got {
		if failed[g] != nil {
			return fmt.Errorf("the model panics beside other goroutines: %v", failed[g])
		}
		if !slices.Equal(want, got[g]) {
			return fmt.Errorf("concurrent goroutines get other bits than one alone")
		}
	}
	return nil
}

// boundary tests that a preceding or following document has no effect.
func (c fillChecker) boundary(doc []lm.Token, i int) error {
	closed := append(slices.Clone(doc), lm.BOS)
	want := c.f.FillLogProbs(nil, closed, i)
	for _, other := range [][]lm.Token{{}, {lm.Token(c.f.Vocab() - 1)}, doc} {
		before := slices.Concat(other, []lm.Token{lm.BOS}, closed)
		if v := c.differ(want, c.f.FillLogProbs(nil, before, len(other)+1+i)); v >= 0 {
			return fmt.Errorf("ln P of token %d depends on the document before it", v)
		}
		after := slices.Concat(closed, other)
		if v := c.differ(want, c.f.FillLogProbs(nil, after, i)); v >= 0 {
			return fmt.Errorf("ln P of token %d depends on the document after it", v)
		}
	}
	return nil
}

// dst tests that a slice that is long enough is filled and returned, and that a short slice is
// replaced.
func (c fillChecker) dst(doc []lm.Token, i int) error {
	want := c.f.FillLogProbs(nil, doc, i)
	for _, n := range []int{0, c.f.Vocab() - 1, c.f.Vocab(), c.f.Vocab() + 3} {
		given := dirty(n)
		got := c.f.FillLogProbs(given, doc, i)
		if v := c.differ(want, got); v >= 0 {
			return fmt.Errorf("with a dst of %d for %d tokens, value %d is wrong",
				n, c.f.Vocab(), v)
		}
		if n >= c.f.Vocab() && &got[0] != &given[0] {
			return fmt.Errorf("with a dst of %d for %d tokens, another slice is returned",
				n, c.f.Vocab())
		}
	}
	return nil
}

func (c fillChecker) readOnly(doc []lm.Token, i int) error {
	given := append(slices.Clone(doc), 0, 0, 0)[:len(doc)] // room for a careless append
	before := slices.Clone(given[:cap(given)])
	c.f.FillLogProbs(nil, given, i)
	lm.FillScore(c.f, given, 0, len(given))
	if !slices.Equal(before, given[:cap(given)]) {
		return fmt.Errorf("the model changes the tokens that it is given")
	}
	return nil
}

// score tests that FillScore agrees with FillLogProbs, for the whole document and for a part. It
// runs only once, at the first position.
func (c fillChecker) score(doc []lm.Token, i int) error {
	s, ok := c.f.(lm.FillScorer)
	if !ok || i > 0 {
		return nil
	}
	parts := [][3]int{{0, len(doc), 0}, {0, len(doc), 3}, {len(doc) / 2, len(doc), 1}}
	for _, part := range parts {
		from, to, spare := part[0], part[1], part[2]
		given := dirty(to - from + spare)
		got := s.FillScore(given, doc, from, to)
		if len(got) != to-from || &got[0] != &given[0] {
			return fmt.Errorf("with a dst of %d; want the scores in dst[:%d]", len(given), to-from)
		}
		for j := from; j < to; j++ {
			want := c.f.FillLogProbs(nil, doc, j)[doc[j]]
			if !c.equal(want, got[j-from]) {
				return fmt.Errorf("ln P of tokens[%d] is %v, but %v by FillLogProbs",
					j, got[j-from], want)
			}
		}
	}
	return nil
}

func (c fillChecker) equal(a, b float64) bool { return checker{tol: c.tol}.equal(a, b) }

func (c fillChecker) differ(a, b []float64) int { return checker{tol: c.tol}.differ(a, b) }
