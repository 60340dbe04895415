package align

import (
	"math"
	"slices"
)

// k3 estimates the KL divergence to the reference from one token (Shao et al. 2024, eq. 4;
// Schulman 2020): with d = reference − p,
//
//	k3 = e^d − d − 1 ≥ 0
//
// Its mean over tokens of the policy π is KL(π‖π₀). But the mean of its slope, 1 − e^d, is the
// slope of KL(π₀‖π), the divergence in the other direction. GRPO therefore has a different optimum
// from the methods with the penalty in the reward: π = π₀/(1 − A/β) instead of π ∝ π₀·exp(r/β). The
// two agree for small A/β.
func k3(p, reference float64) (k, slope float64) {
	d := reference - p
	e := math.Exp(d)
	return e - d - 1, 1 - e
}

// The ways to scale the advantages of answers.
const (
	// GroupScale divides by the standard deviation of the rewards of the group (Shao et al. 2024,
	// §4.1.2). Its bias: prompts whose answers are nearly all right or nearly all wrong have a
	// small deviation and so get more weight than prompts of medium difficulty (Liu et al. 2025,
	// §3.1).
	GroupScale = "group"
	// BatchScale divides by the standard deviation of all rewards of the step, so that no prompt
	// gets more weight than another.
	BatchScale = "batch"
	// NoScale does not divide: Dr. GRPO (Liu et al. 2025).
	NoScale = "none"
)

// The denominators of the sum over the tokens of all answers.
const (
	// AnswerMean averages over the tokens of an answer, then over answers (Shao et al. 2024, eq.
	// 3). Its bias: the longer a wrong answer is, the less each of its tokens costs, so wrong
	// answers grow (Liu et al. 2025, §3.1).
	AnswerMean = "answer"
	// BatchMean averages over all tokens of the step (Schulman et al. 2017; Yu et al. 2025, eq. 8).
	// Every token counts the same, so a long answer counts more.
	BatchMean = "batch"
	// Constant divides the sum over the tokens of an answer by the maximum length, and averages
	// over answers: Dr. GRPO (Liu et al. 2025). Up to a constant, this is the gradient of the mean
	// reward.
	Constant = "constant"
)

// groupAdvantages returns the reward of every answer minus the mean of its group of n, scaled. It
// also counts the groups whose rewards are all equal: their advantages are 0, so they teach the
// policy nothing.
func groupAdvantages(rewards []float64, n int, scale string, floor float64) (
	advantages []float64, flat int) {
	advantages = make([]float64, 0, len(rewards))
	_, whole := moments(rewards)
	for group := range slices.Chunk(rewards, n) {
		mean, deviation := moments(group)
		if isFlat(group) {
			flat++
			advantages = append(advantages, make([]float64, len(group))...)
			continue
		}
		for _, r := range group {
			advantages = append(advantages, scaled(r-mean, deviation, whole, scale, floor))
		}
	}
	return advantages, flat
}

// isFlat reports whether all rewards of a group are equal. Rounding may make their deviation differ
// from 0, and dividing by it would turn noise into advantages of ±1.
func isFlat(group []float64) bool { return slices.Min(group) == slices.Max(group) }

// scaled divides an advantage by floor plus the deviation that scale selects.
func scaled(a, group, batch float64, scale string, floor float64) float64 {
	switch scale {
	case GroupScale:
		return a / (group + floor)
	case BatchScale:
		return a / (batch + floor)
	}
	return a
}
