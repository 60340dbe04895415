package lmtest_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// toy is a model of the last two tokens that satisfies every promise except the one named by
// broken.
type toy struct {
	v      int
	broken string
	calls  atomic.Int64
	one    toyState
}

func newToy(v int, broken string) *toy { return &toy{v: v, broken: broken} }

func (m *toy) Vocab() int { return m.v }

func (m *toy) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	switch m.broken {
	case "context writes":
		if len(context) > 0 {
			defer func() { context[len(context)-1] = 1 }()
		}
	case "context appends":
		_ = append(context, 1)
	case "dst kept":
		return m.predict(nil, lm.SinceBOS(context), "context")
	case "dst short panics":
		dst = dst[:m.v]
	case "BOS at the end only":
		if len(context) > 0 && context[len(context)-1] == lm.BOS {
			context = nil
		}
		return m.predict(dst, context, "context")
	}
	return m.predict(dst, lm.SinceBOS(context), "context")
}

// predict is P(v | a, b) ∝ exp(cos(v + 2a + 3b)), and 0 for every seventh token.
func (m *toy) predict(dst []float64, seen []lm.Token, by string) []float64 {
	if len(dst) < m.v {
		dst = make([]float64, m.v)
	}
	a, b := lm.Token(-1), lm.Token(-1)
	if n := len(seen); n > 0 {
		a = seen[n-1]
		if n > 1 {
			b = seen[n-2]
		}
	}
	if m.broken == "far context" && by == "context" && len(seen) > 12 {
		b++
	}
	if m.broken == "state" && by == "state" {
		a++
	}
	if m.broken == "shares scratch" {
		if m.calls.Add(1) > 1 {
			a++ // scratch memory that another goroutine has used
		}
		runtime.Gosched()
		defer m.calls.Add(-1)
	}
	if m.broken == "counts its calls" {
		a += lm.Token(m.calls.Add(1)) / 100
	}
	sum := 0.0
	for v := range m.v {
		if m.broken == "adds to dst" {
			dst[v] += math.Cos(float64(lm.Token(v) + 2*a + 3*b))
		} else {
			dst[v] = math.Cos(float64(lm.Token(v) + 2*a + 3*b))
		}
		if m.broken == "forgets a value" && v == m.v-1 && len(seen) > 0 {
			dst[v] = math.NaN()
		}
		if v%7 == 6 {
			dst[v] = math.Inf(-1)
		}
		sum += math.Exp(dst[v])
	}
	if m.broken == "sum" && len(seen) == 2 {
		sum *= 1.001
	}
	for v := range m.v {
		dst[v] -= math.Log(sum)
	}
	return dst
}

func (m *toy) Score(dst []float64, tokens []lm.Token) []float64 {
	for i, t := range tokens {
		seen := tokens[:i]
		switch {
		case m.broken == "Score peeks" && i+1 < len(tokens):
			seen = tokens[:i+1]
		case m.broken == "Score peeks from afar" && i < 3 && len(tokens) > 12:
			seen = tokens[9:11]
		}
		if m.broken != "Score crosses BOS" {
			seen = lm.SinceBOS(seen)
		}
		dst[i] = m.predict(nil, seen, "score")[t]
	}
	if m.broken == "Score returns all of dst" {
		return dst
	}
	return dst[:len(tokens)]
}

func (m *toy) Start() lm.State {
	if m.broken == "Start is always the same" {
		m.one.m, m.one.seen = m, m.one.seen[:0]
		return &m.one
	}
	return &toyState{m: m, seen: make([]lm.Token, 0, 64)}
}

type toyState struct {
	m    *toy
	seen []lm.Token
}

func (s *toyState) NextLogProbs(dst []float64) []float64 {
	dst = s.m.predict(dst, s.seen, "state")
	if s.m.broken == "asking changes" {
		s.seen = append(s.seen, 1)
	}
	return dst
}

func (s *toyState) Push(t lm.Token) {
	if t == lm.BOS && s.m.broken != "Push(BOS) remembers" {
		s.seen = s.seen[:0]
		return
	}
	s.seen = append(s.seen, t)
}

func (s *toyState) Clone() lm.State {
	if s.m.broken == "Clone shares" {
		return &toyState{m: s.m, seen: s.seen}
	}
	if s.m.broken == "Clone is the original" {
		return s
	}
	return &toyState{m: s.m, seen: append(make([]lm.Token, 0, 64), s.seen...)}
}

// witness is a testing.TB that records failures.
type witness struct {
	testing.TB
	said []string
}

func (w *witness) Helper() {}
func (w *witness) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

// print prints the first failure.
func (w *witness) print() { fmt.Println(w.said[0]) }

func TestCheckPasses(t *testing.T) {
	lengths := []int{0, 1, 2, 3, 20}
	for _, v := range []int{1, 2, 3, 20} {
		lmtest.Check(t, newToy(v, ""), 1e-12, lengths...)
		lmtest.Check(t, onlyModel{newToy(v, "")}, 1e-12, lengths...)
		lmtest.Check(t, lm.Uniform(v), 1e-12, lengths...)
	}
	lmtest.Check(t, newToy(5, ""), 1e-12)
}

// onlyModel hides the fast paths.
type onlyModel struct{ lm.Model }

// TestCheckFails: Check detects models that break one promise each.
func TestCheckFails(t *testing.T) {
	for _, c := range []struct{ broken, says string }{
		{"sum", "probabilities sum to 0.999"},
		{"forgets a value", "NaN"},
		{"state", "by the context and"},
		{"far context", "by the context and"},
		{"asking changes", "called twice"},
		{"counts its calls", "called twice"},
		{"Score peeks", "by Score and"},
		{"Score peeks from afar", "causality"},
		{"Score crosses BOS", "after a BOS depends on the document before it"},
		{"Score returns all of dst", "dst"},
		{"BOS at the end only", "depends on tokens before the last BOS"},
		{"Push(BOS) remembers", "after a BOS was pushed"},
		{"Clone shares", "Clone"},
		{"Clone is the original", "Clone"},
		{"Start is always the same", "fresh State"},
		{"dst kept", "another slice is returned"},
		{"dst short panics", "the model panics"},
		{"adds to dst", "dst"},
		{"shares scratch", "concurrency"},
		{"context writes", "only read"},
		{"context appends", "only read"},
	} {
		t.Run(c.broken, func(t *testing.T) {
			w := &witness{TB: t}
			lmtest.Check(w, newToy(10, c.broken), 1e-9, 0, 1, 2, 3, 20)
			require.NotEmpty(t, w.said, "the broken promise was not noticed")
			require.Contains(t, strings.Join(w.said, "\n"), c.says)
		})
	}
	w := &witness{TB: t}
	lmtest.Check(w, lm.Uniform(0), 1e-9)
	require.Len(t, w.said, 1)
}

// TestSteps: Steps detects a fault at a position where a model cuts a text.
func TestSteps(t *testing.T) {
	text := []lm.Token{1, 2, 3, 0, 4, 5, 6, 1, 2, 3, 4, 5, 0, 1, 2, 3}
	require.NoError(t, lmtest.Steps(newToy(10, ""), text, 1e-12))
	for _, broken := range []string{"Score peeks from afar", "Score crosses BOS", "state"} {
		require.ErrorContains(t, lmtest.Steps(newToy(10, broken), text, 1e-9), "by Score and",
			broken)
	}
}

// TestLengthsMatter: only documents that are longer than the window show a fault beyond it.
func TestLengthsMatter(t *testing.T) {
	w := &witness{TB: t}
	lmtest.Check(w, newToy(10, "far context"), 1e-9, 0, 1, 2, 9)
	require.Empty(t, w.said)
	lmtest.Check(w, newToy(10, "far context"), 1e-9, 13)
	require.NotEmpty(t, w.said)
}
