package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of the modern decoder: rotary positions, RMSNorm and SwiGLU.

func rotary() {
	ab := []string{"a", "b", "cos", "sin"}
	kernel("rotateAVX2", "func(a, b, cos, sin []float32)", "a", ab, 1, 1, nil,
		func(l *loop, _ int) {
			a, b, cos, sin := l.load("a"), l.load("b"), l.load("cos"), l.load("sin")
			x, y := mul(b, sin), mul(a, sin)
			VFMSUB231PS(cos, a, x) // a·cos − b·sin
			l.store(x, "a")
			l.store(fma(b, cos, y), "b")
		}, nil)
}

func rmsNorm() {
	var rrms, avg vec
	kernel("rmsNormalizeAVX2", "func(y, x, g []float32, rrms float32)", "y",
		[]string{"y", "x", "g"}, 1, 1, func(*loop) { rrms = broadcast("rrms") },
		func(l *loop, _ int) {
			l.store(mul(mul(l.load("x"), rrms), l.load("g")), "y")
		}, nil)

	acc, zero := accumulators()
	kernel("rmsNormSumsAVX2", "func(dg, dy, x, g []float32, rrms float32) (s float32)", "dg",
		[]string{"dg", "dy", "x", "g"}, 1, 4, func(l *loop) {
			zero(l)
			rrms = broadcast("rrms")
		}, func(l *loop, u int) {
			norm, dy := mul(l.load("x"), rrms), l.load("dy")
			l.store(fma(dy, norm, l.load("dg")), "dg")
			fma(mul(dy, l.load("g")), norm, acc[u])
		}, func(*loop) {
			result(0, lanesOf(add(add(acc[0], acc[1]), add(acc[2], acc[3]))))
		})

	kernel("rmsNormBackwardAVX2", "func(dx, dy, x, g []float32, rrms, avg float32)", "dx",
		[]string{"dx", "dy", "x", "g"}, 1, 1, func(*loop) {
			rrms, avg = broadcast("rrms"), broadcast("avg")
		}, func(l *loop, _ int) {
			norm := mul(l.load("x"), rrms)
			d := fnma(norm, avg, mul(l.load("dy"), l.load("g")))
			l.store(fma(d, rrms, l.load("dx")), "dx")
		}, nil)
}

func swiGLU() {
	kernel("swiGLUAVX2", "func(y, sig, gate, up []float32)", "y",
		[]string{"y", "sig", "gate", "up"}, 1, 1, nil, func(l *loop, _ int) {
			gate := l.load("gate")
			s := sigmoid(gate)
			l.store(s, "sig")
			l.store(mul(mul(s, gate), l.load("up")), "y")
		}, nil)
	kernel("swiGLUBackwardAVX2", "func(dgate, dup, dy, sig, gate, up []float32)", "dgate",
		[]string{"dgate", "dup", "dy", "sig", "gate", "up"}, 1, 1, nil, func(l *loop, _ int) {
			gate, s, dy := l.load("gate"), l.load("sig"), l.load("dy")
			slope := fma(gate, oneMinus(s), constant(1))
			dgate := mul(mul(dy, l.load("up")), mul(s, slope))
			l.store(mul(dy, mul(gate, s)), "dup")
			l.store(dgate, "dgate")
		}, nil)
	swiGLU512()
}

// swiGLU512 uses the sigmoid of gelu512.
func swiGLU512() {
	TEXT("swiGLUAVX512", NOSPLIT, "func(y, sig, gate, up []float32)")
	Pragma("noescape")
	Doc("swiGLUAVX512 is the AVX-512 version of swiGLUGo.")
	c := newSigmoid512()
	y, sig := Load(Param("y").Base(), GP64()), Load(Param("sig").Base(), GP64())
	gate, up := Load(Param("gate").Base(), GP64()), Load(Param("up").Base(), GP64())
	n, i := Load(Param("y").Len(), GP64()), GP64()
	XORQ(i, i)
	at := func(base reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 1} }
	of := func(a, b vec) (s, out vec) {
		s, out = c.of(a), ZMM()
		VMULPS(s, a, out)
		VMULPS(b, out, out)
		return s, out
	}
	SUBQ(Imm(lanes512), n)
	JLT(LabelRef("swiGLU512_end"))
	Label("swiGLU512")
	s, out := of(loadZ(at(gate)), loadZ(at(up)))
	VMOVUPS(s, at(sig))
	VMOVUPS(out, at(y))
	ADDQ(Imm(4*lanes512), i)
	SUBQ(Imm(lanes512), n)
	JGE(LabelRef("swiGLU512"))
	Label("swiGLU512_end")
	ADDQ(Imm(lanes512), n)
	JZ(LabelRef("swiGLU512_done"))
	left, a, b := maskOf(n), ZMM(), ZMM()
	VMOVUPS_Z(at(gate), left, a)
	VMOVUPS_Z(at(up), left, b)
	s, out = of(a, b)
	VMOVUPS(s, left, at(sig))
	VMOVUPS(out, left, at(y))
	Label("swiGLU512_done")
	VZEROUPPER()
	RET()
}

// sigmoid512 is the sigmoid with AVX-512.
type sigmoid512 struct {
	exp  *exponential
	sign vec
}

func newSigmoid512() *sigmoid512 { return &sigmoid512{newExponential(), allBits(0x80000000)} }

// of returns 1/(1 + e^−x), computed from e^−|x|. The division is exact except for the last bit,
// even where the result is tiny.
func (c *sigmoid512) of(x vec) vec {
	e, top, d, negative := ZMM(), ZMM(), ZMM(), K()
	VORPS(c.sign, x, e)
	e = c.exp.of([]vec{e})[0]
	VADDPS(c.exp.one, e, d)
	VPMOVD2M(x, negative)
	VBLENDMPS(e, c.exp.one, negative, top)
	VDIVPS(d, top, d)
	return d
}
