package eval

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Mean returns the mean of independent measurements, such as one for each seed, and its 95 %
// interval by Student's t (1908). For paired measurements, pass their differences. The interval is
// NaN for fewer than two measurements.
func Mean(x []float64) (mean, low, high float64) {
	mean = stat.Mean(x, nil)
	if len(x) < 2 {
		return mean, math.NaN(), math.NaN()
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(x) - 1)}.Quantile(.975)
	half := t * stat.StdErr(stat.StdDev(x, nil), float64(len(x)))
	return mean, mean - half, mean + half
}
