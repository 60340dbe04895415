package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Attention over a short window, where a row of att is one vector. The kernels compute four rows at
// a time; if T is not a multiple of four, the last four rows overlap the previous ones.

const atOnce = 4

// fourRows points to four rows of a matrix that are stride bytes apart.
type fourRows struct{ base, stride, stride3 reg.GPVirtual }

func newFourRows(stride reg.GPVirtual) fourRows {
	f := fourRows{base: GP64(), stride: stride, stride3: GP64()}
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, f.stride3)
	return f
}

// begin sets the first row to row i of m.
func (f fourRows) begin(m reg.Register, i reg.GPVirtual) {
	MOVQ(i, f.base)
	IMULQ(f.stride, f.base)
	ADDQ(m, f.base)
}

func (f fourRows) row(r int) Mem {
	switch r {
	case 0:
		return Mem{Base: f.base}
	case 3:
		return Mem{Base: f.base, Index: f.stride3, Scale: 1}
	}
	return Mem{Base: f.base, Index: f.stride, Scale: uint8(r)}
}

func zeros(zero vec) (acc []vec) {
	for range atOnce {
		acc = append(acc, copyOf(zero))
	}
	return acc
}

// turnRows transposes the T rows of D floats at from into D rows of 16 floats; columns beyond T
// repeat the last row.
func turnRows(name string, from, stride, T, left, to reg.GPVirtual) {
	out := GP64()
	MOVQ(to, out)
	Label(name)
	p, next := GP64(), GP64()
	MOVQ(from, p)
	var x []vec
	for i := range lanes512 {
		x = append(x, loadZ(Mem{Base: p}))
		if i < lanes512-1 {
			LEAQ(Mem{Base: p, Index: stride, Scale: 1}, next)
			CMPQ(T, Imm(uint64(i+1)))
			CMOVQGT(next, p)
		}
	}
	pairs := func(step int, low, high func(a, b, to vec)) {
		for i := range x {
			if i&step == 0 {
				l, h := ZMM(), ZMM()
				low(x[i], x[i+step], l)
				high(x[i], x[i+step], h)
				x[i], x[i+step] = l, h
			}
		}
	}
	pairs(1, func(a, b, to vec) { VUNPCKLPS(b, a, to) }, func(a, b, to vec) { VUNPCKHPS(b, a, to) })
	pairs(2, func(a, b, to vec) { VUNPCKLPD(b, a, to) }, func(a, b, to vec) { VUNPCKHPD(b, a, to) })
	quarters := func(imm uint64) func(a, b, to vec) {
		return func(a, b, to vec) { VSHUFF32X4(Imm(imm), b, a, to) }
	}
	pairs(4, quarters(0x88), quarters(0xdd))
	pairs(8, quarters(0x88), quarters(0xdd))
	for i, v := range x { // the two lowest bits of a column index are swapped
		VMOVUPS(v, Mem{Base: out, Disp: 4 * lanes512 * (i&^3 | i&1<<1 | i&2>>1)})
	}
	ADDQ(Imm(4*lanes512), from)
	ADDQ(U32(4*lanes512*lanes512), out)
	SUBQ(Imm(lanes512), left)
	JG(LabelRef(name))
}

// window is the common part of the kernels for one head over T positions, where D is a multiple of
// 16.
type window struct {
	name         string
	t, T         reg.GPVirtual // t is the first of the four rows
	work, turned reg.GPVirtual // 16 floats for each row of att, and the turned k or v
	zero, scale  vec
	columns      reg.OpmaskVirtual // T lanes
	seen         [atOnce]reg.OpmaskVirtual
}

func newWindow(name, signature, doc string, turned string) *window {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(doc)
	w := &window{name: name, t: GP64(), T: argument("T"), work: argument("work"), turned: GP64(),
		zero: zeroed(), scale: everywhere("scale")}
	w.columns = maskOf(w.T)
	MOVQ(w.work, w.turned)
	ADDQ(U32(4*lanes512*lanes512), w.turned)
	turnRows(name+"_turn", argument(turned), scaled("stride"), w.T, argument("D"), w.turned)
	return w
}

// blocks runs body for t = 0, 4, … and finally T − 4.
func (w *window) blocks(label string, body func()) {
	XORQ(w.t, w.t)
	Label(w.name + label)
	body()
	ADDQ(Imm(atOnce), w.t)
	CMPQ(w.t, w.T)
	JGE(LabelRef(w.name + label + "_end"))
	last := GP64()
	LEAQ(Mem{Base: w.T, Disp: -atOnce}, last)
	CMPQ(w.t, last)
	CMOVQGT(last, w.t)
	JMP(LabelRef(w.name + label))
	Label(w.name + label + "_end")
}

// look loads the masks of the positions that the four rows attend to.
func (w *window) look() {
	seen := argument("seen")
	for r := range w.seen {
		w.seen[r] = K()
		KMOVW(Mem{Base: seen, Index: w.t, Scale: 2, Disp: 2 * r}, w.seen[r])
	}
}

// products returns the products of four rows of m with all transposed rows.
func (w *window) products(m, stride string) []vec {
	rows, acc := newFourRows(scaled(stride)), zeros(w.zero)
	rows.begin(argument(m), w.t)
	turned, left := GP64(), argument("D")
	MOVQ(w.turned, turned)
	label := w.name + "_products"
	Label(label)
	const unroll = 4
	for d := range unroll {
		column := loadZ(Mem{Base: turned, Disp: 4 * lanes512 * d})
		for r, a := range acc {
			x := rows.row(r)
			x.Disp = 4 * d
			VFMADD231PS_BCST(x, column, a)
		}
	}
	ADDQ(Imm(4*unroll), rows.base)
	ADDQ(U32(4*lanes512*unroll), turned)
	SUBQ(Imm(unroll), left)
	JG(LabelRef(label))
	return acc
}

// ifCausal copies from to to if no position attends to a later one.
func (w *window) ifCausal(from, to reg.GPVirtual) {
	causal := argument("causal")
	TESTQ(causal, causal)
	CMOVQNE(from, to)
}

// mixtures stores in four rows of out the sums of the rows of m, weighted with the four rows of att
// at weights. A causal window has no weights after the diagonal, and the sums end there.
func (w *window) mixtures(out, outStride, m string, weights reg.GPVirtual) {
	to := newFourRows(scaled(outStride))
	to.begin(argument(out), w.t)
	from, stride, end, left := argument(m), scaled("stride"), argument("T"), argument("D")
	diagonal := GP64()
	LEAQ(Mem{Base: w.t, Disp: atOnce}, diagonal)
	w.ifCausal(diagonal, end)
	label := w.name + "_mixtures"
	Label(label)
	acc := zeros(w.zero)
	row, j := GP64(), GP64()
	MOVQ(from, row)
	XORQ(j, j)
	Label(label + "_row")
	x := loadZ(Mem{Base: row})
	for r, a := range acc {
		VFMADD231PS_BCST(Mem{Base: weights, Index: j, Scale: 4, Disp: 4 * lanes512 * r}, x, a)
	}
	ADDQ(stride, row)
	INCQ(j)
	CMPQ(j, end)
	JLT(LabelRef(label + "_row"))
	for r, a := range acc {
		VMOVUPS(a, to.row(r))
	}
	ADDQ(Imm(4*lanes512), to.base)
	ADDQ(Imm(4*lanes512), from)
	SUBQ(Imm(lanes512), left)
	JG(LabelRef(label))
}

func attention() {
	attentionForward()
	attentionBackward()
}

// windowArguments are the last arguments of both kernels.
const windowArguments = "stride, T, D int, scale float32, seen *uint16, causal int, work *float32)"

func attentionForward() {
	w := newWindow("attentionAVX512",
		"func(y *float32, yStride int, att, q, k, v *float32, "+windowArguments,
		"attentionAVX512 computes att = softmax(scale·q·kᵀ) where seen, y = att·v.", "k")
	e, none := newExponential(), all(float32(math.Inf(-1)))
	w.blocks("_block", func() {
		scores := w.products("q", "stride")
		w.look()
		for r, s := range scores {
			scores[r] = copyOf(none)
			VMULPS(w.scale, s, w.seen[r], scores[r])
		}
		top := of4(scores, VMAXPS)
		for r, s := range scores {
			VSUBPS(ofRow(top, r), s, s)
		}
		att := e.of(scores)
		for r, a := range att {
			VMOVAPS_Z(a, w.seen[r], a)
		}
		inverse := ZMM()
		VDIVPS(of4(att, VADDPS), e.one, inverse)
		to := newFourRows(scaled("T"))
		to.begin(argument("att"), w.t)
		for r, a := range att {
			VMULPS(ofRow(inverse, r), a, a)
			VMOVUPS(a, w.columns, to.row(r))
			VMOVUPS(a, Mem{Base: w.work, Disp: 4 * lanes512 * r})
		}
		w.mixtures("y", "yStride", "v", w.work)
	})
	VZEROUPPER()
	RET()
}

func attentionBackward() {
	w := newWindow("attentionBackwardAVX512",
		"func(dq, dk, dv, dy *float32, yStride int, att, q, k, v *float32, "+windowArguments,
		"attentionBackwardAVX512 is the backward pass of attentionAVX512; it overwrites dq, dk "+
			"and dv.", "v")
	w.blocks("_scores", func() {
		datt := w.products("dy", "yStride")
		w.look()
		from := newFourRows(scaled("T"))
		from.begin(argument("att"), w.t)
		var att []vec
		for r, d := range datt {
			a := ZMM()
			VMOVUPS_Z(from.row(r), w.columns, a)
			att = append(att, a)
			VMULPS_Z(a, d, w.seen[r], d)
		}
		sums := of4(datt, VADDPS)
		weights := GP64()
		MOVQ(w.t, weights)
		SHLQ(Imm(6), weights)
		ADDQ(w.work, weights)
		for r, d := range datt {
			fnma(att[r], ofRow(sums, r), d)
			VMULPS(w.scale, d, d)
			VMOVUPS(d, Mem{Base: weights, Disp: 4 * lanes512 * r})
		}
		w.mixtures("dq", "stride", "k", weights)
	})
	w.blocks("_columns", w.columnSums)
	VZEROUPPER()
	RET()
}

// columnSums stores four rows of dk = dscoresᵀ·q and dv = attᵀ·dy: the sums over four columns. A
// causal window has nothing above the diagonal, and the sums begin there.
func (w *window) columnSums() {
	stride, offset := scaled("stride"), GP64()
	dk := newFourRows(stride)
	dv := fourRows{GP64(), dk.stride, dk.stride3}
	dk.begin(argument("dk"), w.t)
	MOVQ(argument("dv"), dv.base)
	SUBQ(argument("dk"), dv.base)
	ADDQ(dk.base, dv.base)
	XORQ(offset, offset)
	begin := GP64()
	XORQ(begin, begin)
	w.ifCausal(w.t, begin)
	label := w.name + "_sums"
	Label(label)
	dks, dvs := zeros(w.zero), zeros(w.zero)
	at := func(m, by string) (reg.GPVirtual, reg.GPVirtual) { // the first row
		p, stride := GP64(), scaled(by)
		MOVQ(begin, p)
		IMULQ(stride, p)
		ADDQ(argument(m), p)
		return p, stride
	}
	q, _ := at("q", "stride")
	dy, yStride := at("dy", "yStride")
	att, _ := at("att", "T")
	scores, left := GP64(), GP64()
	MOVQ(begin, scores)
	SHLQ(Imm(6), scores)
	ADDQ(w.work, scores)
	MOVQ(w.T, left)
	SUBQ(begin, left)
	ADDQ(offset, q)
	ADDQ(offset, dy)
	LEAQ(Mem{Base: att, Index: w.t, Scale: 4}, att)
	LEAQ(Mem{Base: scores, Index: w.t, Scale: 4}, scores)
	Label(label + "_row")
	x, d := loadZ(Mem{Base: q}), loadZ(Mem{Base: dy})
	for r := range atOnce {
		VFMADD231PS_BCST(Mem{Base: scores, Disp: 4 * r}, x, dks[r])
		VFMADD231PS_BCST(Mem{Base: att, Disp: 4 * r}, d, dvs[r])
	}
	ADDQ(stride, q)
	ADDQ(yStride, dy)
	LEAQ(Mem{Base: att, Index: w.T, Scale: 4}, att)
	ADDQ(Imm(4*lanes512), scores)
	DECQ(left)
	JG(LabelRef(label + "_row"))
	for r := range atOnce {
		VMOVUPS(dks[r], dk.row(r))
		VMOVUPS(dvs[r], dv.row(r))
	}
	ADDQ(Imm(4*lanes512), dk.base)
	ADDQ(Imm(4*lanes512), dv.base)
	ADDQ(Imm(4*lanes512), offset)
	CMPQ(offset, scaled("D"))
	JLT(LabelRef(label))
}
