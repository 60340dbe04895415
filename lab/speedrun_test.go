package lab

import (
	"context"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/zoo"
)

// smallCourse is a text of a few sentences.
func smallCourse(t *testing.T) course {
	c := course{name: "world", data: zoo.Data{Corpus: zoo.WorldName, Tokens: 3000}}
	var err error
	c.split, err = c.data.Load(t.Context(), zoo.Input{})
	require.NoError(t, err)
	c.split.Valid, c.split.Test = c.split.Valid[:5], c.split.Test[:5]
	c.tok, err = corpus.Train("word", c.split.Train, 0)
	require.NoError(t, err)
	return c
}

// TestSpeedrunRows checks that every row trains, with settings of its own.
func TestSpeedrunRows(t *testing.T) {
	c := smallCourse(t)
	seen := map[string]string{}
	rows := append([]change{{name: "baseline"}}, changes()...)
	bits := map[string]float64{}
	for _, ch := range rows {
		s, err := ch.settings(1e9, 0)
		require.NoError(t, err, ch.name)
		print := fmt.Sprintf("%+v %+v", s.Model, s.Train)
		require.Empty(t, seen[print], "%s and %s are the same", ch.name, seen[print])
		seen[print] = ch.name
		bits[ch.name], err = c.run(t.Context(), ch, 3e8, 0, 1, c.split.Test)
		require.NoError(t, err, ch.name)
		require.Less(t, bits[ch.name], 4.0, ch.name)
	}
	again, err := c.run(t.Context(), rows[0], 3e8, 0, 1, c.split.Test)
	require.NoError(t, err)
	require.Equal(t, bits["baseline"], again, "same seed, same bits")
	costs, err := speedrunCosts(t.Context(), c, rows[:2], 1)
	require.NoError(t, err)
	require.Equal(t, 1.0, costs[0])
	require.Positive(t, costs[1])
}

// TestSpeedrunJudges checks that a change is accepted or rejected by its intervals on both texts,
// and that a planted one is found.
func TestSpeedrunJudges(t *testing.T) {
	for _, c := range []struct {
		low, high []float64
		want      string
	}{
		{[]float64{-3, -2}, []float64{-1, -1}, "kept"},
		{[]float64{1, 1}, []float64{3, 2}, "rejected"},
		{[]float64{-1, -2}, []float64{1, -1}, "helps on one text"},
		{[]float64{-1, 1}, []float64{1, 2}, "harms on one text"},
		{[]float64{-2, 1}, []float64{-1, 2}, "helps on one, harms on one"},
		{[]float64{-2, -1}, []float64{1, 2}, "no difference"},
		{[]float64{math.NaN(), math.NaN()}, []float64{math.NaN(), math.NaN()}, "one seed"},
	} {
		require.Equal(t, c.want, judge(change{name: "x"}, c.low, c.high))
	}
	require.Equal(t, "helps, another function",
		judge(change{function: true}, []float64{-3, -2}, []float64{-1, -1}))
	var laps []*lap
	for seed := range uint64(3) {
		for _, text := range []string{"world", "book"} {
			noise := 0.1 * float64(seed)
			laps = append(laps, &lap{change{name: "baseline"}, course{name: text}, seed, 1 + noise},
				&lap{change{name: "muon"}, course{name: text}, seed, 0.9 + noise})
		}
	}
	table := speedrunTable([]change{{name: "baseline"}, {name: "muon"}},
		[]course{{name: "world"}, {name: "book"}}, laps, []float64{1, 1.2})
	require.Equal(t, "kept", table.Rows[1][5])
	require.Equal(t, "-0.1000 ± 0.0000", table.Rows[1][2])
	for _, v := range speedrunVerdicts([]uint64{0, 1, 2}, laps) {
		require.True(t, v.Held)
		require.InDelta(t, -0.1, v.Measures["muon_book"], 1e-9)
	}
}

// TestSpeedrunRates prints the bits per byte by which speedrunRates was chosen. It runs for
// minutes, and only if LMZOO_SPEEDRUN_RATES is set.
func TestSpeedrunRates(t *testing.T) {
	if os.Getenv("LMZOO_SPEEDRUN_RATES") == "" {
		t.Skip("set LMZOO_SPEEDRUN_RATES=1 to choose the learning rates again")
	}
	world, err := readCourse(t.Context(), zoo.WorldName)
	require.NoError(t, err)
	type trial struct {
		change change
		factor float64
	}
	var trials []trial
	for _, ch := range append([]change{{name: "baseline"}}, changes()...) {
		for _, factor := range ch.tries() {
			trials = append(trials, trial{ch, factor})
		}
	}
	env := &Env{Threads: 4}
	require.NoError(t, each(t.Context(), env, len(trials), func(ctx context.Context, i int) error {
		x := trials[i]
		bits, err := world.run(ctx, x.change, 2*speedrunFlops, x.factor, 0, world.split.Valid)
		fmt.Printf("%-15s × %-4g %.4f %v\n", x.change.name, x.factor, bits, err)
		return nil
	}))
}
