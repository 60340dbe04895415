package optim

import "lmzoo/autograd/vec"

// The ways to average weights over the steps of a run. A learning rate that is still high leaves
// the weights wandering around a minimum; their mean lies nearer to it (Polyak & Juditsky 1992).
const (
	NoAverage   = "none"
	EMAAverage  = "ema"  // an exponential moving average of every step
	TailAverage = "tail" // the mean of the last share of the run
)

// Averages lists the ways to average.
func Averages() []string { return []string{NoAverage, EMAAverage, TailAverage} }

// EMA updates an exponential moving average with the weights after step k = 1, 2, …:
//
//	d ← min(decay, (k−1)/(k+8))     short at first, so that the first weights are forgotten
//	avg ← d·avg + (1−d)·w
func EMA(avg, w []float32, k int, decay float64) {
	d := min(decay, float64(k-1)/float64(k+8))
	vec.Scale(avg[:len(w)], float32(d))
	vec.Axpy(avg[:len(w)], float32(1-d), w)
}

// Mean updates the mean of k−1 weights with the k-th.
func Mean(avg, w []float32, k int) {
	vec.Scale(avg[:len(w)], float32(1-1/float64(k)))
	vec.Axpy(avg[:len(w)], float32(1/float64(k)), w)
}
