package gemm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// shapes lists the products of one GPT step at nanoGPT's CPU sizes, of an RNN step, of generation,
// and cubes to compare with other libraries.
var shapes = []shape{
	{"NN", 16, 16, 16},
	{"NN", 32, 32, 32},
	{"NN", 64, 64, 64},
	{"NN", 128, 128, 128},
	{"NN", 256, 256, 256},
	{"NN", 512, 512, 512},
	{"NN", 1024, 1024, 1024},
	{"NN", 768, 128, 384},
	{"NN", 768, 128, 512},
	{"NN", 768, 512, 128},
	{"TN", 128, 768, 512},
	{"NN", 768, 128, 65},
	{"NN", 768, 128, 128},
	{"NT", 768, 384, 128},
	{"NT", 64, 32, 64},
	{"NN", 64, 64, 32},
	{"TN", 64, 64, 32},
	{"NN", 16, 128, 512},
	{"NN", 32, 128, 512},
	{"NT", 32, 128, 512},
	{"NN", 12, 288, 768},
	{"NN", 4, 288, 768},
	{"NN", 1, 288, 768},
	{"NT", 1, 288, 768},
	{"NT", 1, 288, 32000},
	{"NT", 4, 288, 768},
	{"NN", 1, 288, 32000},
	{"NN", 1, 8192, 2048},
}

type shape struct {
	t       string
	m, k, n int
}

func benchmark(b *testing.B, f blas.Float32, shapes []shape) {
	for _, s := range shapes {
		b.Run(fmt.Sprintf("%s/%dx%dx%d", s.t, s.m, s.k, s.n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			tA, tB, lda, ldb := blas.NoTrans, blas.NoTrans, s.k, s.n
			if s.t[0] == 'T' {
				tA, lda = blas.Trans, s.m
			}
			if s.t[1] == 'T' {
				tB, ldb = blas.Trans, s.k
			}
			x, y, c := random(rng, s.m, s.k, s.k), random(rng, s.k, s.n, s.n), make([]float32,
				s.m*s.n)
			for b.Loop() {
				f.Sgemm(tA, tB, s.m, s.n, s.k, 1, x, lda, y, ldb, 0, c, s.n)
			}
			flops := 2 * float64(s.m) * float64(s.k) * float64(s.n) * float64(b.N)
			b.ReportMetric(flops/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}

// BenchmarkSgemm measures the product on each engine of the processor.
func BenchmarkSgemm(b *testing.B) {
	for _, e := range engines() {
		b.Run(e.name, func(b *testing.B) { benchmark(b, Float32{engine: e}, shapes) })
	}
}

// BenchmarkCold measures the products of BERT with matrices that are not in the L2 cache, because
// each call uses another set. The clock rate of a processor changes with its load, so each call is
// compared with the peak measured right before it; ofpeak is the median of these ratios.
func BenchmarkCold(b *testing.B) {
	const copies = 16
	peak, flops := peakKernel()
	for _, s := range []shape{
		{"NT", 512, 128, 384}, {"NT", 512, 128, 512}, {"NT", 512, 512, 128}, // forward
		{"NN", 512, 384, 128}, {"NN", 512, 512, 128}, {"NN", 512, 128, 512}, // the gradient of x
		{"TN", 384, 512, 128}, {"TN", 512, 512, 128}, {"TN", 128, 512, 512}, // the gradient of w
	} {
		b.Run(fmt.Sprintf("%s/%dx%dx%d", s.t, s.m, s.k, s.n), func(b *testing.B) {
			tA, tB, lda, ldb := blas.NoTrans, blas.NoTrans, s.k, s.n
			if s.t[0] == 'T' {
				tA, lda = blas.Trans, s.m
			}
			if s.t[1] == 'T' {
				tB, ldb = blas.Trans, s.k
			}
			var x, y, c [copies][]float32
			ones := func(n int) []float32 {
				m := Make[float32](n)
				for i := range m {
					m[i] = 1
				}
				return m
			}
			for i := range copies {
				x[i], y[i], c[i] = ones(s.m*s.k), ones(s.k*s.n), ones(s.m*s.n)
			}
			var shares []float64
			for i := 0; b.Loop(); i = (i + 1) % copies {
				const n = 10_000
				begin := time.Now()
				peak(n)
				rate := n * flops / time.Since(begin).Seconds()
				begin = time.Now()
				Float32{}.Sgemm(tA, tB, s.m, s.n, s.k, 1, x[i], lda, y[i], ldb, 0, c[i], s.n)
				took := time.Since(begin).Seconds()
				shares = append(shares, 2*float64(s.m*s.n*s.k)/took/rate)
			}
			slices.Sort(shares)
			b.ReportMetric(shares[len(shares)/2], "ofpeak")
		})
	}
}

// BenchmarkSmall measures products of small squares, even and odd, where a call costs as much as
// its arithmetic.
func BenchmarkSmall(b *testing.B) {
	var small []shape
	for _, n := range []int{4, 8, 10, 16, 24, 32, 48, 64, 65} {
		for _, t := range []string{"NN", "NT", "TN", "TT"} {
			small = append(small, shape{t, n, n, n})
		}
	}
	benchmark(b, Float32{}, small)
}

// BenchmarkCrew measures products of large squares on one thread and on two.
func BenchmarkCrew(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint(threads), func(b *testing.B) {
			benchmark(b, Float32{Crew: NewCrew(threads)}, []shape{
				{"NN", 128, 128, 128}, {"NN", 256, 256, 256}, {"NN", 512, 512, 512}, {"NN", 768,
					768, 768}, {"NN", 1024, 1024, 1024}, {"NN", 2048, 2048, 2048},
				{"NT", 512, 512, 512}, {"TN", 512, 512, 512}, {"NN", 768, 128, 512},
			})
		})
	}
}

// BenchmarkGonum measures gonum's own product, for comparison.
func BenchmarkGonum(b *testing.B) { benchmark(b, gonum.Implementation{}, shapes) }

// BenchmarkCeilings measures the limits of products and of generation on one core.
func BenchmarkCeilings(b *testing.B) {
	b.Run("multiply-add", func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(PeakFLOPS(50*time.Millisecond)/1e9, "GFLOP/s")
		}
	})
	for name, floats := range map[string]int{"read/16KB": 1 << 12, "read/256KB": 1 << 16,
		"read/8MB": 1 << 21, "read/256MB": 1 << 26} {
		buffer := Make[float32](floats)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(Bandwidth(50*time.Millisecond, buffer)/1e9, "GB/s")
			}
		})
	}
}

// BenchmarkToken measures the products of one generated token of llama2.c's 15M shape: the layers,
// 24 MB, and the output layer, 37 MB, each alone and one after the other, as in generation.
func BenchmarkToken(b *testing.B) {
	const layers, channels, vocabulary = 6, 288, 32000
	ones := func(n int) []float32 { // memory that was never written is one page of zeros
		s := Make[float32](n)
		for i := range s {
			s[i] = 1
		}
		return s
	}
	x, y := ones(4*channels), ones(vocabulary)
	var weights [][]float32
	shapes := [][2]int{{channels, 3 * channels}, {channels, channels}, {channels, 4 * channels},
		{4 * channels, channels}}
	for range layers {
		for _, s := range shapes {
			weights = append(weights, ones(s[0]*s[1]))
		}
	}
	output := ones(vocabulary * channels)
	for threads := 1; threads <= 2; threads++ {
		crew := NewCrew(threads)
		inner := func() {
			for i, w := range weights {
				s := shapes[i%len(shapes)]
				crew.MulRow(blas.NoTrans, s[1], s[0], x[:s[0]], w, s[1], 1, y[:s[1]])
			}
		}
		outer := func() {
			crew.MulRow(blas.Trans, vocabulary, channels, x[:channels], output, channels, 0, y)
		}
		for _, part := range []struct {
			name  string
			bytes int64
			do    func()
		}{
			{"layers", 4 * layers * 12 * channels * channels, inner},
			{"output", 4 * vocabulary * channels, outer},
			{"both", 4 * (layers*12*channels*channels + vocabulary*channels),
				func() { inner(); outer() }},
		} {
			b.Run(fmt.Sprintf("%s/%dthreads", part.name, threads), func(b *testing.B) {
				b.SetBytes(part.bytes)
				for b.Loop() {
					part.do()
				}
			})
		}
	}
}
