package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// k64 returns 4 lanes of c in memory.
func k64(name string, c float64) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(math.Float64bits(c)))
	}
	return m
}

// expSum64 writes Σ exp(x − top) in float64, 8 elements at a time, by the method of ../expsum64.go.
func expSum64() {
	const (
		magic = 3 << 51
		hi    = 0x1.62e42fee00000p-01
	)
	log2e, round, high, low := k64("log2e64", math.Log2E), k64("magic64", magic), k64("high64",
		hi), k64("low64", math.Ln2-hi)
	least, one := k64("least64", -708), k64("one64", 1)
	bias := k64("bias64", math.Float64frombits(1023))
	halves := [2][]Mem{}
	factorial := 1.0
	for i := 2; i <= 13; i++ {
		factorial *= float64(i)
		halves[i%2] = append(halves[i%2], k64("inverse"+string(rune('a'+i))+"64", 1/factorial))
	}

	TEXT("expSum64AVX2", NOSPLIT, "func(x []float32, top float64) float64")
	Pragma("noescape")
	Doc("expSum64AVX2 returns Σ exp(x − top) over the elements of x up to the last multiple of 8.")
	p, n := Load(Param("x").Base(), GP64()), Load(Param("x").Len(), GP64())
	top := YMM()
	c, err := Param("top").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(c.Addr, top)
	sums := []vec{YMM(), YMM()}
	for _, s := range sums {
		VXORPD(s, s, s)
	}
	SUBQ(U32(8), n)
	JLT(LabelRef("expSum64_end"))
	Label("expSum64_loop")
	for half, sum := range sums {
		x, t, r, q := YMM(), YMM(), YMM(), YMM()
		VCVTPS2PD(Mem{Base: p, Disp: 16 * half}, x)
		VSUBPD(top, x, x)
		VMOVUPD(least, t)
		VMAXPD(x, t, x) // NaN is kept
		VMOVUPD(round, t)
		VFMADD231PD(log2e, x, t) // its low bits are n
		VSUBPD(round, t, r)
		VFNMADD231PD(high, r, x)
		VFNMADD231PD(low, r, x) // r of eˣ = 2ⁿ·eʳ
		VMULPD(x, x, q)
		var sides [2]vec
		for side, f := range halves {
			acc := YMM()
			VMOVUPD(f[len(f)-1], acc)
			for i := len(f) - 2; i >= 0; i-- {
				VFMADD213PD(f[i], q, acc)
			}
			VFMADD213PD(one, q, acc)
			sides[side] = acc
		}
		VFMADD231PD(x, sides[1], sides[0])
		VPADDQ(bias, t, t)
		VPSLLQ(Imm(52), t, t)
		VFMADD231PD(t, sides[0], sum)
	}
	ADDQ(Imm(32), p)
	SUBQ(U32(8), n)
	JGE(LabelRef("expSum64_loop"))
	Label("expSum64_end")
	VADDPD(sums[1], sums[0], sums[0])
	upper, total := XMM(), XMM()
	VEXTRACTF128(Imm(1), sums[0], upper)
	VADDPD(upper, sums[0].AsX(), total)
	VPERMILPD(Imm(1), total, upper)
	VADDSD(upper, total, total)
	Store(total, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
