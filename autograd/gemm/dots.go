package gemm

import "unsafe"

// dotKernel returns the scalar products of rows of a with four rows of b, four per row of a.
type dotKernel func(rows, k int, a []float32, aStride int, b *float32, bStride int) [16]float32

// dots returns the product of a few rows and a transposed matrix, as in the output layer of one
// token. Every element of B is used once or twice, so B is not packed but read along its rows.
func dots(most int, kernel dotKernel, row rowDots) func(m, n, k int, alpha float32, a, b matrix,
	add bool, c []float32, ldc int) bool {
	return func(m, n, k int, alpha float32, a, b matrix, add bool, c []float32, ldc int) bool {
		if m > 2*most || b.right == 1 || a.right != 1 {
			return false
		}
		if m == 1 && n >= 4 {
			dotRow(row, n, k, alpha, a.data, b, add, c)
			return true
		}
		passes := (m + most - 1) / most
		for pass := range passes {
			i, end := pass*m/passes, (pass+1)*m/passes
			dotStrip(kernel, end-i, n, k, alpha, a.data[i*a.down:], a.down, b, add, c[i*ldc:], ldc)
		}
		return true
	}
}

// rowDots stores the scalar products of a and n rows of b; n is a multiple of four.
type rowDots func(n, k int, a, b *float32, bStride int, out *float32)

// dotRow multiplies one row with B, which has at least four columns.
func dotRow(kernel rowDots, n, k int, alpha float32, a []float32, b matrix, add bool, c []float32) {
	out := c[:n]
	if add {
		work := take(n)
		defer give(work)
		out = work.floats[:n]
	}
	kernel(n&^3, k, &a[0], &b.data[0], b.right, &out[0])
	if n%4 != 0 { // the last four rows overlap the previous ones
		kernel(4, k, &a[0], &b.data[(n-4)*b.right], b.right, &out[n-4])
	}
	switch {
	case add:
		for j, sum := range out {
			c[j] += alpha * sum
		}
	case alpha != 1:
		for j := range out {
			out[j] *= alpha
		}
	}
}

func dotStrip(kernel dotKernel, rows, n, k int, alpha float32, a []float32, aStride int, b matrix,
	add bool, c []float32, ldc int) {
	for done := 0; done < n; {
		j, step, cols := done, b.right, 4 // the last four columns may overlap the previous ones
		switch {
		case n < 4:
			step, cols = 0, 1 // the same column four times
		case j+4 > n:
			j = n - 4
		}
		out := kernel(rows, k, a, aStride, unsafe.SliceData(b.data[j*b.right:]), step)
		for i := range rows {
			row, sums := c[i*ldc+j:][:cols], out[4*i:][:cols]
			for x := done - j; x < cols; x++ {
				if add {
					row[x] += alpha * sums[x]
				} else {
					row[x] = alpha * sums[x]
				}
			}
		}
		done = j + cols
	}
}
