package nn

import "lmzoo/autograd/gemm"

// sharedFrom is how many bytes of weights are read faster by several threads: what fits in the cache of one processor
// core is best left there.
const sharedFrom = 4 << 20

// Crew returns the threads that generate a token of model together; nil, for one alone, if the model is small.
func Crew(model any, threads int) *gemm.Crew {
	if 4*Count(model) < sharedFrom {
		return nil
	}
	return gemm.NewCrew(threads)
}
