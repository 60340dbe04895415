package zoo

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/train"
)

// The default numbers of examples that a stage draws from world-talk. StageInfo.Examples overrides
// them.
const (
	talkConversations = 24_000
	talkPairs         = 4_000
	talkRewardPairs   = 4_500
	talkPrompts       = 3_000
)

// talkData holds the data that a stage takes from world-talk in addition to its stageData.
type talkData struct {
	world     *world.Talk
	questions []world.TalkQuestion // questions of the prompts
}

// loadTalk draws the examples from the world of the run's corpus.
func (s *postTraining) loadTalk() error {
	t := s.data.Talk()
	if t == nil {
		return Misuse{fmt.Errorf("the data %s is about the world that the run was trained on, and "+
			"its corpus is %s; start from a run of: lmzoo train gpt --corpus %s", TalkName,
			s.data.Corpus, TalkName)}
	}
	if s.info.RL != nil && len(s.info.RL.Tools) > 0 {
		return Misuse{fmt.Errorf("the data %s comes with its own tools, calculator and lookup; "+
			"leave --tools out", TalkName)}
	}
	s.talk = &talkData{world: t}
	s.file = TalkName
	rng := rand.New(rand.NewPCG(s.info.Seed, stageStream))
	count := func(usual int) int {
		if s.info.Examples > 0 {
			return s.info.Examples
		}
		return usual
	}
	switch s.info.Kind {
	case StageSFT:
		n := count(talkConversations)
		held := int(s.info.Held * float64(n))
		all := align.TalkConversations(t, world.Careless, rng, n)
		s.heldConversations, s.conversations = all[:held], all[held:]
	case StageRL:
		s.talk.questions = t.Questions(world.ForPreferences, rng, count(talkPrompts))
		for i, q := range s.talk.questions {
			s.prompts = append(s.prompts,
				prompt.Conversation{Messages: align.Asked(q), Line: i + 1})
		}
	default:
		faults, n := align.ConductFaults, count(talkPairs)
		if s.info.Kind == StageReward {
			faults, n = align.AllFaults, count(talkRewardPairs)
		}
		held := int(s.info.Held * float64(n))
		for i, p := range align.TalkPreferences(t, faults, rng, n) {
			p.Kind = string(p.Fault)
			if i < held {
				s.heldPreferences = append(s.heldPreferences, p.Preference)
			} else {
				s.preferences = append(s.preferences, p.Preference)
			}
		}
	}
	s.info.extent = s.describe()
	data, err := json.Marshal([]any{s.conversations, s.preferences, s.prompts})
	if err != nil {
		return err
	}
	return reconcileHash(&s.info.SHA256, TalkName, data)
}

// ownPairs returns pairs of answers that the model writes itself. It returns none unless the data
// is world-talk and the model can generate text.
func (s *postTraining) ownPairs(
	ctx context.Context, model any, layout *prompt.Layout, text *Text, c train.Config,
) ([]align.Pair, error) {
	if r, ok := model.(*align.Reward); ok {
		model = r.Body
	}
	m, ok := model.(lm.Model)
	if s.talk == nil || !ok {
		return nil, nil
	}
	o := align.OnPolicy{Prompts: 300, Samples: 8, PerPrompt: 2, Seed: s.info.Seed,
		Threads: c.Threads}
	if s.info.Kind == StageReward {
		o.Prompts, o.PerPrompt = 400, 3
	}
	if s.info.Examples > 0 {
		o.Prompts = min(o.Prompts, s.info.Examples)
	}
	return align.OnPolicyPairs(ctx, m, layout, s.talk.world, o)
}

// talkRecipe returns the training settings of a stage on world-talk.
func (s *postTraining) talkRecipe(c train.Config) train.Config {
	c.EvalEvery, c.SaveEvery = train.Every{}, train.Every{Share: .25}
	switch s.info.Kind {
	case StageSFT:
		c.Batch, c.LR, c.MinLR, c.Steps, c.Warmup = 32, 2e-3, 4e-5, 2200, 50
		c.Optimizer = train.Muon
	case StageReward:
		c.Batch, c.LR, c.MinLR, c.Steps, c.Warmup = 32, 5e-4, 5e-5, 800, 20
	case StageDPO:
		c.Batch, c.LR, c.MinLR, c.Steps, c.Warmup = 32, 1e-3, 1e-4, 700, 10
		c.WeightDecay = 0
	default:
		c.Batch, c.LR, c.MinLR, c.Steps, c.Warmup = 16, 3e-4, 3e-5, 180, 10
		c.WeightDecay = 0
	}
	return c
}
