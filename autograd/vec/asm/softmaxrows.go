package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowsInPlace walks through the rows of a matrix, n floats each, 16 floats at a time.
type rowsInPlace struct {
	name    string
	x, n    reg.GPVirtual // x is the current row
	p, left reg.GPVirtual
	present reg.OpmaskVirtual // lanes that the row has
}

// each runs body for every 16 floats of the current row, at p. The pointers in others advance with
// p.
func (r *rowsInPlace) each(label string, others []reg.GPVirtual, body func()) {
	r.p, r.left, r.present = GP64(), GP64(), K()
	MOVQ(r.x, r.p)
	MOVQ(r.n, r.left)
	ones, count := GP64(), GP64()
	MOVQ(I32(-1), ones)
	Label(r.name + label)
	MOVQ(U32(lanes512), count)
	CMPQ(r.left, count)
	CMOVQLT(r.left, count)
	BZHIQ(count, ones, count)
	KMOVW(count.As32(), r.present)
	body()
	for _, q := range append(others, r.p) {
		ADDQ(Imm(4*lanes512), q)
	}
	SUBQ(Imm(lanes512), r.left)
	JG(LabelRef(r.name + label))
}

// next moves to the next row and jumps back to label if there is one.
func (r *rowsInPlace) next(label string, rows reg.GPVirtual, others ...reg.GPVirtual) {
	for _, q := range append(others, r.x) {
		LEAQ(Mem{Base: q, Index: r.n, Scale: 4}, q)
	}
	DECQ(rows)
	JG(LabelRef(r.name + label))
}

// inAllLanes reduces a vector: op over all lanes, in every lane.
func inAllLanes(x vec, op func(...Op)) vec {
	// the halves change places, then the quarters of each half
	for _, order := range []uint64{0x4e, 0xb1} {
		s := ZMM()
		VSHUFF32X4(Imm(order), x, x, s)
		op(s, x, x)
	}
	for _, order := range []uint64{0x4e, 0xb1} { // the same inside the quarters
		s := ZMM()
		VPERMILPS(Imm(order), x, s)
		op(s, x, x)
	}
	return x
}

func softmaxRows() {
	const name = "softmaxRowsAVX512"
	TEXT(name, NOSPLIT, "func(x, top, sum *float32, rows, n int, from, to *int32, first int32)")
	Pragma("noescape")
	Doc(name + " is SoftmaxRows for n of at least 1.")
	r := &rowsInPlace{name: name, x: argument("x"), n: argument("n")}
	rows, from, to := argument("rows"), argument("from"), argument("to")
	tops, sums := argument("top"), argument("sum")
	first := GP32()
	Load(Param("first"), first)
	e := newExponential()
	lanes, sixteen, none := ZMM(), ZMM(), all(float32(math.Inf(-1)))
	VMOVDQU32(lanesData(), lanes)
	VPBROADCASTD(kBits(lanes512), sixteen)

	Label(name + "_row")
	bound := func(p reg.GPVirtual) vec { // column of the row
		v, n := ZMM(), GP32()
		MOVL(Mem{Base: p}, n)
		SUBL(first, n)
		VPBROADCASTD(n, v)
		ADDQ(Imm(4), p)
		return v
	}
	low, high, column, seen := bound(from), bound(to), ZMM(), K()
	see := func() { // sets seen to the lanes inside the bounds
		VPCMPD(Imm(5), low, column, seen)        // column ≥ low
		VPCMPD(Imm(1), high, column, seen, seen) // column < high
		VPADDD(sixteen, column, column)
	}
	top, sum := copyOf(none), zeroed()
	VMOVDQA32(lanes, column)
	r.each("_top", nil, func() {
		see()
		VMAXPS(Mem{Base: r.p}, top, seen, top)
	})
	top = inAllLanes(top, VMAXPS)
	VMOVDQA32(lanes, column)
	r.each("_exp", nil, func() {
		see()
		x := ZMM()
		VMOVUPS_Z(Mem{Base: r.p}, seen, x)
		VSUBPS(top, x, x)
		y := e.of([]vec{x})[0]
		VMOVAPS_Z(y, seen, y)
		VADDPS(y, sum, sum)
		VMOVUPS(y, r.present, Mem{Base: r.p})
	})
	sum = inAllLanes(sum, VADDPS)
	VMOVSS(top.AsX(), Mem{Base: tops})
	VMOVSS(sum.AsX(), Mem{Base: sums})
	ADDQ(Imm(4), tops)
	ADDQ(Imm(4), sums)
	scale := ZMM()
	VDIVPS(sum, e.one, scale)
	r.each("_scale", nil, func() {
		x := ZMM()
		VMULPS_Z(Mem{Base: r.p}, scale, r.present, x)
		VMOVUPS(x, r.present, Mem{Base: r.p})
	})
	r.next("_row", rows)
	VZEROUPPER()
	RET()
}

// lanesData is the vector 0, 1, …, 15.
func lanesData() Mem {
	m := GLOBL("lanes", RODATA|NOPTR)
	for i := range lanes512 {
		DATA(4*i, U32(uint32(i)))
	}
	return m
}

func softmaxRowsBackward() {
	const name = "softmaxRowsBackwardAVX512"
	TEXT(name, NOSPLIT, "func(dx, y *float32, rows, n int)")
	Pragma("noescape")
	Doc(name + " is SoftmaxRowsBackward for n of at least 1.")
	r := &rowsInPlace{name: name, x: argument("dx"), n: argument("n")}
	y, rows := argument("y"), argument("rows")

	Label(name + "_row")
	dot, q := zeroed(), GP64()
	MOVQ(y, q)
	r.each("_dot", []reg.GPVirtual{q}, func() {
		a := ZMM()
		VMOVUPS_Z(Mem{Base: q}, r.present, a)
		VFMADD231PS(Mem{Base: r.p}, a, r.present, dot)
	})
	dot = inAllLanes(dot, VADDPS)
	MOVQ(y, q)
	r.each("_store", []reg.GPVirtual{q}, func() {
		d := ZMM()
		VMOVUPS_Z(Mem{Base: r.p}, r.present, d)
		VSUBPS(dot, d, d)
		VMULPS_Z(Mem{Base: q}, d, r.present, d)
		VMOVUPS(d, r.present, Mem{Base: r.p})
	})
	r.next("_row", rows, y)
	VZEROUPPER()
	RET()
}
