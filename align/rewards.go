package align

import (
	"context"
	"fmt"
	"math"

	"lmzoo/lm"
)

// Scorer gives a reward to every answer.
type Scorer interface {
	Rewards(ctx context.Context, answers []Rollout) ([]float64, error)
}

// ScorerFunc is a Scorer that judges one answer at a time, such as an exact checker.
type ScorerFunc func(ctx context.Context, answer *Rollout) (float64, error)

// Rewards implements Scorer.
func (f ScorerFunc) Rewards(ctx context.Context, answers []Rollout) ([]float64, error) {
	rewards := make([]float64, len(answers))
	for i := range answers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if rewards[i], err = f(ctx, &answers[i]); err != nil {
			return nil, answers[i].fault(err)
		}
	}
	return rewards, nil
}

// AnswerError is an error about one answer. A caller that knows where the prompt comes from can
// name its source instead of its number.
type AnswerError struct {
	Prompt, Sample int // indices as in Rollout
	Err            error
}

// Error implements error.
func (e *AnswerError) Error() string {
	return fmt.Sprintf("prompt %d, answer %d: %v", e.Prompt+1, e.Sample+1, e.Err)
}

// Unwrap returns the error without the numbers.
func (e *AnswerError) Unwrap() error { return e.Err }

// fault returns an error about the answer.
func (r *Rollout) fault(err error) error { return &AnswerError{r.Prompt, r.Sample, err} }

// maxReward bounds the size of rewards, so that their squares are finite in float32, too.
const maxReward = 1e9

// checkRewards returns an error about the first answer without a usable reward. One NaN would make
// the mean and the deviation of its group NaN, and thus the whole gradient.
func checkRewards(rewards []float64, answers []Rollout) error {
	if len(rewards) != len(answers) {
		return fmt.Errorf("%d rewards for %d answers; want one for each", len(rewards),
			len(answers))
	}
	for i, r := range rewards {
		if !(math.Abs(r) <= maxReward) {
			return answers[i].fault(fmt.Errorf("the reward is %v; want a number in [−%g, %g]", r,
				maxReward, maxReward))
		}
	}
	return nil
}

// Rewards implements Scorer with the scores of a reward model, which reads prompt and answer.
func (r *Reward) Rewards(ctx context.Context, answers []Rollout) ([]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	texts := make([][]lm.Token, len(answers))
	for i := range answers {
		texts[i] = answers[i].Tokens
	}
	return r.Scores(texts), nil
}

// Complete is a Scorer that gives every truncated answer the same reward. A reward model has seen
// only complete answers, so its score of a truncated answer is meaningless, and a policy would find
// truncated answers with high scores.
type Complete struct {
	Scorer
	Truncated float64 // reward of a truncated answer
}

// Rewards implements Scorer.
func (c Complete) Rewards(ctx context.Context, answers []Rollout) ([]float64, error) {
	rewards, err := c.Scorer.Rewards(ctx, answers)
	if err == nil && len(rewards) == len(answers) {
		for i := range answers {
			if answers[i].Truncated {
				rewards[i] = c.Truncated
			}
		}
	}
	return rewards, err
}
