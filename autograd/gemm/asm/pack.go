package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// copyRows writes the packer for contiguous rows: n rows of up to 32 floats.
func copyRows() {
	TEXT("avx512CopyRows", NOSPLIT,
		"func(dst *float32, dstStride int, src *float32, srcStride, n int, mask uint64)")
	Pragma("noescape")
	Doc("avx512CopyRows copies the floats of n rows whose bit in mask is set; the others are 0.")
	dst, dstStride := Load(Param("dst"), GP64()), Load(Param("dstStride"), GP64())
	src, srcStride := Load(Param("src"), GP64()), Load(Param("srcStride"), GP64())
	n, bits := Load(Param("n"), GP64()), Load(Param("mask"), GP64())
	SHLQ(Imm(2), dstStride)
	SHLQ(Imm(2), srcStride)
	low, high := K(), K()
	KMOVW(bits.(reg.GPVirtual).As32(), low)
	SHRQ(Imm(16), bits)
	KMOVW(bits.(reg.GPVirtual).As32(), high)
	Label("rows512")
	x, y := ZMM(), ZMM()
	VMOVUPS_Z(Mem{Base: src}, low, x)
	VMOVUPS_Z(Mem{Base: src, Disp: 64}, high, y)
	VMOVUPS(x, Mem{Base: dst})
	VMOVUPS(y, Mem{Base: dst, Disp: 64})
	ADDQ(srcStride, src)
	ADDQ(dstStride, dst)
	DECQ(n)
	JNZ(LabelRef("rows512"))
	VZEROUPPER()
	RET()

	TEXT("avx512CopyNarrow", NOSPLIT,
		"func(dst *float32, dstStride int, src *float32, srcStride, n int, mask uint64)")
	Pragma("noescape")
	Doc("avx512CopyNarrow copies n rows of up to 16 floats and touches no others.")
	dst, dstStride = Load(Param("dst"), GP64()), Load(Param("dstStride"), GP64())
	src, srcStride = Load(Param("src"), GP64()), Load(Param("srcStride"), GP64())
	n, bits = Load(Param("n"), GP64()), Load(Param("mask"), GP64())
	SHLQ(Imm(2), dstStride)
	SHLQ(Imm(2), srcStride)
	low = K()
	KMOVW(bits.(reg.GPVirtual).As32(), low)
	Label("narrow512")
	x = ZMM()
	VMOVUPS_Z(Mem{Base: src}, low, x)
	VMOVUPS(x, low, Mem{Base: dst})
	ADDQ(srcStride, src)
	ADDQ(dstStride, dst)
	DECQ(n)
	JNZ(LabelRef("narrow512"))
	VZEROUPPER()
	RET()

	TEXT("avx2CopyRows", NOSPLIT,
		"func(dst *float32, dstStride int, src *float32, srcStride, n int)")
	Pragma("noescape")
	Doc("avx2CopyRows copies n rows of 16 floats.")
	dst, dstStride = Load(Param("dst"), GP64()), Load(Param("dstStride"), GP64())
	src, srcStride = Load(Param("src"), GP64()), Load(Param("srcStride"), GP64())
	n = Load(Param("n"), GP64())
	SHLQ(Imm(2), dstStride)
	SHLQ(Imm(2), srcStride)
	Label("rows2")
	x, y = YMM(), YMM()
	VMOVUPS(Mem{Base: src}, x)
	VMOVUPS(Mem{Base: src, Disp: 32}, y)
	VMOVUPS(x, Mem{Base: dst})
	VMOVUPS(y, Mem{Base: dst, Disp: 32})
	ADDQ(srcStride, src)
	ADDQ(dstStride, dst)
	DECQ(n)
	JNZ(LabelRef("rows2"))
	VZEROUPPER()
	RET()
}

// transpose8 writes the packer for transposed matrices: 8 rows of src become 8 columns of dst.
func transpose8() {
	TEXT("avx2Transpose8", NOSPLIT,
		"func(dst *float32, dstStride int, src *float32, srcStride, n int)")
	Pragma("noescape")
	Doc("avx2Transpose8 stores 8 rows of 8·n floats as 8·n rows of 8.")
	dst, dstStride := Load(Param("dst"), GP64()), Load(Param("dstStride"), GP64())
	src, srcStride := Load(Param("src"), GP64()), Load(Param("srcStride"), GP64())
	n := Load(Param("n"), GP64())
	SHLQ(Imm(2), dstStride)
	SHLQ(Imm(2), srcStride)
	src3, dst3, half := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: srcStride, Index: srcStride, Scale: 2}, src3)
	LEAQ(Mem{Base: dstStride, Index: dstStride, Scale: 2}, dst3)
	LEAQ(Mem{Base: src, Index: srcStride, Scale: 4}, half)
	row := func(base, stride, stride3 reg.Register, i, disp int) Mem {
		switch i {
		case 0:
			return Mem{Base: base, Disp: disp}
		case 3:
			return Mem{Base: base, Index: stride3, Scale: 1, Disp: disp}
		}
		return Mem{Base: base, Index: stride, Scale: uint8(i), Disp: disp}
	}
	Label("eight")
	// Each register holds 4 floats of row i in its low half and 4 of row i+4 in its high half.
	var left, right [4]reg.VecVirtual
	for i := range 4 {
		left[i], right[i] = YMM(), YMM()
		VMOVUPS(row(src, srcStride, src3, i, 0), left[i].AsX())
		VINSERTF128(Imm(1), row(half, srcStride, src3, i, 0), left[i], left[i])
		VMOVUPS(row(src, srcStride, src3, i, 16), right[i].AsX())
		VINSERTF128(Imm(1), row(half, srcStride, src3, i, 16), right[i], right[i])
	}
	for part, q := range [][4]reg.VecVirtual{left, right} {
		t0, t1, t2, t3 := YMM(), YMM(), YMM(), YMM()
		VUNPCKLPS(q[1], q[0], t0)
		VUNPCKHPS(q[1], q[0], t1)
		VUNPCKLPS(q[3], q[2], t2)
		VUNPCKHPS(q[3], q[2], t3)
		for i, pair := range [4][2]reg.VecVirtual{{t0, t2}, {t0, t2}, {t1, t3}, {t1, t3}} {
			out := YMM()
			if i%2 == 0 {
				VUNPCKLPD(pair[1], pair[0], out)
			} else {
				VUNPCKHPD(pair[1], pair[0], out)
			}
			VMOVUPS(out, row(dst, dstStride, dst3, i, 0))
		}
		LEAQ(Mem{Base: dst, Index: dstStride, Scale: 4}, dst)
		_ = part
	}
	ADDQ(Imm(32), src)
	ADDQ(Imm(32), half)
	DECQ(n)
	JNZ(LabelRef("eight"))
	VZEROUPPER()
	RET()
}

// fetch writes the loop that prefetches a block of memory in the order of its addresses, so that
// the kernel, which reads it in tiles, finds it in the L2 cache.
func fetch() {
	TEXT("fetchLines", NOSPLIT, "func(p *float32, stride, rows, lines int)")
	Pragma("noescape")
	Doc("fetchLines prefetches the first cache lines of each row into the L2 cache.")
	p, stride := Load(Param("p"), GP64()), Load(Param("stride"), GP64())
	rows, lines := Load(Param("rows"), GP64()), Load(Param("lines"), GP64())
	SHLQ(Imm(2), stride)
	Label("fetch_row")
	at, left := GP64(), GP64()
	MOVQ(p, at)
	MOVQ(lines, left)
	Label("fetch_line")
	PREFETCHT1(Mem{Base: at})
	ADDQ(Imm(64), at)
	DECQ(left)
	JNZ(LabelRef("fetch_line"))
	ADDQ(stride, p)
	DECQ(rows)
	JNZ(LabelRef("fetch_row"))
	RET()
}
