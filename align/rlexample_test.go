package align_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmzoo/align"
	"lmzoo/lm"
	"lmzoo/train"
	"lmzoo/transformer"
)

// GRPO learns from rewards alone: here, for each answer, the share of its tokens that equal the
// prompt. The KL divergence says how far the policy has moved.
func ExampleRL() {
	policy, _ := transformer.New(transformer.Config{VocabSize: 8, NPositions: 8, NEmbd: 16,
		NLayer: 1, NHead: 2, InitializerRange: 0.1}, rand.New(rand.NewPCG(1, 1)))
	task := align.RLTask{
		Policy:  policy,
		Prompts: []align.RLPrompt{{Tokens: []lm.Token{3}}, {Tokens: []lm.Token{5}}},
		Scorer: align.ScorerFunc(func(_ context.Context, r *align.Rollout) (float64, error) {
			right := 0.0
			for _, t := range r.Answer() {
				if t == r.Tokens[0] {
					right += 0.25
				}
			}
			return right, nil
		}),
	}
	o := align.DefaultRL(align.GRPO)
	o.Prompts, o.Samples, o.Max, o.Rehearse = 2, 16, 4, 0
	c := train.Default()
	c.Steps, c.LR, c.Warmup = 160, 1e-2, 5
	rl, _ := align.NewRL(context.Background(), task, o, c)
	tr, _ := train.NewTrainerOf(rl, c)
	for !tr.Done() {
		if _, err := tr.Step(); err != nil {
			fmt.Println(err)
		}
		if r, fresh := rl.Report(); fresh && r.Rollout%79 == 0 {
			fmt.Printf("roll-out %2d: reward %.1f, more than 3 nats from the start: %v\n",
				r.Rollout, r.Reward, r.KL > 3)
		}
	}
	// Output:
	// roll-out  0: reward 0.2, more than 3 nats from the start: false
	// roll-out 79: reward 1.0, more than 3 nats from the start: true
}

// The best of n answers is far from the policy only if rewards differ: with a reward of right or
// wrong, the best of many is any right answer.
func ExampleMeasuredBestOfKL() {
	rewards := []float64{0, 0, 0, 1}
	for _, n := range []int{1, 4, 16, 64} {
		fmt.Printf("best of %2d: %.2f nats without ties, %.2f with\n", n, align.BestOfKL(n),
			align.MeasuredBestOfKL(rewards, n))
	}
	// Output:
	// best of  1: 0.00 nats without ties, 0.00 with
	// best of  4: 0.64 nats without ties, 0.41 with
	// best of 16: 1.84 nats without ties, 1.32 with
	// best of 64: 3.17 nats without ties, 1.39 with
}
