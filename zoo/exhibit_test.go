package zoo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/transformer"
)

// A size gives the same model and training everywhere. Without a size, the settings are for seconds
// of training. A counted species takes no budget.
func TestExhibit(t *testing.T) {
	for _, s := range Standard() {
		quick, err := s.Exhibit("", WorldName, Budget{Time: 20 * time.Second})
		require.NoError(t, err)
		tiny, err := s.Exhibit("tiny", WorldName, Budget{Time: 20 * time.Second})
		require.NoError(t, err)
		preset, err := s.Settings("tiny")
		require.NoError(t, err)
		require.Equal(t, preset.Model, tiny.Model, s.Name)
		if !s.IsNeural() {
			require.Equal(t, preset, quick, s.Name)
			continue
		}
		require.NotEqual(t, preset.Train.LR, quick.Train.LR, s.Name)
		for _, c := range []*Settings{quick, tiny} {
			require.EqualValues(t, 20*time.Second, c.Train.Budget, s.Name)
			require.EqualValues(t, 5*time.Second, c.Train.EvalEvery.Time, s.Name)
			require.Zero(t, c.Train.Steps, s.Name)
		}
	}
	gpt, err := Standard().Find("gpt")
	require.NoError(t, err)
	quick, err := gpt.Exhibit("", WorldName, Budget{Time: time.Second})
	require.NoError(t, err)
	require.Equal(t, 128, quick.Model.(*transformer.Config).NPositions, "whole documents")
	_, err = gpt.Exhibit("huge", WorldName, Budget{Time: time.Second})
	require.ErrorContains(t, err, "tiny small base")
}
