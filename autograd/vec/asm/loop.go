package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const lanes = 8

// loop is a kernel under construction: a body that runs on 8 lanes at a time, and once more,
// masked, on the remainder, so that every element goes through the same instructions.
type loop struct {
	label  string
	bases  map[string]reg.Register
	index  []reg.GPVirtual // of segment 0, 1, ...: position + segment·length
	n      reg.GPVirtual
	mask   reg.VecVirtual
	masked bool
	disp   int
}

// kernel writes func name(slices..., rest) and its loop. The slice named length gives the length.
func kernel(name, signature, length string, slices []string, segments, unroll int,
	before func(l *loop), body func(l *loop, u int), after func(l *loop)) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " is the AVX2 version of " + name[:len(name)-4] + "Go.")
	l := &loop{label: name, bases: map[string]reg.Register{}}
	for _, s := range slices {
		l.bases[s] = Load(Param(s).Base(), GP64())
	}
	l.n = Load(Param(length).Len(), GP64()).(reg.GPVirtual)
	for s := range segments {
		i := GP64()
		if s == 0 {
			XORQ(i, i)
		} else {
			LEAQ(Mem{Base: l.index[s-1], Index: l.n, Scale: 4}, i)
		}
		l.index = append(l.index, i)
	}
	if before != nil {
		before(l)
	}
	for _, times := range []int{unroll, 1} {
		if times == 1 && unroll == 1 && times != unroll {
			continue
		}
		step := uint32(times * lanes)
		id := fmt.Sprintf("%s_by%d", name, times)
		SUBQ(U32(step), l.n)
		JLT(LabelRef(id + "_end"))
		Label(id)
		for u := range times {
			l.disp = 4 * lanes * u
			body(l, u)
		}
		for _, i := range l.index {
			ADDQ(U32(4*step), i)
		}
		SUBQ(U32(step), l.n)
		JGE(LabelRef(id))
		Label(id + "_end")
		ADDQ(U32(step), l.n)
		l.disp = 0
		if unroll == 1 {
			break
		}
	}
	JZ(LabelRef(name + "_done"))
	l.masked, l.mask = true, YMM()
	table := GP64()
	LEAQ(NewDataAddr(Symbol{Name: "masks", Static: true}, 0), table)
	NEGQ(l.n)
	VMOVUPS(Mem{Base: table, Index: l.n, Scale: 4, Disp: 4 * lanes}, l.mask)
	body(l, 0)
	Label(name + "_done")
	if after != nil {
		after(l)
	}
	VZEROUPPER()
	RET()
}

// masks writes 8 lanes of ones and 8 lanes of zeros. Read from n lanes before the middle, they are
// a mask of n lanes.
func masks() {
	GLOBL("masks", RODATA|NOPTR)
	for i := range lanes {
		DATA(4*i, U32(math.MaxUint32))
	}
	for i := range lanes {
		DATA(4*(lanes+i), U32(0))
	}
}

func (l *loop) mem(name string, segment int) Mem {
	return Mem{Base: l.bases[name], Index: l.index[segment], Scale: 1, Disp: l.disp}
}

func (l *loop) load(name string) vec { return l.loadOf(name, 0) }

func (l *loop) loadOf(name string, segment int) vec {
	v := YMM()
	if l.masked {
		VMASKMOVPS(l.mem(name, segment), l.mask, v)
	} else {
		VMOVUPS(l.mem(name, segment), v)
	}
	return v
}

func (l *loop) store(v vec, name string) { l.storeOf(v, name, 0) }

func (l *loop) storeOf(v vec, name string, segment int) {
	if l.masked {
		VMASKMOVPS(v, l.mask, l.mem(name, segment))
	} else {
		VMOVUPS(v, l.mem(name, segment))
	}
}

type vec = reg.VecVirtual

func broadcast(name string) vec {
	v := YMM()
	c, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(c.Addr, v)
	return v
}

// Each of these functions writes one instruction with a new register for the result. y may be a
// constant in memory.

func add(x vec, y Op) vec { v := YMM(); VADDPS(y, x, v); return v }
func mul(x vec, y Op) vec { v := YMM(); VMULPS(y, x, v); return v }

// sub returns x − y.
func sub(x vec, y Op) vec { v := YMM(); VSUBPS(y, x, v); return v }

// div returns x / y.
func div(x vec, y Op) vec { v := YMM(); VDIVPS(y, x, v); return v }

func and(x vec, y Op) vec { v := YMM(); VANDPS(y, x, v); return v }
func or(x vec, y Op) vec  { v := YMM(); VORPS(y, x, v); return v }

// fma returns x·y + z in the register of z.
func fma(x vec, y Op, z vec) vec { VFMADD231PS(y, x, z); return z }

// fnma returns z − x·y in the register of z.
func fnma(x vec, y Op, z vec) vec { VFNMADD231PS(y, x, z); return z }

// horner returns acc·x + c in the register of acc.
func horner(acc, x vec, c Op) vec { VFMADD213PS(c, x, acc); return acc }

// atLeast and atMost clamp x and keep NaN: the instruction returns its second source if either is
// NaN.
func atLeast(x vec, c float32) vec { v := constant(c); VMAXPS(x, v, v); return v }
func atMost(x vec, c float32) vec  { v := constant(c); VMINPS(x, v, v); return v }

func constant(c float32) vec { v := YMM(); VMOVUPS(k(c), v); return v }

// oneMinus returns 1 − x.
func oneMinus(x vec) vec { v := constant(1); VSUBPS(x, v, v); return v }

var constants = map[uint32]Mem{}

// k returns 8 lanes of c in memory.
func k(c float32) Mem { return kBits(math.Float32bits(c)) }

func kBits(bits uint32) Mem {
	m, ok := constants[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("k%08x", bits), RODATA|NOPTR)
		for i := range lanes {
			DATA(4*i, U32(bits))
		}
		constants[bits] = m
	}
	return m
}
