package gemm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clockwork simulates jobs that take the caller 1 ms alone and the crew another time, and counts
// the jobs done alone.
type clockwork struct {
	balance
	now time.Duration
}

func (c *clockwork) run(jobs int, together time.Duration) (alone int) {
	for range jobs {
		start, took := c.now, together
		done := c.alone(start, 7)
		if done {
			took = time.Millisecond
			alone++
		}
		c.now += took
		c.add(7, done, start, c.now)
	}
	return alone
}

// Helpers that save time are used for all jobs except samples.
func TestBalanceKeepsGoodHelpers(t *testing.T) {
	var c clockwork
	alone := c.run(10_000, 600*time.Microsecond)
	require.Positive(t, alone)
	require.Less(t, alone, 100)
}

// Helpers that cost time are retried at little cost; they return when they save time.
func TestBalanceLeavesBadHelpers(t *testing.T) {
	var c clockwork
	c.run(1000, 600*time.Microsecond)
	start := c.now
	c.run(10_000, 3*time.Millisecond)
	require.Less(t, c.now-start, 10_000*time.Millisecond*105/100)
	c.run(1000, 600*time.Microsecond)
	require.Less(t, c.run(1000, 600*time.Microsecond), 20)
}

// A disturbed sample does not hide the cost of helpers.
func TestBalanceDisturbedSample(t *testing.T) {
	var c clockwork
	c.run(100, 600*time.Microsecond)
	c.add(7, true, c.now, c.now+time.Second)
	start := c.now
	c.run(1000, 2*time.Millisecond)
	require.Less(t, c.now-start, 1100*time.Millisecond)
}

// Long jobs are always shared.
func TestBalanceLongJobs(t *testing.T) {
	var c clockwork
	require.LessOrEqual(t, c.run(1000, time.Second), 1)
}

// Jobs of different sizes have separate times, even if their hashes collide.
func TestBalanceSizes(t *testing.T) {
	var b balance
	for size := range 100 {
		b.add(size, true, 0, time.Duration(size+1))
		require.Equal(t, time.Duration(size+1), b.of(size).alone)
	}
}
