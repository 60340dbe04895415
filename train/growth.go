package train

import (
	"fmt"
	"math"
	"math/bits"
)

// maxGrowth bounds batch_growth and context_growth.
const maxGrowth = 64

var wantGrowth = fmt.Sprintf("a power of two from 1 (no growth) to %d", maxGrowth)

// isGrowth reports whether a factor is a power of two within the bounds; 0 means 1.
func isGrowth(factor int) bool {
	return factor >= 0 && factor <= maxGrowth && factor&(factor-1) == 0
}

// grown returns 1, 2, 4, … factor, each for an equal part of the run. Early gradients agree with
// one another, and a small batch or a short context is enough to see where they point; late ones
// need more text (Smith et al. 2018; Li et al. 2022 for the context).
func grown(factor int, progress float64) int {
	if factor <= 1 {
		return 1
	}
	stages := bits.Len(uint(factor))
	return 1 << min(int(progress*float64(stages)), stages-1)
}

// take returns how many batches the next step takes, and into how many pieces their rows are cut.
func (c Config) take(progress float64) (batches, cut int) {
	batches = c.Accumulate * grown(c.BatchGrowth, progress)
	return batches, max(c.ContextGrowth, 1) / grown(c.ContextGrowth, progress)
}

// most returns the largest number of batches in a step.
func (c Config) most() int { return c.Accumulate * max(c.BatchGrowth, 1) }

// Batches returns the number of batches in a whole run if each takes the given number of
// operations, or 0 if that number depends on the clock.
func (c Config) Batches(operations float64) (n int) {
	if c.Steps > 0 {
		for step := range c.Steps {
			batches, _ := c.take(float64(step) / float64(c.Steps))
			n += batches
		}
		return n
	}
	if c.Flops > 0 && operations > 0 {
		return int(math.Ceil(c.Flops / operations))
	}
	return 0
}
