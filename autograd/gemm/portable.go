package gemm

import "unsafe"

// portable returns the engine in plain Go. Its tile fits in sixteen registers.
func portable() *engine {
	return &engine{name: "go", mr: tileRows, nr: tileCols, packs: true, kernel: stripsGo,
		packA: packAGo(tileRows), packB: packBGo(tileCols)}
}

const tileRows, tileCols = 2, 4

// stripsGo is the kernel of a single packed strip.
func stripsGo(_, k int, a *float32, _, _ int, b *float32, _, panel int, alpha float32, add bool,
	c *float32, ldc, n, rows int, _ *float32) {
	stripGo(rows, n, k, alpha, unsafe.Slice(a, tileRows*k),
		unsafe.Slice(b, (n-1)/tileCols*panel+tileCols*k), panel, add, unsafe.Slice(c,
			(rows-1)*ldc+n), ldc)
}

func stripGo(rows, n, k int, alpha float32, a, b []float32, panel int, add bool, c []float32,
	ldc int) {
	for j := 0; j < n; j += tileCols {
		t := tileGo(a, b[j/tileCols*panel:][:tileCols*k])
		for i := range rows {
			row := c[i*ldc+j:][:min(tileCols, n-j)]
			for x := range row {
				if add {
					row[x] += alpha * t[i][x]
				} else {
					row[x] = alpha * t[i][x]
				}
			}
		}
	}
}

// tileGo multiplies a packed strip by a packed panel.
func tileGo(a, b []float32) [tileRows][tileCols]float32 {
	var c00, c01, c02, c03, c10, c11, c12, c13 float32
	for len(a) >= tileRows && len(b) >= tileCols {
		b0, b1, b2, b3 := b[0], b[1], b[2], b[3]
		a0, a1 := a[0], a[1]
		c00 += a0 * b0
		c01 += a0 * b1
		c02 += a0 * b2
		c03 += a0 * b3
		c10 += a1 * b0
		c11 += a1 * b1
		c12 += a1 * b2
		c13 += a1 * b3
		a, b = a[tileRows:], b[tileCols:]
	}
	return [tileRows][tileCols]float32{{c00, c01, c02, c03}, {c10, c11, c12, c13}}
}

// packAGo returns the plain packer of strips of mr rows.
func packAGo(mr int) func(dst []float32, a matrix, rows, k int) {
	return func(dst []float32, a matrix, rows, k int) {
		dst = dst[:mr*k]
		if rows < mr {
			clear(dst)
		}
		if a.right == 1 {
			for i := range rows {
				for p, v := range a.data[i*a.down:][:k] {
					dst[p*mr+i] = v
				}
			}
			return
		}
		for p := range k {
			copy(dst[p*mr:][:rows], a.data[p*a.right:])
		}
	}
}

// packBGo returns the plain packer of panels of nr columns.
func packBGo(nr int) func(dst []float32, b matrix, k, n int) {
	return func(dst []float32, b matrix, k, n int) {
		for j := 0; j < n; j += nr {
			panel, cols := dst[j*k:][:nr*k], min(nr, n-j)
			if cols < nr {
				clear(panel)
			}
			if b.right == 1 {
				for p := range k {
					copy(panel[p*nr:][:cols], b.data[p*b.down+j:])
				}
				continue
			}
			for x := range cols {
				for p, v := range b.data[(j+x)*b.right:][:k] {
					panel[p*nr+x] = v
				}
			}
		}
	}
}
