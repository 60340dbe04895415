package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The AVX-512 kernels process whole rows: they save calls and passes, and masks handle the
// remainders. Zen 4 does no more arithmetic per cycle with AVX-512 than with AVX2.

const lanes512 = 16

// all returns a register with c in 16 lanes.
func all(c float32) vec { return allBits(math.Float32bits(c)) }

func allBits(bits uint32) vec {
	v := ZMM()
	VBROADCASTSS(kBits(bits), v)
	return v
}

// everywhere returns a register with a scalar argument in 16 lanes.
func everywhere(name string) vec {
	v := ZMM()
	c, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(c.Addr, v)
	return v
}

func loadZ(m Mem) vec { v := ZMM(); VMOVUPS(m, v); return v }

func copyOf(x vec) vec { v := ZMM(); VMOVAPS(x, v); return v }

// maskOf returns a mask of the lowest n lanes.
func maskOf(n reg.Register) reg.OpmaskVirtual {
	bits, m := GP64(), K()
	MOVQ(I32(-1), bits)
	BZHIQ(n, bits, bits)
	KMOVW(bits.As32(), m)
	return m
}

// scaled returns an argument that counts floats, in bytes.
func scaled(name string) reg.GPVirtual {
	n := Load(Param(name), GP64()).(reg.GPVirtual)
	SHLQ(Imm(2), n)
	return n
}

func argument(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// exponential holds the constants of eˣ in registers.
type exponential struct {
	log2e, round, high, low, one, least vec
	q                                   []vec
}

func newExponential() *exponential {
	e := &exponential{log2e: all(log2e), round: all(rounder), high: all(ln2Hi), low: all(ln2Lo),
		one: all(1), least: all(expMin)}
	for _, c := range q {
		e.q = append(e.q, all(c))
	}
	return e
}

// of returns eˣ of every x ≤ 88; VSCALEFPS multiplies by 2ⁿ for any n.
func (e *exponential) of(xs []vec) (out []vec) {
	var ns []vec
	for _, x := range xs {
		VMAXPS(x, e.least, x) // NaN is kept
		n := fma(x, e.log2e, copyOf(e.round))
		ns = append(ns, n)
		VSUBPS(e.round, n, n)
	}
	for i, x := range xs {
		fnma(ns[i], e.low, fnma(ns[i], e.high, x))
	}
	for _, x := range xs {
		acc := copyOf(e.q[0])
		for _, c := range append(e.q[1:], e.one, e.one) {
			horner(acc, x, c)
		}
		out = append(out, acc)
	}
	for i, p := range out {
		VSCALEFPS(ns[i], p, p)
	}
	return out
}

// of4 reduces four vectors at a time: lane 4i+r of the result is op over all lanes of x[r], for
// every i.
func of4(x []vec, op func(...Op)) vec {
	join := func(a, b vec, low, high func(...Op)) vec {
		l, h := ZMM(), ZMM()
		low(b, a, l)
		high(b, a, h)
		op(h, l, l)
		return l
	}
	t := join(join(x[0], x[1], VUNPCKLPS, VUNPCKHPS), join(x[2], x[3], VUNPCKLPS, VUNPCKHPS),
		VUNPCKLPD, VUNPCKHPD)
	// swap the halves, then the quarters of each half
	for _, order := range []uint64{0x4e, 0xb1} {
		s := ZMM()
		VSHUFF32X4(Imm(order), t, t, s)
		op(s, t, t)
	}
	return t
}

// ofRow returns a register with reduction r of of4 in every lane.
func ofRow(t vec, r int) vec {
	v := ZMM()
	VPERMILPS(Imm(uint64(0x55*r)), t, v)
	return v
}
