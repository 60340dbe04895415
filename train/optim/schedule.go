package optim

import "math"

// Cosine falls from 1 to 0 along half a cosine as progress goes from 0 to 1 (Loshchilov & Hutter
// 2017, eq. 5, one period without restarts). It changes slowly at both ends.
func Cosine(progress float64) float64 {
	return (1 + math.Cos(math.Pi*min(max(progress, 0), 1))) / 2
}

// Linear rises from nearly 0 to 1 as progress goes from 0 to 1, where a training step adds step to
// progress; it is above 0 at the first step. At first, Adam's second moment is too inaccurate for
// the full learning rate (Goyal et al. 2017, §2.2; Vaswani et al. 2017, eq. 3).
func Linear(progress, step float64) float64 {
	return min((progress+step)/(1+step), 1)
}

// Schedule is the learning rate as a function of progress, the completed share of a run in steps or
// in seconds: a linear warm-up to Max, then a cosine down to Min. With Min = Max and no warm-up the
// rate is constant.
type Schedule struct {
	Max, Min float64
	Warmup   float64 // the share of the run that warms up
}

// Rate returns the learning rate at a progress from 0 to 1, where a training step adds step to
// progress.
func (s Schedule) Rate(progress, step float64) float64 {
	if progress < s.Warmup {
		return s.Max * Linear(progress/s.Warmup, step/s.Warmup)
	}
	if s.Warmup >= 1 {
		return s.Max
	}
	return s.Min + (s.Max-s.Min)*Cosine((progress-s.Warmup)/(1-s.Warmup))
}
