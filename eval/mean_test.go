package eval

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// The quantiles 12.706, 4.303 and 2.776 are those of printed tables of t, for 1, 2 and 4 degrees of
// freedom.
func TestMean(t *testing.T) {
	mean, low, high := Mean([]float64{1, 3})
	require.Equal(t, 2., mean)
	require.InDelta(t, 2-12.706, low, .001)
	require.InDelta(t, 2+12.706, high, .001)
	mean, low, _ = Mean([]float64{1, 2, 3})
	require.InDelta(t, 4.303/math.Sqrt(3), mean-low, .001)
	_, low, high = Mean([]float64{0, 1, 2, 3, 4})
	require.InDelta(t, 2*2.776*math.Sqrt(2.5/5), high-low, .001)
	mean, low, high = Mean([]float64{7})
	require.Equal(t, 7., mean)
	require.True(t, math.IsNaN(low) && math.IsNaN(high))
}
