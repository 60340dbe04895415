package align

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/train"
)

// bandit returns a task with one prompt whose answers are one token long, the reward of each token,
// and the distribution at the start.
func bandit(t testing.TB, m Policy) (task RLTask, rewards, start []float64) {
	task = RLTask{Policy: m, Prompts: []RLPrompt{{Tokens: []lm.Token{4}}}}
	for v := range m.Vocab() {
		rewards = append(rewards, math.Sin(1.7*float64(v)+0.5))
	}
	task.Scorer = ScorerFunc(func(_ context.Context, r *Rollout) (float64, error) {
		return rewards[r.Answer()[0]], nil
	})
	return task, rewards, probabilities(m)
}

// probabilities returns the distribution of the answers of a bandit.
func probabilities(m lm.Model) (p []float64) {
	for _, l := range m.NextLogProbs(nil, []lm.Token{4}) {
		p = append(p, math.Exp(l))
	}
	return p
}

// optimum returns argmax E r − β·KL(π‖π₀), which is π₀·exp(r/β) up to a constant.
func optimum(start, rewards []float64, beta float64) []float64 {
	best, sum := make([]float64, len(start)), 0.0
	for v, p := range start {
		best[v] = p * math.Exp(rewards[v]/beta)
		sum += best[v]
	}
	for v := range best {
		best[v] /= sum
	}
	return best
}

// reversed returns argmax E r − β·KL(π₀‖π), which is β·π₀/(λ − r); λ makes the sum 1.
func reversed(start, rewards []float64, beta float64) []float64 {
	best := make([]float64, len(start))
	low, high := rewards[0], 100.0
	for _, r := range rewards {
		low = max(low, r)
	}
	for range 100 {
		lambda, sum := (low+high)/2, 0.0
		for v, p := range start {
			best[v] = beta * p / (lambda - rewards[v])
			sum += best[v]
		}
		if sum > 1 {
			low = lambda
		} else {
			high = lambda
		}
	}
	return best
}

// distance returns half the sum of the absolute differences.
func distance(p, q []float64) (d float64) {
	for v := range p {
		d += math.Abs(p[v]-q[v]) / 2
	}
	return d
}

// TestTabularRL checks that every algorithm reaches the optimum, which is known for nine possible
// answers. With the penalty in the reward, it is the optimum under KL(π‖π₀); for GRPO, with k3 in
// the loss, it is the optimum under KL(π₀‖π).
func TestTabularRL(t *testing.T) {
	const beta = 0.5
	for _, c := range []struct {
		algorithm string
		optimum   func(start, rewards []float64, beta float64) []float64
		other     func(start, rewards []float64, beta float64) []float64
	}{{Reinforce, optimum, reversed}, {PPO, optimum, reversed}, {GRPO, reversed, optimum}} {
		t.Run(c.algorithm, func(t *testing.T) {
			m := toyGPT(t, 2)
			task, rewards, start := bandit(t, m)
			o := DefaultRL(c.algorithm)
			o.Prompts, o.Samples, o.Max, o.Rehearse, o.KL = 1, 256, 1, 0, beta
			o.Normalise = NoScale
			cfg := toyConfig(120 * o.Inner)
			cfg.MinLR, cfg.Schedule, cfg.Clip = 0, "cosine", 0
			tr, err := NewRL(t.Context(), task, o, cfg)
			require.NoError(t, err)
			run, err := train.NewTrainerOf(tr, cfg)
			require.NoError(t, err)
			_, err = run.Run(t.Context())
			require.NoError(t, err)

			want, got := c.optimum(start, rewards, beta), probabilities(m)
			t.Logf("start %.3f\n want %.3f\n got  %.3f\n"+
				" distances: start %.3f, end %.3f, other %.3f", start, want, got,
				distance(start, want), distance(got, want),
				distance(got, c.other(start, rewards, beta)))
			require.Greater(t, distance(start, want), 0.3)
			require.Less(t, distance(got, want), 0.03)
			require.Greater(t, distance(got, c.other(start, rewards, beta)), 0.06,
				"the two directions of KL are told apart")
		})
	}
}
