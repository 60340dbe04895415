// Command asm writes the amd64 kernels of package gemm: run `go generate` there.
package main

import (
	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("amd64,!noasm")
	for rows := 1; rows <= avx512Rows; rows++ {
		for _, vectors := range []int{1, 2, 4, 8} {
			if rows*vectors <= avx512Most && (vectors <= 2 || rows <= 6) {
				tile(avx512{}, rows, vectors, true)
			}
		}
	}
	for rows := 1; rows <= avx2Rows; rows++ {
		for _, vectors := range []int{1, 2, 4, 8} {
			if rows*vectors > avx2Most {
				continue
			}
			tile(avx2{}, rows, vectors, false)
			if vectors <= 2 {
				tile(avx2{}, rows, vectors, true)
			}
		}
	}
	copyRows()
	transpose8()
	dots()
	peak()
	Generate()
}
