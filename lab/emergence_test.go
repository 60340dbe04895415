package lab

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// plantedRulers returns networks that know a growing share of the questions, and whose likelihood
// follows the given curve.
func plantedRulers(right, likelihood []float64) (best []scalingRun) {
	for i := range right {
		var r scalingRun
		r.sure, r.right = make([]float64, zipfScored), make([]bool, zipfScored)
		for q := range zipfScored {
			r.sure[q] = likelihood[i]
			r.right[q] = float64((q*37)%101)/101 < right[i]
		}
		best = append(best, r)
	}
	return best
}

// The verdict holds if accuracy grows steadily, and not if the likelihood jumps as well.
func TestMirageVerdict(t *testing.T) {
	verdict := func(right, likelihood []float64) Verdict {
		best := plantedRulers(right, likelihood)
		return mirageVerdict(1, best, rulersOf(best, everyQuestion()), exams(best, 1))
	}
	right := []float64{0, 0.2, 0.4, 0.6, 0.8, 1}
	v := verdict(right, []float64{-5, -4, -3, -2, -1, 0})
	require.True(t, v.Held, v.Measures)
	require.InDelta(t, 0.2, v.Measures["likelihood_step"], 1e-9)
	require.Greater(t, v.Measures["exam_step"], 0.7)
	require.False(t, verdict(right, []float64{-5, -5, -5, -5, -5, 0}).Held)
	require.False(t, verdict([]float64{0, 0, 0, 1, 1, 1}, []float64{-5, -5, -5, 0, 0, 0}).Held)
}

// Each row of additions is a right sum, written from the last digit.
func TestAdditions(t *testing.T) {
	number := func(digits []lm.Token) (n int) {
		for i := len(digits) - 1; i >= 0; i-- {
			n = 10*n + int(digits[i]-sumDigit)
		}
		return n
	}
	e := additions(50, 1)
	b := e.unseen(50)
	require.Equal(t, 50*(sumDigits+1), b.N)
	for row := range b.B {
		x, y := b.X[row*b.T:][:b.T], b.Y[row*b.T:][:b.T]
		require.Equal(t, lm.BOS, x[0])
		from := slices.Index(x, sumIs)
		sum := number(x[1:][:sumDigits]) + number(x[sumDigits+2:][:sumDigits])
		require.Equal(t, sum, number(y[from:]))
		require.Equal(t, y[from:len(y)-1], x[from+1:])
	}
	var first corpus.Batch
	e.Batch(&first, 0)
	require.NotEqual(t, b.X, first.X)

	listed := map[string]bool{}
	heart := byHeart(3, 50, 1)
	for _, test := range []corpus.Batch{heart.unseen(50), heart.unseen(20)} {
		for row := range test.B {
			key := string(test.X[row*test.T+1:][:8]) + string(test.Y[row*test.T:][:test.T])
			listed[key] = true
		}
	}
	require.Len(t, listed, 3, "the test asks for what was taught")
}

// The verdict needs a sudden jump, which learning by heart does not show and more of the large
// networks make.
func TestJumpVerdict(t *testing.T) {
	build := func(sum, heart curve, small float64) Verdict {
		var runs []*jumpRun
		for _, size := range jumpSizes {
			c := size.channels
			for f := range 3 {
				s := slices.Clone(sum)
				if c == jumpSizes[0].channels {
					s[len(s)-1].exact = small
				}
				s[1].nats += 0.01 * float64(f)
				runs = append(runs, &jumpRun{channels: c, first: f, curve: s},
					&jumpRun{channels: c, first: f, heart: true, curve: heart})
			}
		}
		return jumpVerdict(1, runs)
	}
	sudden := curve{{1, 1.75, 0}, {2, 1.74, 0}, {3, 1.7, 0}, {4, 0.2, 0.8}, {5, 0, 1}}
	steady := curve{{1, 2.3, 0}, {2, 1.7, 0}, {3, 1.1, 0.01}, {4, 0.5, 0.3}, {5, 0.1, 0.9}}
	v := build(sudden, steady, 0)
	require.True(t, v.Held, v.Measures)
	require.InDelta(t, 0.03, v.Measures["early_sum"], 0.01)
	require.InDelta(t, 1.2/2.3, v.Measures["early_heart"], 1e-9)
	require.InDelta(t, 1.5/1.75, v.Measures["steepest_sum"], 0.01)
	require.False(t, build(steady, steady, 0).Held)
	require.False(t, build(sudden, sudden, 0).Held)
	require.False(t, build(sudden, steady, 1).Held, "size does not matter")
	require.False(t, build(sudden, steady, 0.5).Held, "some end half-way")
}

// A chain is the composition of its facts; training and test never ask the same chain.
func TestKinship(t *testing.T) {
	k := newKinship(5, false)
	c := k.then(k.then(k.ask(3), 1), 2)
	require.Equal(t, k.of[2][k.of[1][3]], k.right(c))
	s := newKinship(5, true)
	require.Equal(t, k.of[1][3], s.right(s.then(s.ask(3), 1)), "single facts stay")
	differ := 0
	for p := range kinPeople {
		c := s.then(s.then(s.ask(p), 0), 1)
		require.Equal(t, s.right(c), s.right(s.then(s.then(s.ask(p), 0), 1)))
		if s.right(c) != s.of[1][s.of[0][p]] {
			differ++
		}
	}
	require.Greater(t, differ, kinPeople/2)

	asked := func(test bool) map[string]bool {
		out := map[string]bool{}
		b := k.questions(3, 1, test, 9).unseen(4000)
		for i, y := range b.Y {
			if at := i % b.T; y >= 0 && at > 2 {
				out[string(b.X[i-at:i+1])] = true
			}
		}
		return out
	}
	taught, held := asked(false), asked(true)
	require.InDelta(t, 1.0/kinHeld, float64(len(held))/float64(len(held)+len(taught)), 0.04)
	for q := range held {
		require.False(t, taught[q])
	}
}

// The verdict requires that deeper networks reach further and that the controls fail.
func TestHopsVerdict(t *testing.T) {
	network := func(layers int, share ...float64) *hopsRun {
		r := &hopsRun{layers: layers}
		for k, s := range share {
			for i := range 100 {
				right := float64(i) < 100*s
				r.marks = append(r.marks, mark{row: i, at: k + 2, right: right})
				r.stepwise = append(r.stepwise, true)
			}
		}
		return r
	}
	good := func() []*hopsRun {
		return []*hopsRun{network(1, 1, .2, .1, .1), network(2, 1, .9, .6, .2),
			network(4, 1, 1, .9, .8), network(4, 1, .06, .06, .06)}
	}
	v := hopsVerdict(1, 4, good())
	require.True(t, v.Held, v.Measures)
	require.Equal(t, 3.0, v.Measures["reach_2"])
	for _, change := range []func(r []*hopsRun){
		func(r []*hopsRun) { r[2] = network(4, 1, .9, .6, .2) },
		func(r []*hopsRun) { r[3] = network(4, 1, .5, .5, .5) },
		func(r []*hopsRun) { clear(r[0].stepwise) },
	} {
		runs := good()
		change(runs)
		require.False(t, hopsVerdict(1, 4, runs).Held)
	}
}

// A text holds every fact as often as it should, and redrawn values cannot be known.
func TestLibrary(t *testing.T) {
	facts := newFacts(100, 3)
	seen := map[[3]lm.Token]bool{}
	for _, f := range facts {
		seen[[3]lm.Token{f.first, f.last, f.attribute}] = true
	}
	require.Len(t, seen, 100)
	l := newLibrary(facts, 10, 3, func(i int) int { return i % 4 })
	count := map[[3]lm.Token]int{}
	var b questions
	for step := range l.steps() {
		l.Batch(&b, step)
		for i := range b.answers {
			count[[3]lm.Token(b.contexts[i*3:][:3])]++
		}
	}
	for i, f := range facts {
		require.Equal(t, i%4, count[[3]lm.Token{f.first, f.last, f.attribute}])
	}
}

// A network that reads facts often knows them, and one that reads another value each time does not.
func TestMemory(t *testing.T) {
	facts := newFacts(60, 3)
	for _, redraw := range []bool{false, true} {
		a, err := newMemory(32, 3)
		require.NoError(t, err)
		l := newLibrary(facts, 30, 3, func(int) int { return 150 })
		l.redraw = redraw
		require.NoError(t, a.read(t.Context(), l, knowledgeRate))
		bits, right := remembered(a.ask(facts))
		if redraw {
			require.Less(t, right, 0.2)
			require.Less(t, bits, 1.0)
		} else {
			require.Greater(t, right, 0.95)
			require.Greater(t, bits, 5.0)
		}
	}
}

// Each condition of the verdict counts.
func TestKnowledgeVerdict(t *testing.T) {
	base := func() map[string]float64 {
		return map[string]float64{
			"read_256": 1, "read_1": .05, "read_0": .02, "sizes": 1.2, "more_low": 1, "redrawn": 0,
			"old": 1, "new": 0, "unchanged": 1,
		}
	}
	require.True(t, knowledgeVerdict(1, base()).Held)
	for name, x := range map[string]float64{
		"read_256": .5, "read_1": .9, "read_0": .3, "sizes": 2, "more_low": -.1, "redrawn": 1,
		"old": .3, "new": .5, "unchanged": .5,
	} {
		m := base()
		m[name] = x
		require.False(t, knowledgeVerdict(1, m).Held, name)
	}
}

// A sample of the committed numbers, measured again: the smallest network and the fewest readings.
func TestSampleOfKnowledge(t *testing.T) {
	data, err := os.ReadFile("../docs/lab/knowledge.json")
	require.NoError(t, err)
	var res Result
	require.NoError(t, json.Unmarshal(data, &res))
	for _, v := range res.Seeds {
		c := capacity{hidden: 16, readings: 10}
		require.NoError(t, c.measure(t.Context(), v.Seed))
		bits, _ := c.perParameter()
		require.InDelta(t, v.Measures["bits_16_10"], bits, 0.02, "processors round differently")
	}
}

// Marks give the probability of each target; a row is solved if all its targets come first.
func TestMarks(t *testing.T) {
	m, err := decoder{layers: 1, channels: 8, heads: 1, vocab: sumVocab, window: sumLength}.new()
	require.NoError(t, err)
	b := additions(5, 1).unseen(5)
	all := marks(m, b)
	require.Len(t, all, b.N)
	nats, _ := solved(all)
	require.InDelta(t, math.Log(sumVocab), nats, 0.5)
	context := b.X[:all[2].at+1]
	next := m.NextLogProbs(make([]float64, sumVocab), context)
	require.InDelta(t, next[b.Y[all[2].at]], all[2].logP, 1e-4)
	_, exact := solved([]mark{{row: 0, right: true}, {row: 0}, {row: 1, right: true}})
	require.Equal(t, 0.5, exact)
}
