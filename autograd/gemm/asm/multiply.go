package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// multiplier writes the loops over k of one tile.
type multiplier struct {
	*tile
	part   string
	acc    [][]reg.VecVirtual // [rows][vectors] the tile of C
	vector func(v int) reg.VecVirtual
	edge   func(v int) bool
	k, b   reg.Register // steps left, and the row of B
	c      reg.Register // the next row of C to prefetch, or nil
}

func (m *multiplier) label(s string) string { return m.name + "_" + m.part + "_" + s }

// unroll is the number of steps of an unrolled loop. Every addition to a pointer may take the place
// of a multiply-add, so that a loop of single steps is up to a tenth slower.
const unroll = 4

// unrolled writes the unrolled loops: one for an A with contiguous rows (right = 1) and one for an
// A with contiguous columns (down = 1). It leaves the rest of k to single.
func (m *multiplier) unrolled() {
	quads := GP64()
	MOVQ(m.k, quads)
	SHRQ(Imm(2), quads)
	JZ(LabelRef(m.label("deep")))
	ANDQ(Imm(unroll-1), m.k)
	CMPQ(m.right, Imm(4))
	JNE(LabelRef(m.label("columns")))

	Label(m.label("rows"))
	for step := range unroll {
		m.step(m.odd(m.b, m.bStride, step), func(i int) Mem {
			at := m.row.at(i)
			at.Disp += 4 * step
			return at
		})
		m.pass(m.b, m.bStride, step)
	}
	m.fetchA()
	m.fetchC()
	m.row.advance(Imm(4 * unroll))
	DECQ(quads)
	JNZ(LabelRef(m.label("rows")))
	JMP(LabelRef(m.label("rest")))

	Label(m.label("columns"))
	a := m.row.bases[0]
	for step := range unroll {
		m.step(m.odd(m.b, m.bStride, step), func(i int) Mem {
			at := m.odd(a, m.right, step)
			at.Disp = 4 * i
			return at
		})
		m.pass(m.b, m.bStride, step)
		m.pass(a, m.right, step)
	}
	m.fetchA()
	m.fetchC()
	DECQ(quads)
	JNZ(LabelRef(m.label("columns")))
	m.row.follow()

	Label(m.label("rest"))
	TESTQ(m.k, m.k)
	JZ(LabelRef(m.label("summed")))
}

// odd returns p, or p + stride in an odd step.
func (m *multiplier) odd(p, stride reg.Register, step int) Mem {
	if step%2 == 0 {
		return Mem{Base: p}
	}
	return Mem{Base: p, Index: stride, Scale: 1}
}

// pass adds two strides to p after an odd step.
func (m *multiplier) pass(p, stride reg.Register, step int) {
	if step%2 == 1 {
		LEAQ(Mem{Base: p, Index: stride, Scale: 2}, p)
	}
}

// single writes the loop of single steps, for any A.
func (m *multiplier) single() {
	Label(m.label("deep"))
	m.step(Mem{Base: m.b}, m.row.at)
	m.row.advance(m.right)
	ADDQ(m.bStride, m.b)
	DECQ(m.k)
	JNZ(LabelRef(m.label("deep")))
}

// step adds the product of a column of A and a row of B to the tile.
func (m *multiplier) step(b Mem, a func(i int) Mem) {
	loadB := func(v int) reg.VecVirtual {
		x := m.vector(v)
		at := b
		at.Disp += v * 4 * m.lanes()
		m.load(at, x, m.edge(v))
		return x
	}
	broadcastA := func(i int) reg.VecVirtual {
		x := m.vector(0)
		VBROADCASTSS(a(i), x)
		return x
	}
	vectors := len(m.acc[0])
	if m.rows < vectors { // keep the smaller in registers: the column of A or the row of B
		var as []reg.VecVirtual
		for i := range m.rows {
			as = append(as, broadcastA(i))
		}
		for v := range vectors {
			x := loadB(v)
			for i := range m.rows {
				multiplyAdd(as[i], x, m.acc[i][v])
			}
		}
		return
	}
	var bs []reg.VecVirtual
	for v := range vectors {
		bs = append(bs, loadB(v))
	}
	for i := range m.rows {
		if _, ok := m.isa.(avx512); ok && vectors == 1 {
			VFMADD231PS_BCST(a(i), bs[0], m.acc[i][0])
			continue
		}
		x := broadcastA(i)
		for v := range vectors {
			multiplyAdd(x, bs[v], m.acc[i][v])
		}
	}
}

// multiplyAdd is c += a·b, in the lanes of b.
func multiplyAdd(a, b, c reg.VecVirtual) {
	if b.Size() < a.Size() {
		VFMADD231PS(a.AsY(), b, c)
		return
	}
	VFMADD231PS(a, b, c)
}

// fetchA prefetches a cache line of the next strip of A, or of the memory that the caller named.
func (m *multiplier) fetchA() {
	if m.ahead != nil {
		PREFETCHT1(Mem{Base: m.ahead})
		ADDQ(Imm(64), m.ahead)
	}
}

// fetchC prefetches a row of the tile of C and, after the last row, rows of the tile below. Without
// it, every store to C waits for its cache line.
func (m *multiplier) fetchC() {
	if m.c == nil {
		return
	}
	for v := range len(m.acc[0]) {
		PREFETCHT1(Mem{Base: m.c, Disp: v * 4 * m.lanes()})
	}
	ADDQ(param("ldc"), m.c)
}
