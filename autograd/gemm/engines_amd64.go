//go:build !noasm

package gemm

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg gemm

// best is the fastest engine of this processor.
var best = engines()[0]

// engines returns the engines that this processor can run, the best first.
func engines() []*engine {
	var list []*engine
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		list = append(list, avx2())
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasBMI2 {
			list = []*engine{avx512(), list[0]}
		}
	}
	return append(list, portable())
}

const (
	rows512, panel512 = 14, 32
	rows2, panel2     = 6, 16
)

// dotRows512 and dotRows2 are the largest numbers of rows of A in one call of a scalar-product
// kernel.
const dotRows512, dotRows2 = 4, 2

// With a switch, unlike with a table of functions, the compiler sees that out does not escape.

func dots512(rows, k int, a []float32, aStride int, b *float32, bStride int) (out [16]float32) {
	switch rows {
	case 1:
		avx512Dots1(4, k, &a[0], b, bStride, &out[0])
	case 2:
		avx512Dots2(k, &a[0], aStride, b, bStride, &out)
	case 3:
		avx512Dots3(k, &a[0], aStride, b, bStride, &out)
	default:
		avx512Dots4(k, &a[0], aStride, b, bStride, &out)
	}
	return out
}

func dots2(rows, k int, a []float32, aStride int, b *float32, bStride int) (out [16]float32) {
	if rows == 1 {
		avx2Dots1(4, k, &a[0], b, bStride, &out[0])
	} else {
		avx2Dots2(k, &a[0], aStride, b, bStride, &out)
	}
	return out
}

func avx512() *engine {
	return &engine{
		name: "avx512", streams: true, mr: rows512, nr: panel512,
		directRows: 4 * rows512, directArea: 1 << 17,
		lowRows: 8, evenRows: 6, lowArea: 5000, turn: turn512,
		fetch: fetchLines,
		wide:  true, kernel: avx512Strips, packA: packA512, packB: packB512, small: dots(dotRows512,
			dots512, avx512Dots1),
	}
}

func avx2() *engine {
	return &engine{
		name: "avx2", streams: true, mr: rows2, nr: panel2,
		directRows: 4 * rows2, directArea: 1 << 17,
		lowRows: rows2, evenRows: rows2, lowArea: 5000, turn: turn2,
		kernel: avx2Strips, packA: packAGo(rows2), packB: packB2, small: dots(dotRows2, dots2,
			avx2Dots1),
	}
}

func packA512(dst []float32, a matrix, rows, k int) {
	if a.right == 1 {
		packAGo(rows512)(dst, a, rows, k)
		return
	}
	avx512CopyNarrow(&dst[0], rows512, &a.data[0], a.right, k, 1<<rows-1)
}

func packB512(dst []float32, b matrix, k, n int) {
	for j := 0; j < n; j += panel512 {
		cols := min(panel512, n-j)
		if b.right == 1 {
			avx512CopyRows(&dst[j*k], panel512, &b.data[j], b.down, k, 1<<cols-1)
		} else {
			turn512(dst[j*k:], panel512, b.data[j*b.right:], b.right, cols, k)
		}
	}
}

// turn512 transposes n rows of k floats.
func turn512(dst []float32, dstStride int, src []float32, srcStride, n, k int) {
	for j := 0; j < n; j += 16 {
		avx512Turn(&dst[j], dstStride, &src[j*srcStride], srcStride, min(16, n-j), k)
	}
}

func turn2(dst []float32, dstStride int, src []float32, srcStride, n, k int) {
	transposePanel(dst[:dstStride*k], dstStride, matrix{src, 1, srcStride}, k, n)
}

func packB2(dst []float32, b matrix, k, n int) {
	for j := 0; j < n; j += panel2 {
		cols := min(panel2, n-j)
		switch {
		case b.right != 1:
			transposePanel(dst[j*k:][:panel2*k], panel2, matrix{b.data[j*b.right:], 1, b.right}, k,
				cols)
		case cols == panel2:
			avx2CopyRows(&dst[j*k], panel2, &b.data[j], b.down, k)
		default:
			packBGo(panel2)(dst[j*k:], matrix{b.data[j:], b.down, 1}, k, cols)
		}
	}
}

// transposePanel packs a panel of B whose columns, not rows, are contiguous: in 8×8 blocks, the
// rest one by one.
func transposePanel(dst []float32, nr int, b matrix, k, cols int) {
	if cols < nr {
		clear(dst[:nr*k])
	}
	eights := k / 8
	for j := 0; j < cols; j += 8 {
		from := 0
		if j+8 <= cols && eights > 0 {
			avx2Transpose8(&dst[j], nr, &b.data[j*b.right], b.right, eights)
			from = 8 * eights
		}
		for x := j; x < min(j+8, cols); x++ {
			for p := from; p < k; p++ {
				dst[p*nr+x] = b.data[x*b.right+p]
			}
		}
	}
}

func peakKernel() (run func(n int), flops float64) {
	switch best.name {
	case "avx512":
		return avx512Peak, 12 * 16 * 2
	case "avx2":
		return avx2Peak, 12 * 8 * 2
	}
	return peakGo, peakGoFLOPs
}

func readKernel() func(p *float32, n int) {
	if best.name == "go" {
		return readGo
	}
	return avx2Read
}

func int8Dots(k int, x []float32, w []int8, stride int) (out [4]float32) {
	if best.name == "go" {
		return int8DotsGo(k, x, w, stride)
	}
	avx2Int8Dots(k, &x[0], &w[0], stride, &out)
	return out
}
