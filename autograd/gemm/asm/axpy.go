package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// axpys writes the kernel of one row of A where B comes from memory: whole rows of B, in the order they lie.
func axpys(rows int) {
	name := fmt.Sprintf("avx2Axpy%d", rows)
	TEXT(name, NOSPLIT, "func(n int, x, b *float32, bStride int, y *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds to the n elements of y x[i] times row i of b, for %d rows.", name, rows))
	n, xs, b, y := Load(Param("n"), GP64()), Load(Param("x"), GP64()), Load(Param("b"), GP64()), Load(Param("y"), GP64())
	row := []Mem{{Base: b}}
	var next []Mem // the rows of the next call, which the processor does not foresee
	if rows == 4 {
		stride, stride3 := Load(Param("bStride"), GP64()), GP64()
		SHLQ(Imm(2), stride)
		LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
		row = append(row, Mem{Base: b, Index: stride, Scale: 1}, Mem{Base: b, Index: stride, Scale: 2}, Mem{Base: b, Index: stride3, Scale: 1})
		ahead := GP64()
		LEAQ(Mem{Base: b, Index: stride, Scale: 4}, ahead)
		for _, m := range row {
			m.Base = ahead
			next = append(next, m)
		}
	}
	var x []reg.VecVirtual
	for i := range row {
		x = append(x, YMM())
		VBROADCASTSS(Mem{Base: xs, Disp: 4 * i}, x[i])
	}
	SUBQ(Imm(8), n)
	JLT(LabelRef(name + "_end"))
	Label(name + "_loop")
	sum := YMM()
	VMOVUPS(Mem{Base: y}, sum)
	for i := range row {
		VFMADD231PS(row[i], x[i], sum)
	}
	VMOVUPS(sum, Mem{Base: y})
	for _, m := range next {
		PREFETCHT1(m)
	}
	if next != nil {
		ADDQ(Imm(32), next[0].Base)
	}
	ADDQ(Imm(32), y)
	ADDQ(Imm(32), b)
	SUBQ(Imm(8), n)
	JGE(LabelRef(name + "_loop"))
	Label(name + "_end")
	ADDQ(Imm(8), n)
	JZ(LabelRef(name + "_done"))
	avx2{}.loadMask(n, 1)
	VMASKMOVPS(Mem{Base: y}, mask2, sum)
	for i := range row {
		v := YMM()
		VMASKMOVPS(row[i], mask2, v)
		VFMADD231PS(v, x[i], sum)
	}
	VMASKMOVPS(sum, mask2, Mem{Base: y})
	Label(name + "_done")
	VZEROUPPER()
	RET()
}
