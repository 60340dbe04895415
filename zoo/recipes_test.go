package zoo

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/prompt"
	"lmzoo/train"
)

// someConversations returns n conversations of 40 byte tokens each.
func someConversations(n int) (all []prompt.Conversation) {
	c := []prompt.Message{{Role: prompt.User, Content: strings.Repeat("u", 10)},
		{Role: prompt.Assistant, Content: strings.Repeat("a", 25)}}
	for i := range n {
		all = append(all, prompt.Conversation{Messages: c, Line: i + 1})
	}
	return all
}

// TestPace: by default, a stage reads its examples about stageEpochs times, whatever their length,
// the batch, the context and the rehearsal. Rows hold several conversations, or one pair.
func TestPace(t *testing.T) {
	tok, layout, _ := bytesLayout(t)
	require.Len(t, layout.Encode(someConversations(1)[0].Messages).Tokens, 40)
	for name, c := range map[string]struct {
		n, context int
		rehearse   float64
		values     map[string]any
		steps      int
		batch      int
	}{
		"100 rows of 6":   {600, 240, 0, nil, 125, 16},
		"600 rows of 1":   {600, 60, 0, nil, 750, 16},
		"rehearsal":       {600, 240, .25, nil, 20 * 100 / 12, 16},
		"batch":           {600, 240, 0, map[string]any{"batch": 4}, 500, 4},
		"few":             {60, 240, 0, nil, 100, 2},
		"few, rehearsal":  {60, 240, .25, nil, 20 * 10 / 2, 3},
		"less":            {240, 240, .25, nil, 100, 11},
		"very few":        {1, 240, 0, nil, 100, 2},
		"many":            {60000, 240, 0, nil, 2000, 16},
		"steps":           {600, 240, 0, map[string]any{"steps": 7}, 7, 16},
		"budget":          {600, 240, 0, map[string]any{"budget": "1s"}, 0, 16},
		"few, batch":      {60, 240, 0, map[string]any{"batch": 16}, 100, 16},
		"few, no warm-up": {60, 240, 0, map[string]any{"warmup": 0}, 100, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := &postTraining{chat: &prompt.Default, info: &StageInfo{Kind: StageSFT,
				Rehearse: c.rehearse}}
			s.conversations = someConversations(c.n)
			train := s.recipe(&Run{})
			train.Context = c.context
			if v, ok := c.values["batch"]; ok {
				train.Batch = v.(int)
			}
			if v, ok := c.values["steps"]; ok {
				train.Steps = v.(int)
			}
			if _, ok := c.values["budget"]; ok {
				train.Steps = 0
			}
			before := train
			require.NoError(t, s.pace(&train, c.values, tok))
			require.Equal(t, c.steps, train.Steps)
			require.Equal(t, c.batch, train.Batch)
			_, noWarmup := c.values["warmup"]
			if noWarmup || c.steps == 0 {
				require.Equal(t, before.Warmup, train.Warmup)
			} else {
				require.Equal(t, max(c.steps/20, 1), train.Warmup)
			}
		})
	}
}

// TestPaceOfPairs: a pair takes rows of its own, and prompts and world-talk have a fixed number of
// steps.
func TestPaceOfPairs(t *testing.T) {
	s := &postTraining{info: &StageInfo{Kind: StageDPO}}
	s.preferences = make([]prompt.Preference, 400)
	c := s.recipe(&Run{})
	require.NoError(t, s.pace(&c, nil, nil))
	require.Equal(t, []int{500, 25, 16}, []int{c.Steps, c.Warmup, c.Batch})
	for _, kind := range StageKinds() {
		s := &postTraining{info: &StageInfo{Kind: kind}}
		s.talk = &talkData{}
		c := s.recipe(&Run{})
		before := c
		require.NoError(t, s.pace(&c, nil, nil))
		require.Equal(t, before, c)
		require.Equal(t, s.talkRecipe(train.Default()).Steps, c.Steps)
	}
}
