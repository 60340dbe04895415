package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The register tiles: avx512 14 rows of 2 vectors, avx2 6 rows of 2; fewer rows may have more vectors.
const (
	avx512Rows, avx512Most = 14, 28
	avx2Rows, avx2Most     = 6, 12
)

// isa is what differs between the instruction sets.
type isa interface {
	name() string
	lanes() int
	vector() reg.VecVirtual
	zero(v reg.VecVirtual)
	loadMask()                                  // of the last vector, from the argument
	load(m Mem, v reg.VecVirtual, masked bool)  // lanes outside the mask become 0
	store(v reg.VecVirtual, m Mem, masked bool) // lanes outside the mask are left alone
}

type avx512 struct{}

var mask512 reg.OpmaskVirtual

func (avx512) name() string           { return "avx512" }
func (avx512) lanes() int             { return 16 }
func (avx512) vector() reg.VecVirtual { return ZMM() }
func (avx512) zero(v reg.VecVirtual)  { VPXORD(v, v, v) }

func (avx512) loadMask() {
	mask512 = K()
	bits := Load(Param("mask"), GP64())
	KMOVW(bits.(reg.GPVirtual).As32(), mask512)
}

func (avx512) load(m Mem, v reg.VecVirtual, masked bool) {
	if masked {
		VMOVUPS_Z(m, mask512, v)
		return
	}
	VMOVUPS(m, v)
}

func (avx512) store(v reg.VecVirtual, m Mem, masked bool) {
	if masked {
		VMOVUPS(v, mask512, m)
		return
	}
	VMOVUPS(v, m)
}

type avx2 struct{}

var mask2 reg.VecVirtual

func (avx2) name() string           { return "avx2" }
func (avx2) lanes() int             { return 8 }
func (avx2) vector() reg.VecVirtual { return YMM() }
func (avx2) zero(v reg.VecVirtual)  { VXORPS(v, v, v) }

func (avx2) loadMask() {} // on demand: registers are short

func (avx2) load(m Mem, v reg.VecVirtual, masked bool) {
	if masked {
		VMASKMOVPS(m, mask2, v)
		return
	}
	VMOVUPS(m, v)
}

func (avx2) store(v reg.VecVirtual, m Mem, masked bool) {
	if masked {
		VMASKMOVPS(v, mask2, m)
		return
	}
	VMOVUPS(v, m)
}

// tile writes the kernel of a rows × (vectors·lanes) tile of C, held in registers over all of k:
//
//	for p := range k: for i := range rows: C[i] += A[i·down + p·right] · B[p·bStride : ...]
func tile(s isa, rows, vectors int, edge bool) {
	suffix, mask := "", ""
	if edge {
		suffix, mask = "edge", ", mask uint64"
	}
	TEXT(fmt.Sprintf("%sTile%dx%d%s", s.name(), rows, vectors, suffix), NOSPLIT,
		"func(k int, a *float32, down, right int, b *float32, bStride int, alpha float32, add bool, c *float32, ldc int"+mask+")")
	Pragma("noescape")
	Doc(fmt.Sprintf("%sTile%dx%d%s computes a tile of %d rows and %d vectors.", s.name(), rows, vectors, suffix, rows, vectors))
	k, a, right := Load(Param("k"), GP64()), Load(Param("a"), GP64()), Load(Param("right"), GP64())
	b, bStride := Load(Param("b"), GP64()), Load(Param("bStride"), GP64())
	SHLQ(Imm(2), right)
	SHLQ(Imm(2), bStride)
	row := rowsOf(rows, a)
	if edge {
		if _, ok := s.(avx2); ok {
			mask2 = YMM()
			bits := Load(Param("mask"), GP64())
			VMOVUPS(Mem{Base: bits}, mask2)
		} else {
			s.loadMask()
		}
	}
	width := 4 * s.lanes()
	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		acc[i] = make([]reg.VecVirtual, vectors)
		for v := range acc[i] {
			acc[i][v] = s.vector()
			s.zero(acc[i][v])
		}
	}
	label := fmt.Sprintf("%s_%dx%d%s", s.name(), rows, vectors, suffix)
	Label("deep_" + label)
	loadB := func(v int) reg.VecVirtual {
		b1 := s.vector()
		s.load(Mem{Base: b, Disp: v * width}, b1, edge && v == vectors-1)
		return b1
	}
	broadcastA := func(i int) reg.VecVirtual {
		x := s.vector()
		VBROADCASTSS(row.at(i), x)
		return x
	}
	if rows < vectors { // keep in registers what is less: the column of A or the row of B
		var as []reg.VecVirtual
		for i := range rows {
			as = append(as, broadcastA(i))
		}
		for v := range vectors {
			b1 := loadB(v)
			for i := range rows {
				VFMADD231PS(as[i], b1, acc[i][v])
			}
		}
	} else {
		var bs []reg.VecVirtual
		for v := range vectors {
			bs = append(bs, loadB(v))
		}
		for i := range rows {
			x := broadcastA(i)
			for v := range vectors {
				VFMADD231PS(x, bs[v], acc[i][v])
			}
		}
	}
	row.advance(right)
	ADDQ(bStride, b)
	DECQ(k)
	JNZ(LabelRef("deep_" + label))

	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())
	SHLQ(Imm(2), ldc)
	alpha := s.vector()
	VBROADCASTSS(param("alpha"), alpha)
	CMPB(param("add"), Imm(0))
	JNE(LabelRef("add_" + label))
	first := GP64()
	MOVQ(c, first)
	for i := range rows {
		for v := range vectors {
			out := s.vector()
			VMULPS(alpha, acc[i][v], out)
			s.store(out, Mem{Base: first, Disp: v * width}, edge && v == vectors-1)
		}
		if i < rows-1 {
			ADDQ(ldc, first)
		}
	}
	VZEROUPPER()
	RET()
	Label("add_" + label)
	for i := range rows {
		for v := range vectors {
			old, m := s.vector(), Mem{Base: c, Disp: v * width}
			s.load(m, old, edge && v == vectors-1)
			VFMADD231PS(alpha, acc[i][v], old)
			s.store(old, m, edge && v == vectors-1)
		}
		if i < rows-1 {
			ADDQ(ldc, c)
		}
	}
	VZEROUPPER()
	RET()
}

func param(name string) Op {
	c, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}

// rowPointers reach row i of A as base + {1,2,4,8}·down or {1,2,4}·3down, for as few bases as possible.
type rowPointers struct {
	mem   []Mem
	bases []reg.Register
}

func rowsOf(rows int, a reg.Register) *rowPointers {
	r := &rowPointers{mem: make([]Mem, rows)}
	if rows == 1 {
		r.mem[0], r.bases = Mem{Base: a}, []reg.Register{a}
		return r
	}
	down := Load(Param("down"), GP64())
	SHLQ(Imm(2), down)
	var down3 reg.Register
	if rows > 3 {
		down3 = GP64()
		LEAQ(Mem{Base: down, Index: down, Scale: 2}, down3)
	}
	have := make([]bool, rows)
	for _, first := range []int{0, 5, 10} {
		if first >= rows {
			break
		}
		base := a
		if first > 0 {
			base = GP64()
			LEAQ(Mem{Base: down, Index: down, Scale: 4}, base) // 5·down
			if first == 10 {
				ADDQ(base, base)
			}
			ADDQ(a, base)
		}
		r.bases = append(r.bases, base)
		reach := func(i int, index reg.Register, scale uint8) {
			if i < rows && !have[i] {
				have[i] = true
				r.mem[i] = Mem{Base: base, Index: index, Scale: scale}
			}
		}
		reach(first, nil, 0)
		for _, by := range []int{1, 2, 4, 8} {
			reach(first+by, down, uint8(by))
			if by < 8 && down3 != nil {
				reach(first+3*by, down3, uint8(by))
			}
		}
	}
	return r
}

func (r *rowPointers) at(i int) Mem { return r.mem[i] }

func (r *rowPointers) advance(by Op) {
	for _, b := range r.bases {
		ADDQ(by, b)
	}
}
