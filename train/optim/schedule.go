package optim

import "math"

// The shapes of a schedule after its warm-up.
const (
	CosineSchedule   = "cosine"   // down to Min along half a cosine
	LinearSchedule   = "linear"   // down to Min in a straight line
	WSDSchedule      = "wsd"      // at Max, and down to Min in the last share of the run
	ConstantSchedule = "constant" // at Max
)

// Schedules lists the shapes.
func Schedules() []string {
	return []string{CosineSchedule, WSDSchedule, LinearSchedule, ConstantSchedule}
}

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

// Schedule is the learning rate as a function of progress, the completed share of a run in steps,
// operations or seconds: a linear warm-up to Max, then the shape, usually down to Min.
type Schedule struct {
	Shape    string // "" means CosineSchedule
	Max, Min float64
	Warmup   float64 // the share of the run that warms up
	Decay    float64 // the share of the run in which WSDSchedule falls
}

// Rate returns the learning rate at the given progress, from 0 to 1, where a training step adds
// step to progress.
func (s Schedule) Rate(progress, step float64) float64 {
	if progress < s.Warmup {
		return s.Max * Linear(progress/s.Warmup, step/s.Warmup)
	}
	if s.Warmup >= 1 {
		return s.Max
	}
	return s.Min + (s.Max-s.Min)*s.fall(progress)
}

// fall goes from 1 after the warm-up to 0 at the end of the run.
func (s Schedule) fall(progress float64) float64 {
	switch s.Shape {
	case ConstantSchedule:
		return 1
	case LinearSchedule:
		return (1 - progress) / (1 - s.Warmup)
	case WSDSchedule:
		// Warm-up, stable, decay (Hu et al. 2024, §4.2). Nothing depends on the length of the run
		// until the decay begins, so that a run can be prolonged from a checkpoint before it. The
		// decay is linear, which performs as well as their exponential decay (Hägele et al. 2024).
		decay := min(s.Decay, 1-s.Warmup)
		return min((1-progress)/max(decay, 1e-9), 1)
	}
	return Cosine((progress - s.Warmup) / (1 - s.Warmup))
}
