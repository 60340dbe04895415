package gemm

import (
	"time"
	"unsafe"
)

// PeakFLOPS measures for about d the peak of one core in floating-point operations per second,
// where a multiply-add is two operations. No product can be faster. PeakFLOPS returns the best of
// many short runs, so that other work on the machine hardly affects it. To measure n cores, call it
// in n goroutines.
func PeakFLOPS(d time.Duration) float64 {
	run, flops := peakKernel()
	const n = 20_000
	return flops * n * perSecond(d, func() { run(n) })
}

// Bandwidth measures for about d how fast one core reads a buffer, in bytes per second. It limits
// generation, which reads every weight once per token. Bandwidth writes to the buffer first. A
// buffer larger than the last-level cache measures memory.
func Bandwidth(d time.Duration, buffer []float32) float64 {
	const line = 64 // floats in one step of the kernel
	n := len(buffer) / line
	if n == 0 {
		return 0
	}
	for i := 0; i < len(buffer); i += 512 {
		buffer[i] = 1 // memory that was never written is a single page of zeros in the cache
	}
	read := readKernel()
	return 4 * line * float64(n) * perSecond(d, func() { read(unsafe.SliceData(buffer), n) })
}

// perSecond returns the number of calls of run per second, from the fastest call.
func perSecond(d time.Duration, run func()) float64 {
	best := time.Duration(1<<63 - 1)
	for begin := time.Now(); ; {
		start := time.Now()
		run()
		best = min(best, time.Since(start))
		if time.Since(begin) >= d {
			return 1 / max(best, 1).Seconds()
		}
	}
}

const peakGoFLOPs = 8 * 2

// peakGo is a loop of eight independent multiply-adds.
func peakGo(n int) {
	var a [8]float32
	x, y := float32(n), float32(n)
	a0, a1, a2, a3, a4, a5, a6, a7 := a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
	for range n {
		a0 += x * y
		a1 += x * y
		a2 += x * y
		a3 += x * y
		a4 += x * y
		a5 += x * y
		a6 += x * y
		a7 += x * y
	}
	sink(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7)
}

func readGo(p *float32, n int) {
	var s float32
	for _, v := range unsafe.Slice(p, 64*n) {
		s += v
	}
	sink(s)
}

// sink keeps the compiler from removing the computation of x.
//
//go:noinline
func sink(x float32) float32 { return x }
