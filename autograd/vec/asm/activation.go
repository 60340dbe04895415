package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Constants and method as in ../portable_exp.go.
const (
	log2e   = 1.44269504088896341
	ln2Hi   = 0.693359375
	ln2Lo   = -2.12194440054690583e-4
	expMin  = -104
	expMax  = 89
	rounder = 3 << 22
	gelu1   = 1.5957691216057308
	gelu3   = gelu1 * 0.044715
	geluEnd = 8
)

var q = []float32{0.0013950594, 0.008368954, 0.041666206, 0.16666518, 0.5}

// reduced returns t, whose low bits are n + bias, and r of eˣ = 2ⁿ·eʳ.
func reduced(x vec, bias float32) (t, r vec) {
	t = fma(x, k(log2e), constant(rounder+bias))
	n := sub(t, k(rounder+bias))
	r = YMM()
	VMOVAPS(x, r)
	return t, fnma(n, k(ln2Lo), fnma(n, k(ln2Hi), r))
}

func series(r vec) vec {
	acc := constant(q[0])
	for _, c := range q[1:] {
		acc = horner(acc, r, k(c))
	}
	return acc
}

// exp returns eˣ for any x. It multiplies by 2ⁿ in two steps, 2^(n1) and 2^(n−n1), because 2ⁿ may
// be out of range; with a bias of 254 both exponents are ready to be shifted into place.
func exp(x vec) vec {
	t, r := reduced(atMost(atLeast(x, expMin), expMax), 254)
	p := horner(horner(series(r), r, k(1)), r, k(1))
	n, n1, n2 := YMM(), YMM(), YMM()
	VPSUBD(kBits(math.Float32bits(rounder)), t, n)
	VPSRLD(Imm(1), n, n1)
	VPSUBD(n1, n, n2)
	VPSLLD(Imm(23), n1, n1)
	VPSLLD(Imm(23), n2, n2)
	return mul(mul(p, n1), n2)
}

func tanh(x vec) vec {
	z := atMost(and(x, kBits(0x7fffffff)), 10)
	t, r := reduced(add(z, z), 127)
	em1 := fma(mul(r, r), series(r), r)
	s := YMM()
	VPSLLD(Imm(23), t, s)
	e := fma(s, em1, sub(s, k(1)))
	return or(div(e, add(e, k(2))), and(x, kBits(0x80000000)))
}

// sigmoidParts returns e = e^−|x| and 1+e.
func sigmoidParts(x vec) (e, d vec) {
	e = exp(or(x, kBits(0x80000000)))
	return e, add(e, k(1))
}

// choose returns a where the sign of x is set, and b elsewhere.
func choose(x, a, b vec) vec { v := YMM(); VBLENDVPS(x, a, b, v); return v }

func sigmoid(x vec) vec {
	e, d := sigmoidParts(x)
	return div(choose(x, e, constant(1)), d)
}

func gelu(x vec) vec {
	low := atLeast(x, -geluEnd)
	u2 := mul(low, fma(mul(low, low), k(gelu3), constant(gelu1)))
	return mul(low, sigmoid(u2))
}

// geluWithSlope returns gelu(x) and its derivative, which uses the same exponential.
func geluWithSlope(x vec) (y, slope vec) {
	low := atLeast(x, -geluEnd)
	x = atMost(low, geluEnd)
	xx := mul(x, x)
	u2 := mul(x, fma(xx, k(gelu3), constant(gelu1)))
	e, d := sigmoidParts(u2)
	y = mul(low, div(choose(u2, e, constant(1)), d))
	inverse := div(constant(1), d)
	ed := mul(e, inverse)
	s := choose(x, ed, inverse)
	slope = fma(xx, k(3*gelu3), constant(gelu1))
	return y, fma(mul(mul(x, slope), ed), inverse, s)
}

func activations() {
	for _, a := range []struct {
		name string
		f    func(vec) vec
	}{{"expAVX2", exp}, {"tanhAVX2", tanh}, {"sigmoidAVX2", sigmoid}, {"geluAVX2",
		gelu}, {"geluErfAVX2", geluErf}} {
		kernel(a.name, "func(dst, x []float32)", "dst", []string{"dst", "x"}, 1, 1, nil,
			func(l *loop, _ int) {
				l.store(a.f(l.load("x")), "dst")
			}, nil)
	}
	for _, a := range []struct {
		name string
		f    func(vec) (y, slope vec)
	}{{"geluWithSlopeAVX2", geluWithSlope}, {"geluErfWithSlopeAVX2", geluErfWithSlope}} {
		kernel(a.name, "func(dst, slope, x []float32)", "dst", []string{"dst", "slope", "x"}, 1, 1,
			nil, func(l *loop, _ int) {
				y, slope := a.f(l.load("x"))
				l.store(y, "dst")
				l.store(slope, "slope")
			}, nil)
	}
}
