//go:build (!amd64 && !arm64) || noasm

package gemm

// best is the fastest engine of this processor.
var best = portable()

// engines returns the engines that this processor can run, the best first.
func engines() []*engine { return []*engine{best} }

func peakKernel() (run func(n int), flops float64) { return peakGo, peakGoFLOPs }

func readKernel() func(p *float32, n int) { return readGo }

func int8Dots(k int, x []float32, w []int8, stride int) [4]float32 {
	return int8DotsGo(k, x, w, stride)
}
