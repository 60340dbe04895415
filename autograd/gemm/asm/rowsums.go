package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fetchAhead is the prefetch distance in bytes; the processor's own prefetches come too late.
const fetchAhead = 512

// rowSums writes the kernel for one row of A and a B in memory. It reads the rows of B in order,
// the best order for prefetching. The sums stay in the L1 cache.
func rowSums(s isa) {
	name := s.name() + "RowSums"
	TEXT(name, NOSPLIT, "func(n, k int, x, b *float32, bStride int, y *float32)")
	Pragma("noescape")
	Doc(name + " adds x[i] times row i of b to the n elements of y, for k rows.")
	k, xs, b := Load(Param("k"), GP64()), Load(Param("x"), GP64()), Load(Param("b"), GP64())
	columns, begin := Load(Param("n"), GP64()), Load(Param("y"), GP64())
	skip := Load(Param("bStride"), GP64()) // from the end of a row to the next
	SUBQ(columns, skip)
	SHLQ(Imm(2), skip)
	x, n, y := s.vector(), GP64(), GP64()

	Label(name + "_row")
	VBROADCASTSS(Mem{Base: xs}, x)
	MOVQ(columns, n)
	MOVQ(begin, y)
	size := 4 * s.lanes()
	// two cache lines at a time, then single vectors
	for _, vectors := range []int{128 / size, 1} {
		part := fmt.Sprintf("%s_by%d", name, vectors)
		SUBQ(Imm8or32(vectors*s.lanes()), n)
		JLT(LabelRef(part + "_end"))
		Label(part)
		var sums []reg.VecVirtual
		for v := range vectors {
			sum := s.vector()
			VMOVUPS(Mem{Base: y, Disp: v * size}, sum)
			VFMADD231PS(Mem{Base: b, Disp: v * size}, x, sum)
			sums = append(sums, sum)
		}
		for line := 0; line < vectors*size; line += 64 {
			PREFETCHT0(Mem{Base: b, Disp: fetchAhead + line})
		}
		for v, sum := range sums {
			VMOVUPS(sum, Mem{Base: y, Disp: v * size})
		}
		ADDQ(Imm8or32(vectors*size), y)
		ADDQ(Imm8or32(vectors*size), b)
		SUBQ(Imm8or32(vectors*s.lanes()), n)
		JGE(LabelRef(part))
		Label(part + "_end")
		ADDQ(Imm8or32(vectors*s.lanes()), n)
	}
	JZ(LabelRef(name + "_next"))
	s.loadMask(n, 1)
	last, v := s.vector(), s.vector()
	s.load(Mem{Base: y}, last, true)
	s.load(Mem{Base: b}, v, true)
	VFMADD231PS(v, x, last)
	s.store(last, Mem{Base: y}, true)
	LEAQ(Mem{Base: b, Index: n, Scale: 4}, b)
	Label(name + "_next")
	ADDQ(skip, b)
	ADDQ(Imm(4), xs)
	SUBQ(Imm(1), k)
	JNZ(LabelRef(name + "_row"))
	VZEROUPPER()
	RET()
}
