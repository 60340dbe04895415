package train

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCheckRefusesWhatWouldFillTheMemory: a number with one digit too many is a one-line error and
// does not exhaust the memory.
func TestCheckRefusesWhatWouldFillTheMemory(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"batch × context is 1000000 × 64; want at most 1048576 " +
			"tokens": func(c *Config) { c.Batch = 1_000_000 },
		"batch × context is 12 × 1000000; want at " +
			"most": func(c *Config) { c.Context = 1_000_000 },
		"batch × context is 9223372036854775807 × " +
			"9223372036854775807;": func(c *Config) {
			c.Batch, c.Context = math.MaxInt,
				math.MaxInt
		},
		"context is 0; want at least 1 token": func(c *Config) { c.Context = 0 },
		"accumulate is 1000000000; want 1 to 16384 " +
			"batches": func(c *Config) { c.Accumulate = 1_000_000_000 },
		"threads is 100000000; want 0 to 1024": func(c *Config) { c.Threads = 100_000_000 },
	} {
		c := Default()
		change(&c)
		require.ErrorContains(t, c.Check(), want)
	}
	require.NoError(t, Default().Check())
}
