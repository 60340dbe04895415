package zoo

import (
	"context"
	"math/rand/v2"
	"slices"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/prompt"
)

// BestOf is the gold reward of the answer that a reward model prefers among n answers of its parent
// (Gao et al. 2023, §3.1). It tests a reward model before any reinforcement learning: the gold
// reward should rise with n.
type BestOf struct {
	N      int     `json:"n"`
	Gold   float64 `json:"gold"`   // mean over the questions
	Oracle float64 `json:"oracle"` // mean gold reward if the checker itself chooses
	KL     float64 `json:"kl"`     // KL divergence of the choice from the policy, in nats
}

// The size of the measurement, and its random stream. No stage has seen the questions.
const (
	bestQuestions = 64
	bestAnswers   = 16
	bestTokens    = 40
	bestStream    = 0xbe57
)

// bestOf returns a function that measures a reward model, or nil if the data has no checker or the
// parent cannot answer.
func (s *postTraining) bestOf(
	m *align.Reward, layout *prompt.Layout, threads int,
) func(context.Context) ([]BestOf, error) {
	if s.talk == nil || s.parent.Config.Chat == nil {
		return nil
	}
	return func(ctx context.Context) ([]BestOf, error) {
		policy, err := s.parent.LM()
		if err != nil {
			return nil, err
		}
		rng := rand.New(rand.NewPCG(s.info.Seed, bestStream))
		questions := s.talk.world.Questions(world.ForTest, rng, bestQuestions)
		prompts := make([][]lm.Token, len(questions))
		for i, p := range align.TalkPrompts(layout, questions) {
			prompts[i] = p.Tokens
		}
		o := align.Sampling{Samples: bestAnswers, Max: bestTokens, Window: lm.Window(policy),
			Ends: []lm.Token{layout.End}, Result: layout.Result, Seed: s.info.Seed,
			Threads: threads, Insert: align.InsertTools(layout, align.TalkTools(s.talk.world))}
		answers, err := align.Sample(ctx, policy, prompts, o)
		if err != nil {
			return nil, err
		}
		gold, err := align.TalkScorer(s.talk.world, layout, questions).Rewards(ctx, answers)
		if err != nil {
			return nil, err
		}
		proxy, err := align.Complete{Scorer: m, Truncated: truncatedReward}.Rewards(ctx, answers)
		if err != nil {
			return nil, err
		}
		return bestRows(proxy, gold)
	}
}

// bestRows returns the means over the questions for 1, 2, 4, … answers.
func bestRows(proxy, gold []float64) (rows []BestOf, err error) {
	questions := float64(len(gold) / bestAnswers)
	for n := 1; n <= bestAnswers; n *= 2 {
		row := BestOf{N: n}
		groups := slices.Chunk(proxy, bestAnswers)
		i := 0
		for p := range groups {
			g := gold[i : i+bestAnswers]
			chosen, err := align.ExpectedBest(p, g, n)
			if err != nil {
				return nil, err
			}
			best, err := align.ExpectedBest(g, g, n)
			if err != nil {
				return nil, err
			}
			row.Gold += chosen / questions
			row.Oracle += best / questions
			row.KL += align.MeasuredBestOfKL(p, n) / questions
			i += bestAnswers
		}
		rows = append(rows, row)
	}
	return rows, nil
}
