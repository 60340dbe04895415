package align

import (
	"math"

	"lmzoo/autograd"
)

// clipped is the loss of PPO (Schulman et al. 2017, eq. 7, with the sign reversed): with the ratio
// r = exp(p − old) of the probabilities after and before the update,
//
//	L = −min(r·A, clip(r, 1−ε, 1+ε)·A) + β·k3
//
// The minimum removes the gradient once the ratio has risen above 1+ε (A > 0) or fallen below 1−ε
// (A < 0), but never a gradient that would bring it back. k3 is GRPO's penalty; β is 0 in PPO,
// which has the penalty in its rewards.
type clipped struct {
	terms
	clip, kl float64
}

func (o clipped) loss(p float64, i int) (loss, slope float64) {
	a, r := float64(o.advantage[i]), math.Exp(p-float64(o.old[i]))
	bounded := min(max(r, 1-o.clip), 1+o.clip)
	if r*a <= bounded*a {
		loss, slope = -r*a, -r*a
	} else {
		loss = -bounded * a
	}
	if o.kl > 0 {
		k, dk := k3(p, float64(o.reference[i]))
		loss, slope = loss+o.kl*k, slope+o.kl*dk
	}
	return loss, slope
}

// squaredError is the loss of the value head (Schulman et al. 2017, eq. 9): (V − target)².
type squaredError struct{ terms }

func (o squaredError) loss(v float64, i int) (loss, slope float64) {
	d := v - float64(o.target[i])
	return d * d, 2 * d
}

// estimate computes generalized advantage estimates (Schulman et al. 2016, eq. 16, with γ = 1) from
// the end of an answer to its beginning:
//
//	δ_t = r_t + V_{t+1} − V_t
//	A_t = δ_t + λ·A_{t+1}
//
// The value after the last token is 0, even if the answer was truncated, because its reward already
// rates the whole answer. The targets of the value head are A_t + V_t.
func estimate(advantages, targets, rewards, values []float32, lambda float64) {
	next, after := 0.0, 0.0 // A_{t+1} and V_{t+1}
	for i := len(rewards) - 1; i >= 0; i-- {
		v := float64(values[i])
		next = float64(rewards[i]) + after - v + lambda*next
		after = v
		advantages[i], targets[i] = float32(next), float32(next+v)
	}
}

// tokenRewards spreads the reward of an answer over its tokens (Ouyang et al. 2022, eq. 2; Ziegler
// et al. 2019, eq. 2): every token costs β times its log-ratio to the initial model, and the last
// token earns the reward. The sum is r − β·ln π(y|x)/π₀(y|x), whose mean is the reward minus β·KL.
func tokenRewards(dst, logProbs, reference []float32, reward, kl float64) {
	for i := range dst {
		dst[i] = float32(-kl * (float64(logProbs[i]) - float64(reference[i])))
	}
	dst[len(dst)-1] += float32(reward)
}

// whiten scales the advantages to mean 0 and standard deviation 1.
func whiten(advantages []float32, floor float64) {
	x := make([]float64, len(advantages))
	for i, a := range advantages {
		x[i] = float64(a)
	}
	mean, deviation := moments(x)
	for i := range advantages {
		advantages[i] = float32((x[i] - mean) / max(deviation+floor, 1e-12))
	}
}

// valueLoss returns Σ weight·(V − target)² of the values [n, 1].
func valueLoss(t *autograd.Tape, values *autograd.Tensor, n terms) *autograd.Tensor {
	return tokenLoss(t, values, squaredError{n}, n.weight)
}
