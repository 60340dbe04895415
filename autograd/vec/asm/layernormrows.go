package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Layer norm of a multiple of 16 channels, four rows at a time: the sums of four rows are reduced
// together, and one load of the gain serves all of them.

// channels runs body for every 16 channels and advances the pointers along the rows.
func channels(label string, stride reg.Register, pointers []reg.GPVirtual, body func()) {
	left := GP64()
	MOVQ(stride, left)
	Label(label)
	body()
	for _, p := range pointers {
		ADDQ(Imm(4*lanes512), p)
	}
	SUBQ(Imm(4*lanes512), left)
	JG(LabelRef(label))
}

func back(stride reg.Register, pointers ...reg.GPVirtual) {
	for _, p := range pointers {
		SUBQ(stride, p)
	}
}

func zeroed() vec { v := ZMM(); VPXORD(v, v, v); return v }

// normed returns (x − mean)·rstd.
func normed(x Mem, mean, rstd vec) vec {
	v := loadZ(x)
	VSUBPS(mean, v, v)
	VMULPS(rstd, v, v)
	return v
}

func layerNormRows() {
	TEXT("layerNormRowsAVX512", NOSPLIT,
		"func(y, mean, rstd, x, gain, b *float32, rows, C int, perC, eps float32)")
	Pragma("noescape")
	Doc("layerNormRowsAVX512 normalizes four rows or more.")
	rows, t, stride := argument("rows"), GP64(), scaled("C")
	zero, one, perC, eps := zeroed(), all(1), everywhere("perC"), everywhere("eps")
	x := newFourRows(stride)
	y := fourRows{GP64(), x.stride, x.stride3}
	g, b := argument("gain"), argument("b")
	XORQ(t, t)
	Label("layerNormRows_block")
	x.begin(argument("x"), t)
	y.begin(argument("y"), t)
	sums := zeros(zero)
	channels("layerNormRows_mean", stride, []reg.GPVirtual{x.base}, func() {
		for r, s := range sums {
			VADDPS(x.row(r), s, s)
		}
	})
	back(stride, x.base)
	means := of4(sums, VADDPS)
	VMULPS(perC, means, means)
	var mean, rstd []vec
	for r := range atOnce {
		mean = append(mean, ofRow(means, r))
	}
	squares := zeros(zero)
	channels("layerNormRows_variance", stride, []reg.GPVirtual{x.base}, func() {
		for r, s := range squares {
			d := loadZ(x.row(r))
			VSUBPS(mean[r], d, d)
			fma(d, d, s)
		}
	})
	back(stride, x.base)
	variance := of4(squares, VADDPS)
	rstds := ZMM()
	VFMADD213PS(eps, perC, variance)
	VSQRTPS(variance, variance)
	VDIVPS(variance, one, rstds)
	VMOVUPS(means.AsX(), Mem{Base: argument("mean"), Index: t, Scale: 4})
	VMOVUPS(rstds.AsX(), Mem{Base: argument("rstd"), Index: t, Scale: 4})
	for r := range atOnce {
		rstd = append(rstd, ofRow(rstds, r))
	}
	channels("layerNormRows_normalize", stride, []reg.GPVirtual{x.base, y.base, g, b}, func() {
		gain, bias := loadZ(Mem{Base: g}), loadZ(Mem{Base: b})
		for r := range atOnce {
			n := normed(x.row(r), mean[r], rstd[r])
			VFMADD213PS(bias, gain, n)
			VMOVUPS(n, y.row(r))
		}
	})
	back(stride, g, b)
	ADDQ(Imm(atOnce), t)
	CMPQ(t, rows)
	JGE(LabelRef("layerNormRows_end"))
	last := GP64()
	LEAQ(Mem{Base: rows, Disp: -atOnce}, last) // the last four rows overlap the previous ones
	CMPQ(t, last)
	CMOVQGT(last, t)
	JMP(LabelRef("layerNormRows_block"))
	Label("layerNormRows_end")
	VZEROUPPER()
	RET()
}

func layerNormRowsBackward() {
	TEXT("layerNormRowsBackwardAVX512", NOSPLIT,
		"func(dx, dg, db, dy, x, gain, mean, rstd *float32, rows, C int, perC float32)")
	Pragma("noescape")
	Doc("layerNormRowsBackwardAVX512 adds the gradients of layerNormRowsAVX512, for a multiple " +
		"of four rows.")
	rows, stride := argument("rows"), scaled("C")
	zero, perC := zeroed(), everywhere("perC")
	x := newFourRows(stride)
	dy, dx := fourRows{argument("dy"), x.stride, x.stride3}, fourRows{argument("dx"), x.stride,
		x.stride3}
	MOVQ(argument("x"), x.base)
	g, dg, db := argument("gain"), argument("dg"), argument("db")
	means, rstds := argument("mean"), argument("rstd")
	Label("layerNormRowsBackward_block")
	var mean, rstd []vec
	for r := range atOnce {
		m, s := ZMM(), ZMM()
		VBROADCASTSS(Mem{Base: means, Disp: 4 * r}, m)
		VBROADCASTSS(Mem{Base: rstds, Disp: 4 * r}, s)
		mean, rstd = append(mean, m), append(rstd, s)
	}
	first, second := zeros(zero), zeros(zero)
	channels("layerNormRowsBackward_sums", stride, []reg.GPVirtual{x.base, dy.base, g, dg, db},
		func() {
			gain, dgain, dbias := loadZ(Mem{Base: g}), loadZ(Mem{Base: dg}), loadZ(Mem{Base: db})
			for r := range atOnce {
				n, d, dyg := normed(x.row(r), mean[r], rstd[r]), loadZ(dy.row(r)), ZMM()
				fma(d, n, dgain)
				VADDPS(d, dbias, dbias)
				VMULPS(d, gain, dyg)
				VADDPS(dyg, first[r], first[r])
				fma(dyg, n, second[r])
			}
			VMOVUPS(dgain, Mem{Base: dg})
			VMOVUPS(dbias, Mem{Base: db})
		})
	back(stride, x.base, dy.base, g, dg, db)
	var avg [2][]vec
	for i, s := range [][]vec{first, second} {
		a := of4(s, VADDPS)
		VMULPS(perC, a, a)
		for r := range atOnce {
			avg[i] = append(avg[i], ofRow(a, r))
		}
	}
	channels("layerNormRowsBackward_dx", stride, []reg.GPVirtual{x.base, dy.base, dx.base, g},
		func() {
			gain := loadZ(Mem{Base: g})
			for r := range atOnce {
				n, d, sum := normed(x.row(r), mean[r], rstd[r]), loadZ(dy.row(r)), loadZ(dx.row(r))
				VFMSUB213PS(avg[0][r], gain, d) // d·gain − avg1
				fnma(n, avg[1][r], d)
				fma(d, rstd[r], sum)
				VMOVUPS(sum, dx.row(r))
			}
		})
	back(stride, g)
	for _, p := range []reg.GPVirtual{x.base, dy.base, dx.base} {
		ADDQ(x.stride3, p)
	}
	ADDQ(Imm(4*atOnce), means)
	ADDQ(Imm(4*atOnce), rstds)
	SUBQ(Imm(atOnce), rows)
	JG(LabelRef("layerNormRowsBackward_block"))
	VZEROUPPER()
	RET()
}
