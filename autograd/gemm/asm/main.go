// Command asm writes the amd64 kernels of package gemm: run `go generate` there.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func main() {
	ConstraintExpr("amd64,!noasm")
	for rows := 1; rows <= avx512Rows; rows++ {
		wide := 2
		switch {
		case rows <= 3:
			wide = 8
		case rows <= 6:
			wide = 4
		}
		strip(avx512{}, rows, wide)
	}
	for rows := 1; rows <= avx2Rows; rows++ {
		strip(avx2{}, rows, [...]int{1: 8, 2: 4, 3: 4, 4: 2, 5: 2, 6: 2}[rows])
	}
	strips(avx512{}, avx512Rows)
	strips(avx2{}, avx2Rows)
	masks()
	copyRows()
	fetch()
	transpose8()
	turn16()
	dots()
	rowSums(avx512{})
	rowSums(avx2{})
	int8Dots()
	peak()
	Generate()
}

// masks writes 8 lanes of ones and 8 lanes of zeros. Read from n lanes before the middle, they are
// a mask of n lanes.
func masks() {
	GLOBL("masks", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(uint32(0xffffffff)*uint32(1-i/8)))
	}
}
