package task

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// fixed gives the class of the text nearly all of the probability.
type fixed struct{ classes []string }

func (f fixed) Classes() []string { return f.classes }
func (f fixed) LogProbs(dst []float64, e Example) []float64 {
	dst = grow(dst, len(f.classes))
	for c, name := range f.classes {
		dst[c] = math.Log(.1)
		if name == e.Text {
			dst[c] = math.Log(1 - .1*float64(len(f.classes)-1))
		}
	}
	return dst
}

// TestScore checks a score computed by hand: 3 of a are correct, 1 of a is classified as b, 2 of b
// are correct, 2 of b are classified as c, and there is none of c.
func TestScore(t *testing.T) {
	var examples []Example
	for _, pair := range []string{"aa", "aa", "aa", "ab", "bb", "bb", "bc", "bc"} {
		examples = append(examples, Example{Label: pair[:1], Text: pair[1:]})
	}
	s, err := NewSet(examples)
	require.NoError(t, err)
	score, err := Evaluate(fixed{[]string{"a", "b", "c"}}, s, 1)
	require.NoError(t, err)
	require.Equal(t, [][]int{{3, 1, 0}, {0, 2, 2}, {0, 0, 0}}, score.Confusion)
	require.Equal(t, 5./8, score.Accuracy)
	require.InDelta(t, (2*3./7+2*2./7+0)/3, score.MacroF1, 1e-12)
	require.InDelta(t, -(5*math.Log(.8)+3*math.Log(.1))/8, score.NatsPerExample(), 1e-12)
	require.Less(t, score.AccuracyLow, score.Accuracy)
	require.Greater(t, score.AccuracyHigh, score.Accuracy)
	require.Less(t, score.MacroF1Low, score.MacroF1)

	more, err := Evaluate(fixed{[]string{"a", "b", "c", "unseen"}}, s, 1)
	require.NoError(t, err)
	require.InDelta(t, score.MacroF1, more.MacroF1, 1e-12, "a class that does not occur")

	_, err = Evaluate(fixed{[]string{"a", "c"}}, s, 1)
	require.ErrorContains(t, err, `evaluating: example 5: unknown label "b"; the task was `+
		`learned with a, c`)
	_, err = Evaluate(fixed{[]string{"a", "c"}}, &Set{}, 1)
	require.ErrorContains(t, err, "no examples")
	_, err = Evaluate(broken{fixed{[]string{"a", "b"}}}, s, 1)
	require.ErrorContains(t, err, "NaN")
}

type broken struct{ fixed }

func (b broken) LogProbs([]float64, Example) []float64 { return []float64{math.NaN(), 0} }

// The interval of the accuracy is close to that of the binomial distribution.
func TestIntervalIsBinomial(t *testing.T) {
	s := examplesOf(t, 400)
	m, err := TrainMajority(s)
	require.NoError(t, err)
	score, err := Evaluate(m, s, 1)
	require.NoError(t, err)
	require.Equal(t, .75, score.Accuracy)
	half := 1.96 * math.Sqrt(.75*.25/400)
	require.InDelta(t, .75-half, score.AccuracyLow, .01)
	require.InDelta(t, .75+half, score.AccuracyHigh, .01)
}

func TestPaired(t *testing.T) {
	make := func(right func(i int) bool) *Score {
		s := &Score{Classes: []string{"a", "b"}}
		for i := range 1000 {
			s.Labels = append(s.Labels, i%2)
			p := i % 2
			if !right(i) {
				p = 1 - p
			}
			s.Predictions = append(s.Predictions, p)
		}
		return s
	}
	a, b := make(func(i int) bool { return i%10 > 0 }), make(func(i int) bool { return i%10 > 1 })
	d, err := Paired(a, b, 1) // b is wrong where a is wrong, and on 100 other examples
	require.NoError(t, err)
	require.InDelta(t, .1, d.Delta, 1e-12)
	require.Equal(t, []int{100, 0}, []int{d.OnlyFirst, d.OnlyOther})
	half := 1.96 * math.Sqrt(.1*.9/1000)
	require.InDelta(t, .1-half, d.Low, .005)
	require.InDelta(t, .1+half, d.High, .005)
	require.False(t, d.Tie)
	d, err = Paired(a, make(func(i int) bool { return i%10 < 9 }),
		1) // the same number of errors, on other examples
	require.NoError(t, err)
	require.Zero(t, d.Delta)
	require.True(t, d.Tie)
	d, err = Paired(a, a, 1)
	require.NoError(t, err)
	require.Equal(t, Difference{Tie: true}, d)
	_, err = Paired(a, &Score{Classes: a.Classes}, 1)
	require.ErrorContains(t, err, "different examples (1000 and 0)")
}
