package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
)

// GELU in its exact form x·Φ(x), where Φ is the normal distribution. The constants and the method
// are those of ../portable_erf.go.
const (
	tailScale = 0.3
	density0  = 0.3989422804014327
)

var tail = []float32{
	-0.037409406, 0.09744113, -0.01784407, -0.1282061, -0.08285302, 0.6182937, -0.82981193, 0.5,
}

// geluErfParts returns Φ(x) and e^(−x²/2).
func geluErfParts(x vec) (phi, e vec) {
	e = exp(mul(mul(x, x), k(-0.5)))
	t := div(constant(1), fma(and(x, kBits(0x7fffffff)), k(tailScale), constant(1)))
	w := sub(constant(1), t)
	p := constant(tail[0])
	for _, c := range tail[1:] {
		horner(p, w, k(c))
	}
	beyond := mul(mul(t, p), e)
	return choose(x, beyond, sub(constant(1), beyond)), e
}

func geluErf(x vec) vec {
	low := atLeast(x, -geluEnd)
	phi, _ := geluErfParts(low)
	return mul(low, phi)
}

// geluErfWithSlope returns geluErf(x) and its derivative, which uses the same exponential.
func geluErfWithSlope(x vec) (y, slope vec) {
	low := atLeast(x, -geluEnd)
	phi, e := geluErfParts(low)
	return mul(low, phi), fma(mul(atMost(low, geluEnd), e), k(density0), phi)
}

// geluErf512 is geluErf with AVX-512: x within ±20 needs no bounds, and 1/(1 + 0.3|x|) is a 14-bit
// estimate and one Newton step.
type geluErf512 struct {
	end, begin, half, abs, scale, log2e, round, ln2, one, density vec
	q, tail                                                       []vec
}

func newGELUErf512(withSlope bool) *geluErf512 {
	g := &geluErf512{end: all(geluEnd), begin: all(-geluEnd), half: all(-0.5),
		abs: allBits(0x7fffffff), scale: all(tailScale),
		log2e: all(log2e), round: all(rounder), ln2: all(math.Ln2), one: all(1)}
	if withSlope {
		g.density = all(density0)
	}
	for _, c := range q {
		g.q = append(g.q, all(c))
	}
	for _, c := range tail {
		g.tail = append(g.tail, all(c))
	}
	return g
}

// of returns GELU and, if wanted, its slope.
func (g *geluErf512) of(low vec, withSlope bool) (y, slope vec) {
	z := func() vec { return ZMM() }
	x, e, r := z(), z(), copyOf(g.round)
	VMAXPS(low, g.begin, low) // NaN is kept
	VMINPS(low, g.end, x)
	VMULPS(x, x, e)
	VMULPS(g.half, e, e) // −x²/2
	n := fma(e, g.log2e, r)
	VSUBPS(g.round, n, n)
	fnma(n, g.ln2, e)
	p := copyOf(g.q[0])
	for _, c := range append(g.q[1:], g.one, g.one) {
		horner(p, e, c)
	}
	VSCALEFPS(n, p, e)

	d, t, rest := z(), z(), copyOf(g.one)
	VANDPS(x, g.abs, d)
	VFMADD213PS(g.one, g.scale, d)
	VRCP14PS(d, t)
	fnma(d, t, rest)
	fma(rest, t, t)
	w, phi := z(), copyOf(g.tail[0])
	VSUBPS(t, g.one, w)
	for _, c := range g.tail[1:] {
		horner(phi, w, c)
	}
	VMULPS(t, phi, phi)
	VMULPS(e, phi, phi) // Φ(−|x|)
	positive, above := K(), z()
	VPMOVD2M(x, positive)
	KNOTW(positive, positive)
	VSUBPS(phi, g.one, above)
	VMOVAPS(above, positive, phi)
	y = z()
	VMULPS(low, phi, y)
	if withSlope {
		VMULPS(x, e, e)
		fma(e, g.density, phi)
	}
	return y, phi
}

func gelusErf() {
	for _, withSlope := range []bool{false, true} {
		name := "geluErf"
		if withSlope {
			name = "geluErfWithSlope"
		}
		activation512(name, withSlope,
			func() activation512Of { return newGELUErf512(withSlope).of })
	}
}
