package task

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
)

// examplesOf returns n examples, of which every fourth has the class rare.
func examplesOf(t *testing.T, n int) *Set {
	var examples []Example
	for i := range n {
		label := "common"
		if i%4 == 0 {
			label = "rare"
		}
		examples = append(examples, Example{Text: fmt.Sprintf("text %d", i), Label: label})
	}
	s, err := NewSet(examples)
	require.NoError(t, err)
	return s
}

func TestDraw(t *testing.T) {
	s := examplesOf(t, 400)
	small, err := s.Draw(20, 1)
	require.NoError(t, err)
	require.Equal(t, []int{15, 5}, small.counts())
	large, err := s.Draw(50, 1)
	require.NoError(t, err)
	require.Equal(t, small.Examples, large.Examples[:20], "draws of one seed are nested")
	other, err := s.Draw(20, 2)
	require.NoError(t, err)
	require.NotEqual(t, small.Examples, other.Examples)
	two, err := s.Draw(2, 1)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, two.counts())
	texts := map[string]bool{}
	for _, e := range large.Examples {
		texts[e.Text] = true
	}
	require.Len(t, texts, 50, "without replacement")
	for _, n := range []int{-1, 0, 1, 401} {
		_, err = s.Draw(n, 1)
		require.ErrorContains(t, err, "want at least one for each of 2 classes")
	}
}

// A class with one example among thousands is drawn, however small its share.
func TestDrawHasEveryClass(t *testing.T) {
	s := examplesOf(t, 100)
	s.Examples = append(s.Examples, Example{Text: "x", Label: "single"})
	s.Classes = append(s.Classes, "single")
	for n := 3; n < 40; n++ {
		drawn, err := s.Draw(n, 3)
		require.NoError(t, err)
		require.NotContains(t, drawn.counts(), 0, n)
	}
}

func TestSplit(t *testing.T) {
	train, dev, test := examplesOf(t, 400).Split(corpus.Ratio{Train: 80, Valid: 10, Test: 10}, 1)
	require.Equal(t, []int{240, 80}, train.counts())
	require.Equal(t, []int{30, 10}, dev.counts())
	require.Equal(t, []int{30, 10}, test.counts())
	all := slices.Concat(train.Examples, dev.Examples, test.Examples)
	slices.SortFunc(all, func(a, b Example) int { return strings.Compare(a.Text, b.Text) })
	require.Len(t, slices.CompactFunc(all, func(a, b Example) bool { return a.Text == b.Text }),
		400)
}

func TestSetErrors(t *testing.T) {
	for want, examples := range map[string][]Example{
		"example 1: the label is empty":                         {{Text: "a"}},
		`example 1: label " b" begins or ends with white space`: {{Text: "a", Label: " b"}},
		"example 2: the text is empty": {{Text: "a", Label: "b"},
			{Text: " \t", Label: "c"}},
		"example 2: single texts and pairs are mixed": {{Text: "a", Label: "b"},
			{Text: "a", Pair: "c", Label: "b"}},
		"line 7: single texts and pairs are mixed": {{Text: "a", Pair: "c",
			Label: "b"}, {Text: "a", Label: "b", Line: 7}},
		"example 1: the second text is empty": {{Text: "a", Pair: "  ",
			Label: "b"}},
	} {
		_, err := NewSet(examples)
		require.ErrorContains(t, err, want)
	}
	one, err := NewSet([]Example{{Text: "a", Label: "b"}, {Text: "c", Label: "b"}})
	require.NoError(t, err)
	require.ErrorContains(t, one.CheckTraining(), `all 2 examples have the label "b"; want at `+
		`least two classes`)
	require.ErrorContains(t, (&Set{}).CheckTraining(), "no examples")
	for _, train := range []func(*Set) error{
		func(s *Set) error { _, err := TrainMajority(s); return err },
		func(s *Set) error { _, err := TrainNaiveBayes(s, 1); return err },
		func(s *Set) error { _, err := TrainLogistic(s, 1, 1); return err },
		func(s *Set) error { _, err := TrainNGrams(s, 3); return err },
	} {
		require.ErrorContains(t, train(one), "want at least two classes")
	}
	_, err = one.Under([]string{"x", "y"})
	require.ErrorContains(t, err, `example 1: unknown label "b"; the task was learned with x, y`)
	_, err = TrainLogistic(examplesOf(t, 8), 1, 0)
	require.ErrorContains(t, err, "the penalty is 0")
}
