package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// turn16 writes the packer for a transposed B: up to 16 rows of src become 16 columns of dst. It
// loads four columns of src at a time, with the four floats of every fourth row side by side in one
// vector, so that only 4×4 transpositions inside its quarters remain. Stores are as wide as the
// loads of the kernels, which would otherwise wait until the data are in the cache.
func turn16() {
	TEXT("avx512Turn", NOSPLIT,
		"func(dst *float32, dstStride int, src *float32, srcStride, rows, k int)")
	Pragma("noescape")
	Doc("avx512Turn transposes up to 16 rows of k floats into k rows of 16, padded with 0.")
	dst, dstStride := Load(Param("dst"), GP64()), Load(Param("dstStride"), GP64())
	src, srcStride := Load(Param("src"), GP64()), Load(Param("srcStride"), GP64())
	rows, k := Load(Param("rows"), GP64()), Load(Param("k"), GP64())
	SHLQ(Imm(2), dstStride)
	SHLQ(Imm(2), srcStride)
	down4, down12 := GP64(), GP64()
	MOVQ(srcStride, down4)
	SHLQ(Imm(2), down4)
	LEAQ(Mem{Base: down4, Index: down4, Scale: 2}, down12)
	base := [4]reg.Register{src, GP64(), GP64(), GP64()}
	for r := 1; r < 4; r++ {
		LEAQ(Mem{Base: base[r-1], Index: srcStride, Scale: 1}, base[r])
	}
	row := func(i int) Mem {
		m := Mem{Base: base[i%4]}
		switch i / 4 {
		case 1, 2:
			m.Index, m.Scale = down4, uint8(i/4)
		case 3:
			m.Index, m.Scale = down12, 1
		}
		return m
	}
	zero := ZMM()
	VPXORD(zero, zero, zero)
	bits := GP32()
	quarter := [4]reg.OpmaskVirtual{K(), K(), K(), K()}
	setMasks := func() { // from the lowest four bits of bits
		for l := range quarter {
			KMOVW(bits, quarter[l])
			if l < 3 {
				SHLL(Imm(4), bits)
			}
		}
	}
	turn := func() (out [4]reg.VecVirtual, load func(i int)) {
		var x [4]reg.VecVirtual
		for r := range x {
			x[r] = ZMM()
			VMOVAPS(zero, x[r])
			out[r] = x[r]
		}
		return out, func(i int) { VBROADCASTF32X4(row(i), quarter[i/4], x[i%4]) }
	}
	transposed := func(x [4]reg.VecVirtual) (out [4]reg.VecVirtual) {
		t0, t1, t2, t3 := ZMM(), ZMM(), ZMM(), ZMM()
		VUNPCKLPS(x[1], x[0], t0)
		VUNPCKHPS(x[1], x[0], t1)
		VUNPCKLPS(x[3], x[2], t2)
		VUNPCKHPS(x[3], x[2], t3)
		for i, pair := range [4][2]reg.VecVirtual{{t0, t2}, {t0, t2}, {t1, t3}, {t1, t3}} {
			out[i] = ZMM()
			if i%2 == 0 {
				VUNPCKLPD(pair[1], pair[0], out[i])
			} else {
				VUNPCKHPD(pair[1], pair[0], out[i])
			}
		}
		return out
	}
	next := func() {
		for _, b := range base {
			ADDQ(Imm(16), b)
		}
		SUBQ(Imm(4), k)
	}

	MOVL(U32(15), bits)
	setMasks()
	CMPQ(rows, Imm(16))
	JNE(LabelRef("turn_few"))
	CMPQ(k, Imm(4))
	JLT(LabelRef("turn_few"))
	Label("turn_all") // 16 rows, 4 columns
	var x [4]reg.VecVirtual
	for i := range 16 {
		v := x[i%4]
		switch i / 4 {
		case 0:
			x[i] = ZMM()
			VMOVUPS(row(i), x[i].AsX())
		case 1:
			VINSERTF128(Imm(1), row(i), v.AsY(), v.AsY())
		default:
			VBROADCASTF32X4(row(i), quarter[i/4], v)
		}
	}
	for _, out := range transposed(x) {
		VMOVUPS(out, Mem{Base: dst})
		ADDQ(dstStride, dst)
	}
	next()
	CMPQ(k, Imm(4))
	JGE(LabelRef("turn_all"))
	TESTQ(k, k)
	JZ(LabelRef("turn_end"))

	Label("turn_few") // fewer rows or columns
	CMPQ(k, Imm(4))
	JGE(LabelRef("turn_four"))
	ones := GP64()
	MOVQ(I32(-1), ones)
	left := GP64()
	BZHIQ(k, ones, left)
	MOVL(left.As32(), bits)
	setMasks()
	Label("turn_four")
	x, load := turn()
	for i := range 16 {
		if i > 0 {
			CMPQ(rows, Imm(uint64(i)))
			JLE(LabelRef("turn_loaded"))
		}
		load(i)
	}
	Label("turn_loaded")
	for i, out := range transposed(x) {
		if i > 0 {
			CMPQ(k, Imm(uint64(i)))
			JLE(LabelRef("turn_end"))
		}
		VMOVUPS(out, Mem{Base: dst})
		ADDQ(dstStride, dst)
	}
	next()
	JG(LabelRef("turn_few"))
	Label("turn_end")
	VZEROUPPER()
	RET()
}
