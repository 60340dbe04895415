//go:build !noasm

package gemm

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go -C asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg gemm

// best multiplies here.
var best = engines()[0]

// engines are all that this processor can run, best first.
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

type tileKernel func(k int, a *float32, down, right int, b *float32, bStride int, alpha float32, add bool, c *float32, ldc int)
type edgeKernel func(k int, a *float32, down, right int, b *float32, bStride int, alpha float32, add bool, c *float32, ldc int, mask uint64)

const (
	rows512, panel512 = 14, 32
	rows2, panel2     = 6, 16
)

// Tiles by rows, narrow ones first: few rows leave registers for wide tiles.
var (
	narrow512 = [...]edgeKernel{1: avx512Tile1x1edge, avx512Tile2x1edge, avx512Tile3x1edge, avx512Tile4x1edge, avx512Tile5x1edge, avx512Tile6x1edge, avx512Tile7x1edge,
		avx512Tile8x1edge, avx512Tile9x1edge, avx512Tile10x1edge, avx512Tile11x1edge, avx512Tile12x1edge, avx512Tile13x1edge, avx512Tile14x1edge}
	pair512 = [...]edgeKernel{1: avx512Tile1x2edge, avx512Tile2x2edge, avx512Tile3x2edge, avx512Tile4x2edge, avx512Tile5x2edge, avx512Tile6x2edge, avx512Tile7x2edge,
		avx512Tile8x2edge, avx512Tile9x2edge, avx512Tile10x2edge, avx512Tile11x2edge, avx512Tile12x2edge, avx512Tile13x2edge, avx512Tile14x2edge}
	four512  = [...]edgeKernel{1: avx512Tile1x4edge, avx512Tile2x4edge, avx512Tile3x4edge, avx512Tile4x4edge, avx512Tile5x4edge, avx512Tile6x4edge}
	eight512 = [...]edgeKernel{1: avx512Tile1x8edge, avx512Tile2x8edge, avx512Tile3x8edge}

	narrow2     = [...]tileKernel{1: avx2Tile1x1, avx2Tile2x1, avx2Tile3x1, avx2Tile4x1, avx2Tile5x1, avx2Tile6x1}
	pair2       = [...]tileKernel{1: avx2Tile1x2, avx2Tile2x2, avx2Tile3x2, avx2Tile4x2, avx2Tile5x2, avx2Tile6x2}
	four2       = [...]tileKernel{1: avx2Tile1x4, avx2Tile2x4, avx2Tile3x4}
	eight2      = [...]tileKernel{1: avx2Tile1x8}
	narrow2edge = [...]edgeKernel{1: avx2Tile1x1edge, avx2Tile2x1edge, avx2Tile3x1edge, avx2Tile4x1edge, avx2Tile5x1edge, avx2Tile6x1edge}
	pair2edge   = [...]edgeKernel{1: avx2Tile1x2edge, avx2Tile2x2edge, avx2Tile3x2edge, avx2Tile4x2edge, avx2Tile5x2edge, avx2Tile6x2edge}
)

// Most rows of A in one call of the kernels of scalar products.
const dotRows512, dotRows2 = 4, 2

// The switches, unlike tables of functions, let the compiler see that out does not escape.

func dots512(rows, k int, a []float32, aStride int, b *float32, bStride int) (out [16]float32) {
	switch rows {
	case 1:
		avx512Dots1(k, &a[0], aStride, b, bStride, &out)
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
		avx2Dots1(k, &a[0], aStride, b, bStride, &out, &masks2)
	} else {
		avx2Dots2(k, &a[0], aStride, b, bStride, &out, &masks2)
	}
	return out
}

func avx512() *engine {
	return &engine{
		name: "avx512", mr: rows512, nr: panel512, directRows: 4 * rows512,
		strip: strip512, packA: packA512, packB: packB512, small: dots(dotRows512, dots512),
	}
}

func avx2() *engine {
	return &engine{
		name: "avx2", mr: rows2, nr: panel2, directRows: 4 * rows2,
		strip: strip2, packA: packAGo(rows2), packB: packB2, small: dots(dotRows2, dots2),
	}
}

func strip512(rows, n, k int, alpha float32, a matrix, b []float32, bStride, panel int, add bool, c []float32, ldc int) {
	pa, pb, pc := unsafe.SliceData(a.data), unsafe.SliceData(b), unsafe.SliceData(c)
	wide := panel == panel512 && bStride != panel512 // B unpacked: tiles may be wider than a panel
	for n > 0 {
		tile, width, mask := narrow512[rows], 16, ^uint64(0)
		switch {
		case wide && rows < len(eight512) && n >= 128:
			tile, width = eight512[rows], 128
		case wide && rows < len(four512) && n >= 64:
			tile, width = four512[rows], 64
		case n > 16:
			tile, width = pair512[rows], 32
		}
		if n < width {
			mask >>= 64 - (16 - (width - n))
		}
		tile(k, pa, a.down, a.right, pb, bStride, alpha, add, pc, ldc, mask)
		n -= width
		pc = advance(pc, width)
		if wide {
			pb = advance(pb, width)
		} else {
			pb = advance(pb, panel)
		}
	}
}

// masks2 read from 8−n floats before its middle are n lanes of ones.
var masks2 = [16]int32{-1, -1, -1, -1, -1, -1, -1, -1}

func strip2(rows, n, k int, alpha float32, a matrix, b []float32, bStride, panel int, add bool, c []float32, ldc int) {
	pa, pb, pc := unsafe.SliceData(a.data), unsafe.SliceData(b), unsafe.SliceData(c)
	wide := panel == panel2 && bStride != panel2
	for n > 0 {
		tile, width := narrow2[rows], 8
		switch {
		case wide && rows < len(eight2) && n >= 64:
			tile, width = eight2[rows], 64
		case wide && rows < len(four2) && n >= 32:
			tile, width = four2[rows], 32
		case n > 8:
			tile, width = pair2[rows], 16
		}
		if n < width {
			edge := narrow2edge[rows]
			if width == 16 {
				edge = pair2edge[rows]
			}
			edge(k, pa, a.down, a.right, pb, bStride, alpha, add, pc, ldc, mask2(8-(width-n)))
		} else {
			tile(k, pa, a.down, a.right, pb, bStride, alpha, add, pc, ldc)
		}
		n -= width
		pc = advance(pc, width)
		if wide {
			pb = advance(pb, width)
		} else {
			pb = advance(pb, panel)
		}
	}
}

func mask2(n int) uint64 { return uint64(uintptr(unsafe.Pointer(&masks2[8-n]))) }

func advance(p *float32, n int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*n))
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
			transposePanel(dst[j*k:][:panel512*k], panel512, matrix{b.data[j*b.right:], 1, b.right}, k, cols)
		}
	}
}

func packB2(dst []float32, b matrix, k, n int) {
	for j := 0; j < n; j += panel2 {
		cols := min(panel2, n-j)
		switch {
		case b.right != 1:
			transposePanel(dst[j*k:][:panel2*k], panel2, matrix{b.data[j*b.right:], 1, b.right}, k, cols)
		case cols == panel2:
			avx2CopyRows(&dst[j*k], panel2, &b.data[j], b.down, k)
		default:
			packBGo(panel2)(dst[j*k:], matrix{b.data[j:], b.down, 1}, k, cols)
		}
	}
}

// transposePanel packs a panel of B whose columns, not rows, are contiguous: eight by eight, the rest singly.
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
