package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dots writes the kernels that multiply a few rows by a transposed matrix, rows·4 scalar products
// at a time.
func dots() {
	dot1(avx512{}, low512)
	for rows := 2; rows <= 4; rows++ {
		dot512(rows)
	}
	dot1(avx2{}, low2)
	dot2(2)
}

const dotCols = 4

// dot1 writes the kernel for a single row, which is limited by memory: it reads the rows of b one
// after another, the best order for prefetching.
func dot1(s isa, low []reg.VecPhysical) {
	name := s.name() + "Dots1"
	TEXT(name, NOSPLIT, "func(n, k int, a, b *float32, bStride int, out *float32)")
	Pragma("noescape")
	Doc(name + " stores the scalar products of a and n rows of b; n is a multiple of 4.")
	left, bStride, row := Load(Param("n"), GP64()), Load(Param("bStride"), GP64()), Load(Param("b"),
		GP64())
	k, x, out := Load(Param("k"), GP64()), Load(Param("a"), GP64()), Load(Param("out"), GP64())
	SHLQ(Imm(2), bStride)
	register := func(i int) reg.VecPhysical {
		if s.lanes() == 16 {
			return low[i]
		}
		return low[i].AsY().(reg.VecPhysical)
	}
	n, a, b := GP64(), GP64(), GP64()
	Label(name + "_rows")
	for j := range dotCols {
		MOVQ(k, n)
		MOVQ(x, a)
		MOVQ(row, b)
		dotRow(s, fmt.Sprintf("%s_row%d", name, j), n, a, b, register, j)
		ADDQ(bStride, row)
	}
	storeSums(low[:dotCols], Mem{Base: out})
	ADDQ(Imm(4*dotCols), out)
	SUBQ(Imm(dotCols), left)
	JNZ(LabelRef(name + "_rows"))
	VZEROUPPER()
	RET()
}

// dotRow stores in register j 8 sums whose total is the scalar product of n numbers at a and at b.
func dotRow(s isa, id string, n, a, b reg.Register, register func(int) reg.VecPhysical, j int) {
	var acc []reg.VecPhysical
	for i := range 4 {
		v := register(dotCols + i)
		VXORPS(v.AsY(), v.AsY(), v.AsY())
		acc = append(acc, v)
	}
	for _, unroll := range []int{4, 1} {
		part, step := fmt.Sprintf("%s_by%d", id, unroll), unroll*s.lanes()
		SUBQ(Imm8or32(step), n)
		JLT(LabelRef(part + "_end"))
		Label(part)
		for u := range unroll {
			x := s.vector()
			VMOVUPS(Mem{Base: a, Disp: 4 * s.lanes() * u}, x)
			VFMADD231PS(Mem{Base: b, Disp: 4 * s.lanes() * u}, x, acc[u])
		}
		ADDQ(Imm8or32(4*step), a)
		ADDQ(Imm8or32(4*step), b)
		SUBQ(Imm8or32(step), n)
		JGE(LabelRef(part))
		Label(part + "_end")
		ADDQ(Imm8or32(step), n)
	}
	JZ(LabelRef(id + "_sum"))
	s.loadMask(n, 1)
	x, y := s.vector(), s.vector()
	s.load(Mem{Base: a}, x, true)
	s.load(Mem{Base: b}, y, true)
	VFMADD231PS(x, y, acc[0])
	Label(id + "_sum")
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	if s.lanes() == 16 {
		high := YMM()
		VEXTRACTF64X4(Imm(1), acc[0], high)
		VADDPS(high, acc[0].AsY(), register(j).AsY())
	} else {
		VMOVAPS(acc[0], register(j))
	}
}

func dot512(rows int) {
	name := fmt.Sprintf("avx512Dots%d", rows)
	TEXT(name, NOSPLIT,
		"func(k int, a *float32, aStride int, b *float32, bStride int, out *[16]float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s stores the scalar products of %d rows of a and 4 rows of b.", name, rows))
	k := Load(Param("k"), GP64())
	as := strided("a", rows)
	bs := strided("b", dotCols)
	acc := accumulators(rows, low512) // of the low half: VHADDPS cannot name the others
	mask, all := K(), GP64()
	step := func(masked bool) {
		load := func(m Mem) reg.VecVirtual {
			z := ZMM()
			if masked {
				VMOVUPS_Z(m, mask, z)
			} else {
				VMOVUPS(m, z)
			}
			return z
		}
		var x []reg.VecVirtual
		for i := range rows {
			x = append(x, load(as.at(i)))
		}
		for j := range dotCols {
			y := load(bs.at(j))
			for i := range rows {
				VFMADD231PS(x[i], y, acc[i][j])
			}
		}
	}
	SUBQ(Imm(16), k)
	JLT(LabelRef(name + "_tail"))
	Label(name + "_deep")
	step(false)
	as.advance(Imm(64))
	bs.advance(Imm(64))
	SUBQ(Imm(16), k)
	JGE(LabelRef(name + "_deep"))
	Label(name + "_tail")
	ADDQ(Imm(16), k)
	JZ(LabelRef(name + "_sum"))
	MOVQ(I32(-1), all)
	bits := GP64()
	BZHIQ(k, all, bits)
	KMOVW(bits.As32(), mask)
	step(true)
	Label(name + "_sum")
	out := Load(Param("out"), GP64())
	for i := range rows {
		for j := range dotCols {
			high := YMM()
			VEXTRACTF64X4(Imm(1), acc[i][j], high)
			VADDPS(high, acc[i][j].AsY(), acc[i][j].AsY())
		}
		storeSums(acc[i], Mem{Base: out, Disp: 16 * i})
	}
	VZEROUPPER()
	RET()
}

func dot2(rows int) {
	name := fmt.Sprintf("avx2Dots%d", rows)
	TEXT(name, NOSPLIT,
		"func(k int, a *float32, aStride int, b *float32, bStride int, out *[16]float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s stores the scalar products of %d rows of a and 4 rows of b.", name, rows))
	k := Load(Param("k"), GP64())
	as := strided("a", rows)
	bs := strided("b", dotCols)
	acc := accumulators(rows, low2)
	mask := YMM()
	step := func(masked bool) {
		load := func(m Mem) reg.VecVirtual {
			y := YMM()
			if masked {
				VMASKMOVPS(m, mask, y)
			} else {
				VMOVUPS(m, y)
			}
			return y
		}
		var x []reg.VecVirtual
		for i := range rows {
			x = append(x, load(as.at(i)))
		}
		for j := range dotCols {
			y := load(bs.at(j))
			for i := range rows {
				VFMADD231PS(x[i], y, acc[i][j])
			}
		}
	}
	SUBQ(Imm(8), k)
	JLT(LabelRef(name + "_tail"))
	Label(name + "_deep")
	step(false)
	as.advance(Imm(32))
	bs.advance(Imm(32))
	SUBQ(Imm(8), k)
	JGE(LabelRef(name + "_deep"))
	Label(name + "_tail")
	ADDQ(Imm(8), k)
	JZ(LabelRef(name + "_sum"))
	masks := GP64()
	LEAQ(NewDataAddr(Symbol{Name: "masks", Static: true}, 0), masks)
	NEGQ(k)
	VMOVUPS(Mem{Base: masks, Index: k, Scale: 4, Disp: 32}, mask)
	step(true)
	Label(name + "_sum")
	out := Load(Param("out"), GP64())
	for i := range rows {
		storeSums(acc[i], Mem{Base: out, Disp: 16 * i})
	}
	VZEROUPPER()
	RET()
}

var (
	low512 = []reg.VecPhysical{reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15}
	low2 = []reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7}
)

func accumulators(rows int, from []reg.VecPhysical) [][]reg.VecPhysical {
	acc := make([][]reg.VecPhysical, rows)
	for i := range acc {
		acc[i] = from[dotCols*i:][:dotCols]
		for _, v := range acc[i] {
			VXORPS(v.AsY(), v.AsY(), v.AsY())
		}
	}
	return acc
}

// storeSums reduces four vectors of 8 lanes and stores the four sums.
func storeSums(v []reg.VecPhysical, m Mem) {
	y := [dotCols]reg.Register{v[0].AsY(), v[1].AsY(), v[2].AsY(), v[3].AsY()}
	VHADDPS(y[1], y[0], y[0])
	VHADDPS(y[3], y[2], y[2])
	VHADDPS(y[2], y[0], y[0])
	VEXTRACTF128(Imm(1), y[0], v[1].AsX())
	VADDPS(v[1].AsX(), v[0].AsX(), v[1].AsX())
	VMOVUPS(v[1].AsX(), m)
}

// strided returns pointers to up to four rows.
func strided(name string, rows int) *rowPointers {
	base := Load(Param(name), GP64())
	r := &rowPointers{bases: []reg.Register{base}, mem: []Mem{{Base: base}}}
	if rows == 1 {
		return r
	}
	stride := Load(Param(name+"Stride"), GP64())
	SHLQ(Imm(2), stride)
	r.mem = append(r.mem, Mem{Base: base, Index: stride, Scale: 1},
		Mem{Base: base, Index: stride, Scale: 2})
	if rows == 4 {
		stride3 := GP64()
		LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
		r.mem = append(r.mem, Mem{Base: base, Index: stride3, Scale: 1})
	}
	return r
}
