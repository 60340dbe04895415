package lab

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

func digits(n ...int) (out []lm.Token) {
	for _, d := range n {
		out = append(out, lm.Token(calcDigit+d))
	}
	return out
}

// TestCalculations checks that calculations follow arithmetic modulo 10, and that a wrong result
// never leads to the right answer.
func TestCalculations(t *testing.T) {
	for _, c := range []struct{ digit, op, want int }{
		{3, calcPlus + 4, 7}, {7, calcPlus + 9, 6}, {6, calcMinus + 2, 4}, {1, calcMinus + 9, 2},
		{4, calcTimes, 4}, {4, calcTimes + 1, 2}, {4, calcTimes + 2, 8}, {4, calcTimes + 3, 6},
	} {
		require.Equal(t, digits(c.want)[0], calculate(digits(c.digit)[0], lm.Token(c.op)))
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for op := calcPlus; op < calcIs; op++ {
		seen := map[lm.Token]bool{}
		for d := range 10 {
			seen[calculate(digits(d)[0], lm.Token(op))] = true
		}
		require.Len(t, seen, 10)
	}
	c := newCalculation(rng, 3)
	for i, result := range c.results {
		before := c.problem[0]
		if i > 0 {
			before = c.results[i-1]
		}
		require.Equal(t, calculate(before, c.problem[i+1]), result)
	}
	for way, between := range map[solution][]lm.Token{
		inSteps: c.results[:2], atOnce: nil, withDots: {calcDots, calcDots},
	} {
		text := way.write(rng, nil, c)
		require.Len(t, text, way.length(3))
		want := slices.Concat(c.problem, between, []lm.Token{c.answer(), calcDone})
		require.Equal(t, want, text, way)
	}
	require.Len(t, offTopic.write(rng, nil, c), offTopic.length(3))
}

// TestWorksheet checks that each text has one way of writing, and that only solutions are targets.
func TestWorksheet(t *testing.T) {
	w := worksheet{2, []solution{inSteps, atOnce}}
	lengths := map[int]bool{}
	for _, doc := range held(50, 3*inSteps.length(2), w.draw, 1) {
		first := slices.Index(doc, calcDone)
		lengths[first+1] = true
		require.Equal(t, lm.Token(calcIs), doc[first+1+3], "the second problem")
		require.Equal(t, lm.Token(calcDone), doc[2*first+1], "in the same way")
	}
	require.Equal(t, map[int]bool{inSteps.length(2): true, atOnce.length(2): true}, lengths)
	doc := make([]lm.Token, atOnce.length(2))
	targets := worksheet{2, []solution{atOnce}}.draw(rand.New(rand.NewPCG(1, 1)), doc)
	require.Equal(t, []bool{false, false, false, false, true, true}, targets)
	for i, q := range w.ask(20, 2, atOnce, 5) {
		require.Equal(t, w.ask(20, 0, inSteps, 5)[i].problem, q.problem, "the same problems")
		require.Len(t, q.context, 2*atOnce.length(2)+len(q.problem))
	}
}

// reckoner is a model that calculates exactly: from the last written digit or, if stubborn, from
// the problem alone.
type reckoner struct{ stubborn bool }

func (reckoner) Vocab() int { return calcVocab }

func (r reckoner) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	is := len(context) - 1
	for context[is] != calcIs {
		is--
	}
	from := is - 1
	for context[from] >= calcPlus {
		from--
	}
	digit, ops, written := context[from], context[from+1:is], context[is+1:]
	next := lm.Token(calcDone)
	if len(written) < len(ops) {
		for i, op := range ops[:len(written)+1] {
			if i > 0 && !r.stubborn {
				digit = written[i-1]
			}
			digit = calculate(digit, op)
		}
		next = digit
	}
	dst = append(dst[:0], make([]float64, calcVocab)...)
	for i := range dst {
		dst[i] = math.Inf(-1)
	}
	dst[next] = 0
	return dst
}

// TestOverwrite checks that a wrong step changes the answers of a model that uses its steps, and
// that the answers of a model that ignores them stay right.
func TestOverwrite(t *testing.T) {
	test := worksheet{4, []solution{inSteps}}.ask(150, 1, inSteps, 3)
	for _, f := range overwrite(reckoner{}, test, 1) {
		require.InDelta(t, 1, f.follows, 1e-9)
		if f.step == 0 {
			require.InDelta(t, 0.1, f.stands, 0.08)
			continue
		}
		require.Zero(t, f.stands, f.step)
	}
	all := overwrite(reckoner{stubborn: true}, test, 1)
	require.Len(t, all, 4)
	for _, f := range all {
		require.InDelta(t, 1, f.stands, 1e-9)
		require.Less(t, f.follows, 0.2)
	}
	solutions := solve(reckoner{}, test, 5, greedily)
	for i, q := range test {
		require.Equal(t, q.results, solutions[i])
	}
	require.NotContains(t, rightOf(test, solutions), 0.0)
	for _, right := range vote(reckoner{}, test[:5], 5, []int{1, 3}, 1) {
		require.Equal(t, []float64{1, 1, 1, 1, 1}, right)
	}
}

// TestMajority checks that the most frequent answer wins, and the earliest among equals.
func TestMajority(t *testing.T) {
	require.Equal(t, digits(2)[0], majority([][]lm.Token{digits(1), digits(3, 2), digits(0, 2)}))
	require.Equal(t, digits(3)[0], majority([][]lm.Token{digits(3), digits(2)}))
	require.Equal(t, lm.BOS, majority([][]lm.Token{nil, nil, digits(1)}))
}

// TestThoughtHeld checks that the verdict depends on each of its conditions.
func TestThoughtHeld(t *testing.T) {
	base := func() map[string]float64 {
		return map[string]float64{
			"right_steps": 1, "low": .85, "right_at_once_1": 1, "follow": 1, "noise": .1,
			"steps": 1, "at_once": .1, "untaught": .1, "vote_low": .1,
		}
	}
	require.True(t, thoughtHeld(base()))
	for name, x := range map[string]float64{
		"right_steps": .5, "low": .3, "right_at_once_1": .5, "follow": .3, "noise": .9,
		"steps": .5, "at_once": .9, "untaught": .9, "vote_low": -.1,
	} {
		m := base()
		m[name] = x
		require.False(t, thoughtHeld(m), name)
	}
}

// TestPosterior compares the posterior with a sum over all mappings from categories to labels.
func TestPosterior(t *testing.T) {
	l := lexicon{categories: 3, words: 2, usual: 0.4, mistakes: 0.3}
	rng := rand.New(rand.NewPCG(2, 2))
	for range 30 {
		var examples []pair
		for range rng.IntN(6) {
			examples = append(examples, l.pair(rng, l.mapping(rng)))
		}
		asked := rng.IntN(3)
		want, total := make([]float64, 3), 0.0
		for code := range 27 {
			labels := []int{code % 3, code / 3 % 3, code / 9}
			p := 0.6 / 27
			if slices.Equal(labels, []int{0, 1, 2}) {
				p += 0.4
			}
			fits := func(label, truth int) float64 {
				if label == truth {
					return 0.7 + 0.1
				}
				return 0.1
			}
			for _, e := range examples {
				p *= fits(e.label, labels[e.category])
			}
			total += p
			for label := range want {
				want[label] += p * fits(label, labels[asked])
			}
		}
		for label, p := range l.posterior(examples, asked) {
			require.InDelta(t, want[label]/total, math.Exp(p), 1e-9)
		}
	}
}

// lastLabel is a reader that repeats the last label.
type lastLabel struct{ lexicon }

func (r lastLabel) read(docs [][]lm.Token, see func(doc, at int, logProbs []float64)) {
	for d, doc := range docs {
		last := r.label(0)
		for at, tok := range doc {
			logProbs := make([]float64, r.vocab())
			logProbs[last] = 1
			see(d, at, logProbs)
			if r.isLabel(tok) {
				last = tok
			}
		}
	}
}

// TestReorder checks that the order of the examples changes nothing for the exact rule, and
// everything for a reader that repeats the last label.
func TestReorder(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, form := range templates {
		r := promptTask.reorder(8, form, rng)
		require.Equal(t, 24, r.orders)
		require.Len(t, r.docs, 24*8)
		d := r.disorder(rule{promptTask})
		require.Equal(t, disorder{worst: 1, mean: d.mean, best: 1}, d)
		require.InDelta(t, 1, d.mean, 1e-9)
		d = r.disorder(lastLabel{promptTask})
		require.InDelta(t, 1, d.changes, 1e-9)
		require.InDelta(t, 0.25, d.mean, 0.3, "more where categories have the same label")
	}
	require.Len(t, permutations(4), 24)
}

// TestQuiz checks that a quiz teaches the labels that it asks for, or random ones, and that the
// exact rule learns from it.
func TestQuiz(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	ask := func(kind labelsOf, shots int) float64 {
		e := promptTask.quiz(300, 8, templates[1], kind, rng)
		right, sum := e.rights(e.answers(rule{promptTask}), shots), 0.0
		for _, x := range right {
			sum += x / 300
		}
		return sum
	}
	require.InDelta(t, 1, ask(usualLabels, 0), 1e-9)
	require.Zero(t, ask(changedLabels, 0))
	require.Greater(t, ask(changedLabels, 8), 0.8)
	require.Less(t, ask(randomLabels, 8), 0.6)
}

// TestPromptHeld checks that the verdict depends on each of its conditions.
func TestPromptHeld(t *testing.T) {
	base := func() map[string]float64 {
		return map[string]float64{
			"small_usual": 1, "large_usual": 1, "gap_low": .5, "large_short": 0,
			"large_untaught": .25, "early_changes": .4, "large_changes": 0,
			"large_never": .3, "large_changed": .9,
		}
	}
	require.True(t, promptHeld(base()))
	for name, x := range map[string]float64{
		"small_usual": .5, "large_usual": .5, "gap_low": -.1, "large_short": .3,
		"large_untaught": .9, "early_changes": 0, "large_changes": .6, "large_never": .9,
	} {
		m := base()
		m[name] = x
		require.False(t, promptHeld(m), name)
	}
}

// TestSampleOfPrompting repeats the committed measurements of the small network.
func TestSampleOfPrompting(t *testing.T) {
	data, err := os.ReadFile("../docs/lab/prompting.json")
	require.NoError(t, err)
	var res Result
	require.NoError(t, json.Unmarshal(data, &res))
	v := res.Seeds[0]
	a, err := learnPrompts(t.Context(), quickEnv(t, t.TempDir()), prompters[0], 800, 500, v.Seed)
	require.NoError(t, err)
	exact := newPromptTests(500, v.Seed).answer("Bayes", rule{promptTask})
	got := promptVerdict(v.Seed, []answered{a, a, a}, exact).Measures
	require.InDelta(t, v.Measures["small_changed"], got["small_changed"], 0.1,
		"processors round differently")
	require.InDelta(t, v.Measures["small_usual"], got["small_usual"], 0.1)
}
