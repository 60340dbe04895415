package align

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// TestRewardModelScores checks that a reward model is a Scorer that reads prompt and answer, and
// that truncated answers can get a separate reward.
func TestRewardModelScores(t *testing.T) {
	r := NewReward(toyGPT(t, 1), rand.New(rand.NewPCG(3, 4)))
	o := toySampling()
	o.Samples = 3
	answers, err := Sample(t.Context(), toyGPT(t, 1), toyPrompts, o)
	require.NoError(t, err)
	rewards, err := r.Rewards(t.Context(), answers)
	require.NoError(t, err)
	complete, err := Complete{r, -9}.Rewards(t.Context(), answers)
	require.NoError(t, err)
	for i, a := range answers {
		require.InDelta(t, r.Score(append([]lm.Token(nil), a.Tokens...)), rewards[i], 1e-5)
		if a.Truncated {
			require.InDelta(t, -9, complete[i], 0)
		} else {
			require.InDelta(t, rewards[i], complete[i], 1e-5)
		}
	}
}
