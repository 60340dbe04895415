package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// int8Dots writes the kernel of generation with int8 weights.
func int8Dots() {
	TEXT("avx2Int8Dots", NOSPLIT, "func(k int, x *float32, w *int8, stride int, out *[4]float32)")
	Pragma("noescape")
	Doc("avx2Int8Dots stores the scalar products of x with 4 rows of w; k is a multiple of 16.")
	k, x := Load(Param("k"), GP64()), Load(Param("x"), GP64())
	w, stride := Load(Param("w"), GP64()), Load(Param("stride"), GP64())
	stride3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	acc, more := accumulators(1, low2)[0], accumulators(2, low2)[1]
	rows := []Mem{{Base: w}, {Base: w, Index: stride, Scale: 1}, {Base: w, Index: stride, Scale: 2},
		{Base: w, Index: stride3, Scale: 1}}
	Label("int8_deep")
	low, high := YMM(), YMM()
	VMOVUPS(Mem{Base: x}, low)
	VMOVUPS(Mem{Base: x, Disp: 32}, high)
	for j, row := range rows {
		y, z := YMM(), YMM()
		VPMOVSXBD(row, y)
		VCVTDQ2PS(y, y)
		VFMADD231PS(y, low, acc[j])
		VPMOVSXBD(row.Offset(8), z)
		VCVTDQ2PS(z, z)
		VFMADD231PS(z, high, more[j])
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(16), w)
	SUBQ(Imm(16), k)
	JNZ(LabelRef("int8_deep"))
	for j := range acc {
		VADDPS(more[j].AsY(), acc[j].AsY(), acc[j].AsY())
	}
	out := Load(Param("out"), GP64())
	storeSums(acc, Mem{Base: out})
	VZEROUPPER()
	RET()
}
