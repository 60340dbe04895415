//go:build !noasm

package gemm

import "unsafe"

// best is the fastest engine of this processor.
var best = engines()[0]

// engines returns the engines that this processor can run, the best first. Every arm64 has NEON.
func engines() []*engine { return []*engine{neon(), portable()} }

const neonRows, neonCols = 6, 16

// neonTile computes a whole tile from a packed strip and a packed panel.
//
//go:noescape
func neonTile(k int, a, b *float32, alpha float32, add bool, c *float32, ldc int)

// neonPeak runs n times 16 independent vector multiply-adds.
func neonPeak(n int)

// neonRead reads n times 256 bytes.
//
//go:noescape
func neonRead(p *float32, n int)

func neon() *engine {
	return &engine{name: "neon", mr: neonRows, nr: neonCols, packs: true, kernel: stripsNeon,
		packA: packAGo(neonRows), packB: packBGo(neonCols)}
}

func stripsNeon(_, k int, a *float32, _, _ int, b *float32, _, panel int, alpha float32, add bool,
	c *float32, ldc, n, rows int, _ *float32) {
	stripNeon(rows, n, k, alpha, a, unsafe.Slice(b, (n-1)/neonCols*panel+neonCols*k), panel, add,
		unsafe.Slice(c, (rows-1)*ldc+n), ldc)
}

func stripNeon(rows, n, k int, alpha float32, a *float32, b []float32, panel int, add bool,
	c []float32, ldc int) {
	for j := 0; j < n; j += neonCols {
		panelB, cols := &b[j/neonCols*panel], min(neonCols, n-j)
		if rows == neonRows && cols == neonCols {
			neonTile(k, a, panelB, alpha, add, &c[j], ldc)
			continue
		}
		var tile [neonRows * neonCols]float32
		neonTile(k, a, panelB, alpha, false, &tile[0], neonCols)
		for i := range rows {
			row, out := c[i*ldc+j:][:cols], tile[i*neonCols:]
			for x := range row {
				if add {
					row[x] += out[x]
				} else {
					row[x] = out[x]
				}
			}
		}
	}
}

func peakKernel() (run func(n int), flops float64) { return neonPeak, 16 * 4 * 2 }

func readKernel() func(p *float32, n int) { return neonRead }

func int8Dots(k int, x []float32, w []int8, stride int) [4]float32 {
	return int8DotsGo(k, x, w, stride)
}
