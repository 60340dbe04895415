package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func adamW() {
	var f [8]vec // beta1 beta1c beta2 beta2c keep rate rootc eps
	kernel("adamWAVX2", "func(w, g, m, v []float32, f *[8]float32)", "w",
		[]string{"w", "g", "m", "v"}, 1, 1, func(*loop) {
			p := Load(Param("f"), GP64())
			for i := range f {
				f[i] = YMM()
				VBROADCASTSS(Mem{Base: p, Disp: 4 * i}, f[i])
			}
		}, func(l *loop, _ int) {
			g := l.load("g")
			m := fma(g, f[1], mul(l.load("m"), f[0]))
			l.store(m, "m")
			v := fma(mul(g, g), f[3], mul(l.load("v"), f[2]))
			l.store(v, "v")
			root := YMM()
			VSQRTPS(v, root)
			root = horner(root, f[6], f[7])
			w := mul(l.load("w"), f[4])
			l.store(sub(w, div(mul(m, f[5]), root)), "w")
		}, nil)
}

// adamW512 computes the root and the quotient from 14-bit estimates and one Newton step each,
// because the exact instructions would take most of the time. The bounds keep the estimates finite;
// they are far from values where eps or a gradient matters.
func adamW512() {
	TEXT("adamWAVX512", NOSPLIT, "func(w, g, m, v []float32, f *[8]float32)")
	Pragma("noescape")
	Doc("adamWAVX512 is the AVX-512 version of adamWGo.")
	pw, pg, pm, pv := Load(Param("w").Base(), GP64()), Load(Param("g").Base(),
		GP64()), Load(Param("m").Base(), GP64()), Load(Param("v").Base(), GP64())
	n, i, p := Load(Param("w").Len(), GP64()), GP64(), argument("f")
	var f [8]vec
	for j := range f {
		f[j] = ZMM()
		VBROADCASTSS(Mem{Base: p, Disp: 4 * j}, f[j])
	}
	least, most, half, one := all(0x1p-126), all(0x1p126), all(0.5), all(1)
	lanes, ones := K(), GP64()
	MOVQ(I32(-1), ones)
	KMOVW(ones.As32(), lanes)
	XORQ(i, i)
	at := func(p reg.Register) Mem { return Mem{Base: p, Index: i, Scale: 1} }
	load := func(p reg.Register) vec { v := ZMM(); VMOVUPS_Z(at(p), lanes, v); return v }
	Label("adamW512")
	CMPQ(n, Imm(lanes512))
	JGE(LabelRef("adamW512_all"))
	TESTQ(n, n)
	JLE(LabelRef("adamW512_end"))
	BZHIQ(n, ones, ones)
	KMOVW(ones.As32(), lanes)
	Label("adamW512_all")
	g, m, v := load(pg), load(pm), load(pv)
	z := func() vec { return ZMM() }
	VMULPS(f[0], m, m)
	fma(g, f[1], m)
	VMOVUPS(m, lanes, at(pm))
	VMULPS(f[2], v, v)
	VMULPS(g, g, g)
	fma(g, f[3], v)
	VMOVUPS(v, lanes, at(pv))
	y, root, rest := z(), z(), copyOf(half)
	VMAXPS(v, least, v) // NaN is kept
	VMINPS(v, most, v)
	VRSQRT14PS(v, y)
	VMULPS(v, y, root)
	VMULPS(half, y, y)
	fnma(y, root, rest)
	fma(root, rest, root)
	VFMADD213PS(f[7], f[6], root)
	inverse, w := z(), load(pw)
	VRCP14PS(root, inverse)
	rest = copyOf(one)
	fnma(root, inverse, rest)
	fma(rest, inverse, inverse)
	VMULPS(f[5], m, m)
	VMULPS(f[4], w, w)
	fnma(m, inverse, w)
	VMOVUPS(w, lanes, at(pw))
	ADDQ(Imm(4*lanes512), i)
	SUBQ(Imm(lanes512), n)
	JG(LabelRef("adamW512"))
	Label("adamW512_end")
	VZEROUPPER()
	RET()
}
