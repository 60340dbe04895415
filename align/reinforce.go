package align

import (
	"math"

	"lmzoo/autograd"
)

// The algorithms of reinforcement learning.
const (
	// Reinforce is the policy gradient (Williams 1992, §4). It raises ln P of an answer in
	// proportion to the difference between the reward and a baseline. It uses every answer for only
	// one update.
	Reinforce = "reinforce"
	// PPO is proximal policy optimization (Schulman et al. 2017): a value head judges every token,
	// and clipping allows several updates with the same answers.
	PPO = "ppo"
	// GRPO is group relative policy optimization (Shao et al. 2024): PPO without a value head; the
	// baseline of an answer is the mean reward of the answers to its prompt.
	GRPO = "grpo"
)

// The baselines of REINFORCE.
const (
	GroupBaseline   = "group"   // the mean reward of the answers to the same prompt
	RunningBaseline = "running" // the moving mean reward of all steps
)

// terms holds the data that a loss needs for each token that the policy drew. Each slice has one
// element per row of the log-probabilities. The weights include the denominators of all means, so
// the losses of the pieces of a batch add up to the loss of the batch.
type terms struct {
	old       []float32 // ln P under the sampler
	reference []float32 // ln P under the initial model
	advantage []float32
	target    []float32 // target of the value head
	weight    []float32
}

func (t terms) slice(from, to int) terms {
	return terms{t.old[from:to], t.reference[from:to], t.advantage[from:to], t.target[from:to],
		t.weight[from:to]}
}

// objective computes the loss of a token as a function of its log-probability p, and the slope.
type objective interface {
	loss(p float64, i int) (loss, slope float64)
}

// policyGradient is the loss −A·p, whose gradient is the estimate of Williams 1992, eq. 11.
type policyGradient struct{ terms }

func (o policyGradient) loss(p float64, i int) (loss, slope float64) {
	a := float64(o.advantage[i])
	return -a * p, -a
}

// tokenLoss returns Σ weight·loss over the log-probabilities [n, 1], as a 1×1 tensor.
func tokenLoss(
	t *autograd.Tape, logProbs *autograd.Tensor, o objective, weight []float32,
) *autograd.Tensor {
	y, slopes := t.New(1, 1), t.Scratch(len(weight))
	sum := 0.0
	for i, w := range weight {
		loss, slope := o.loss(float64(logProbs.Data[i]), i)
		sum += float64(w) * loss
		slopes[i] = float32(float64(w) * slope)
	}
	y.Data[0] = float32(sum)
	autograd.Record(t, slopeOp{y, logProbs, slopes})
	return y
}

// baseline is the moving mean of the rewards over all steps, with a decay rate of 0.9.
type baseline struct{ state []float32 } // the decayed sums of the rewards and of their weights

const baselineDecay = 0.9

// empty reports whether no step has been added.
func (b baseline) empty() bool { return b.state[1] == 0 }

func (b baseline) mean() float64 { return float64(b.state[0] / b.state[1]) }

// add adds the mean reward of a step.
func (b baseline) add(reward float64) {
	b.state[0] = baselineDecay*b.state[0] + (1-baselineDecay)*float32(reward)
	b.state[1] = baselineDecay*b.state[1] + (1 - baselineDecay)
}

// moments returns the mean and the standard deviation of x, with n−1 in the denominator as in
// torch; the deviation of one number is 0.
func moments(x []float64) (mean, deviation float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / float64(max(len(x)-1, 1)))
}
