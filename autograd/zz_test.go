package autograd

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lmzoo/autograd/gemm"
)

func TestPeakStep(t *testing.T) {
	s := gptShape{8, 64, 128, 4, 4, 2000}
	m, tape, end := newBenchGPT(s), NewTape(), ends(s.B*s.T, s.T)
	tape.Backward(m.bertLoss(tape, end))
	n := float64(s.B * s.T)
	flops := 6*n*(float64(s.L*12*s.C*s.C)+0.15*float64(s.V*s.C)) + 12*n*float64(s.T*s.C*s.L)
	var eff, peaks, gf, peaks2 []float64
	for range 200 {
		begin := time.Now()
		tape.Reset()
		tape.Backward(m.bertLoss(tape, end))
		d := time.Since(begin).Seconds()
		p := gemm.PeakFLOPS(100 * time.Microsecond)
		p2 := gemm.PeakFLOPS(10 * time.Millisecond)
		eff = append(eff, flops/d/p2)
		gf = append(gf, flops/d/1e9)
		peaks = append(peaks, p/1e9)
		peaks2 = append(peaks2, p2/1e9)
	}
	for _, x := range [][]float64{eff, gf, peaks, peaks2} {
		slices.Sort(x)
		fmt.Printf("%.3f  min %.3f max %.3f\n", x[len(x)/2], x[0], x[len(x)-1])
	}
}
