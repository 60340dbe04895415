package lab

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/align"
)

// TestScoreboard turns scoreboards into a result that the report draws, and judges them.
func TestScoreboard(t *testing.T) {
	gain := func(x, low float64) *align.Scoreboard {
		return &align.Scoreboard{Run: "runs/dpo", Stage: "dpo", Helpful: .9, GoldGain: &x,
			Intervals: map[string][2]float64{"gold_gain": {low, 2*x - low}, "helpful": {.8, 1}}}
	}
	base := &align.Scoreboard{Run: "base", Stage: "train"}
	sft := &align.Scoreboard{Run: "sft", Stage: "sft", Helpful: .8}
	r := Scoreboard([]*align.Scoreboard{base, sft, gain(.2, .1)}, 3)
	require.True(t, r.Seeds[0].Held)
	require.Equal(t, uint64(3), r.Seeds[0].Seed)
	require.Equal(t, .9, r.Seeds[0].Measures["dpo_helpful"])
	plots, err := r.Plots()
	require.NoError(t, err)
	require.Equal(t, []string{"base", "sft", "dpo"}, plots[0].Places)
	require.InDelta(t, .8, plots[0].Series[0].Low[2], 1e-9)
	require.False(t, Scoreboard([]*align.Scoreboard{base, sft, gain(.2, -.1)}, 1).Seeds[0].Held)
	require.False(t, Scoreboard([]*align.Scoreboard{sft, base}, 1).Seeds[0].Held)
	require.False(t, Scoreboard([]*align.Scoreboard{base}, 1).Seeds[0].Held)
}
