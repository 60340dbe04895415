package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// GELU with AVX-512 uses the method of ../portable_exp.go with shortcuts: −|2u| needs no bounds,
// and ln 2 is one number, because its rounding error matters only where e^−|2u| is negligible.
// 1/(1+e) is a 14-bit estimate and one Newton step.
type gelu512 struct {
	end, begin, cubic, slope, linear, sign, log2e, round, ln2, one vec
	q                                                              []vec
}

func newGELU512(withSlope bool) *gelu512 {
	g := &gelu512{end: all(geluEnd), begin: all(-geluEnd), cubic: all(gelu3), linear: all(gelu1),
		sign:  all(float32(math.Copysign(0, -1))),
		log2e: all(log2e), round: all(rounder), ln2: all(math.Ln2), one: all(1)}
	if withSlope {
		g.slope = all(3 * gelu3)
	}
	for _, c := range q {
		g.q = append(g.q, all(c))
	}
	return g
}

// of returns GELU and, if wanted, its slope.
func (g *gelu512) of(low vec, withSlope bool) (y, slope vec) {
	z := func() vec { return ZMM() }
	x, xx, u2, e, r := z(), z(), copyOf(g.linear), z(), copyOf(g.round)
	VMAXPS(low, g.begin, low) // NaN is kept
	VMINPS(low, g.end, x)
	VMULPS(x, x, xx)
	fma(xx, g.cubic, u2)
	VMULPS(x, u2, u2)
	VORPS(g.sign, u2, e) // −|2u|
	n := fma(e, g.log2e, r)
	VSUBPS(g.round, n, n)
	fnma(n, g.ln2, e)
	p := copyOf(g.q[0])
	for _, c := range append(g.q[1:], g.one, g.one) {
		horner(p, e, c)
	}
	VSCALEFPS(n, p, e)
	d, inverse, rest := z(), z(), copyOf(g.one)
	VADDPS(g.one, e, d)
	VRCP14PS(d, inverse)
	fnma(d, inverse, rest)
	fma(rest, inverse, inverse)
	ed, s, negative := z(), z(), K()
	VMULPS(e, inverse, ed)
	VPMOVD2M(u2, negative)
	VBLENDMPS(ed, inverse, negative, s)
	y = z()
	VMULPS(low, s, y)
	if withSlope {
		w := copyOf(g.linear)
		fma(xx, g.slope, w)
		VMULPS(x, w, w)
		VMULPS(inverse, ed, ed)
		fma(w, ed, s)
	}
	return y, s
}

func gelus() {
	for _, withSlope := range []bool{false, true} {
		name := "gelu"
		if withSlope {
			name = "geluWithSlope"
		}
		activation512(name, withSlope, func() activation512Of { return newGELU512(withSlope).of })
	}
}

// activation512Of computes an activation of x and, if requested, its slope.
type activation512Of func(x vec, withSlope bool) (y, slope vec)

// activation512 writes name+"AVX512", which applies an activation to a slice. constants loads the
// constants of the activation.
func activation512(name string, withSlope bool, constants func() activation512Of) {
	if withSlope {
		TEXT(name+"AVX512", NOSPLIT, "func(dst, slope, x []float32)")
	} else {
		TEXT(name+"AVX512", NOSPLIT, "func(dst, x []float32)")
	}
	Pragma("noescape")
	Doc(name + "AVX512 is the AVX-512 version of " + name + "Go.")
	of := constants()
	x, n, i := Load(Param("x").Base(), GP64()), Load(Param("dst").Len(), GP64()), GP64()
	dst, slope := Load(Param("dst").Base(), GP64()), x
	if withSlope {
		slope = Load(Param("slope").Base(), GP64())
	}
	XORQ(i, i)
	SUBQ(Imm(lanes512), n)
	JLT(LabelRef(name + "512_end"))
	Label(name + "512")
	y, s := of(loadZ(Mem{Base: x, Index: i, Scale: 1}), withSlope)
	VMOVUPS(y, Mem{Base: dst, Index: i, Scale: 1})
	if withSlope {
		VMOVUPS(s, Mem{Base: slope, Index: i, Scale: 1})
	}
	ADDQ(Imm(4*lanes512), i)
	SUBQ(Imm(lanes512), n)
	JGE(LabelRef(name + "512"))
	Label(name + "512_end")
	ADDQ(Imm(lanes512), n)
	JZ(LabelRef(name + "512_done"))
	left, last := maskOf(n), ZMM()
	VMOVUPS_Z(Mem{Base: x, Index: i, Scale: 1}, left, last)
	y, s = of(last, withSlope)
	VMOVUPS(y, left, Mem{Base: dst, Index: i, Scale: 1})
	if withSlope {
		VMOVUPS(s, left, Mem{Base: slope, Index: i, Scale: 1})
	}
	Label(name + "512_done")
	VZEROUPPER()
	RET()
}
