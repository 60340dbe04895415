package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The register tiles: 14 rows of 2 vectors with AVX-512, 6 rows of 2 with AVX2; a tile of fewer
// rows may have more vectors.
const (
	avx512Rows = 14
	avx2Rows   = 6
)

// isa is the part of the kernels that depends on the instruction set.
type isa interface {
	name() string
	lanes() int
	vector() reg.VecVirtual
	half() reg.VecVirtual // a vector of half the lanes, or nil where that would be no faster
	zero(v reg.VecVirtual)
	// loadMask sets the mask for the last vector, given n remaining columns
	loadMask(n reg.Register, vectors int)
	load(m Mem, v reg.VecVirtual, masked bool)  // lanes outside the mask become 0
	store(v reg.VecVirtual, m Mem, masked bool) // memory outside the mask is unchanged
}

type avx512 struct{}

var mask512 reg.OpmaskVirtual

func (avx512) name() string           { return "avx512" }
func (avx512) lanes() int             { return 16 }
func (avx512) vector() reg.VecVirtual { return ZMM() }
func (avx512) half() reg.VecVirtual   { return YMM() }
func (avx512) zero(v reg.VecVirtual)  { VXORPS(v, v, v) }

func (avx512) loadMask(n reg.Register, vectors int) {
	bits, ones := GP64(), GP64()
	LEAQ(Mem{Base: n, Disp: -16 * (vectors - 1)}, bits)
	MOVQ(I32(-1), ones)
	BZHIQ(bits, ones, bits)
	mask512 = K()
	KMOVW(bits.As32(), mask512)
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
func (avx2) half() reg.VecVirtual   { return nil }
func (avx2) zero(v reg.VecVirtual)  { VXORPS(v, v, v) }

func (avx2) loadMask(n reg.Register, vectors int) {
	table, back := GP64(), GP64()
	LEAQ(NewDataAddr(Symbol{Name: "masks", Static: true}, 0), table)
	MOVQ(n, back)
	NEGQ(back)
	mask2 = YMM()
	VMOVUPS(Mem{Base: table, Index: back, Scale: 4, Disp: 32 + 32*(vectors-1)}, mask2)
}

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

const signature = "func(strips, k int, a *float32, down, right int, " +
	"b *float32, bStride, panel int, alpha float32, add bool, c *float32, ldc, n, rows int, " +
	"ahead *float32)"

// strip writes the kernel that multiplies strips of rows of A by all columns of B, with one tile of
// C at a time in registers:
//
//	for each strip: for each tile: for p := range k: for i := range rows:
//		C[i] += A[i·down + p·right] · B[p·bStride : ...]
//
// panel is the distance in B from one tile to the next; 0 means that B is not packed and tiles may
// be wide.
func strip(s isa, rows, wide int) {
	name := fmt.Sprintf("%sStrip%d", s.name(), rows)
	TEXT(name, NOSPLIT,
		signature)
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes strips of %d rows of n columns.", name, rows))
	t := &tile{isa: s, name: name, rows: rows}
	SHLQ(Imm(2), param("ldc")) // to bytes
	Label(name + "_strip")
	t.a, t.right = Load(Param("a"), GP64()), Load(Param("right"), GP64())
	t.b, t.bStride = Load(Param("b"), GP64()), Load(Param("bStride"), GP64())
	t.c, t.n = Load(Param("c"), GP64()), Load(Param("n"), GP64())
	SHLQ(Imm(2), t.right)
	SHLQ(Imm(2), t.bStride)
	t.row = rowsOf(rows, t.a)
	if wide == 2 { // a low strip belongs to a small A, which is in the cache
		t.ahead = Load(Param("ahead"), GP64())
		TESTQ(t.ahead, t.ahead)
		JNZ(LabelRef(name + "_ahead"))
		MOVQ(Load(Param("down"), GP64()), t.ahead)
		IMUL3Q(Imm(uint64(4*rows)), t.ahead, t.ahead)
		ADDQ(t.a, t.ahead)
		Label(name + "_ahead")
	}

	if wide > 2 {
		CMPQ(param("panel"), Imm(0))
		JNE(LabelRef(name + "_pair"))
		t.loop("wide", wide, name+"_pair")
	}
	Label(name + "_pair")
	t.loop("two", 2, name+"_edge")
	Label(name + "_edge")
	TESTQ(t.n, t.n)
	JZ(LabelRef(name + "_end"))
	lanes := s.lanes()
	narrow := s.half() != nil // half the lanes take at most as long
	CMPQ(t.n, Imm8or32(lanes))
	JEQ(LabelRef(name + "_one"))
	JGT(LabelRef(name + "_more"))
	if narrow {
		CMPQ(t.n, Imm8or32(lanes/2))
		JLE(LabelRef(name + "_half"))
	}
	t.edge("last", 1, masked)
	t.edge("one", 1, whole)
	Label(name + "_more")
	if narrow {
		CMPQ(t.n, Imm8or32(lanes+lanes/2))
		JGT(LabelRef(name + "_most"))
		t.edge("oneandhalf", 2, halved)
		t.edge("half", 1, halved)
	}
	t.edge("most", 2, masked)
	Label(name + "_end")
	DECQ(param("strips")) // the steps between strips stay in memory: no register is free
	JZ(LabelRef(name + "_done"))
	next("a", "down", 4*rows)
	next("c", "ldc", rows)
	JMP(LabelRef(name + "_strip"))
	Label(name + "_done")
	VZEROUPPER()
	RET()
}

// strips writes the kernel of strips of any height: it jumps to the kernel of that height, which
// finds its arguments in place.
func strips(s isa, most int) {
	name := s.name() + "Strips"
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes strips of up to %d rows of n columns.", name, most))
	rows := Load(Param("rows"), GP64())
	var search func(low, high int)
	search = func(low, high int) {
		if low == high {
			to := Mem{Symbol: Symbol{Name: fmt.Sprintf("·%sStrip%d", s.name(), low)},
				Base: reg.StaticBase}
			Instruction(&ir.Instruction{Opcode: "JMP", Operands: []Op{to}, IsTerminal: true})
			return
		}
		middle := (low + high) / 2
		above := fmt.Sprintf("%s_above%d", name, middle)
		CMPQ(rows, Imm(uint64(middle)))
		JGT(LabelRef(above))
		search(low, middle)
		Label(above)
		search(middle+1, high)
	}
	search(1, most)
}

// next advances the matrix argument of that name by a multiple of its stride argument.
func next(matrix, stride string, times int) {
	by := Load(Param(stride), GP64())
	IMUL3Q(Imm(uint64(times)), by, by)
	ADDQ(by, param(matrix))
}

// tile is a strip under construction.
type tile struct {
	isa
	name                    string
	rows                    int
	row                     *rowPointers
	a, right, b, bStride, c reg.Register
	n                       reg.Register
	ahead                   reg.Register // the next line of A to prefetch, or nil
}

// last describes the last vector of a tile: whole, half or masked.
type last int

const (
	whole  last = iota
	masked      // only the lanes that hold a column
	halved      // a vector of half the lanes, also masked
)

// edge writes the last tile of a strip.
func (t *tile) edge(part string, vectors int, end last) {
	if part != "last" {
		Label(t.name + "_" + part)
	}
	t.once(part, vectors, end)
	if part != "most" {
		JMP(LabelRef(t.name + "_end"))
	}
}

// loop runs tiles of that many vectors while columns remain, then continues at the label next.
func (t *tile) loop(part string, vectors int, next string) {
	width := vectors * t.lanes()
	CMPQ(t.n, Imm8or32(width))
	JLT(LabelRef(next))
	Label(t.name + "_" + part)
	t.once(part, vectors, whole)
	t.row.rewind(t.right)
	ADDQ(Imm8or32(4*width), t.c)
	if vectors > 2 {
		ADDQ(Imm8or32(4*width), t.b)
	} else {
		step := GP64()
		Load(Param("panel"), step)
		LEAQ(Mem{Base: t.b, Index: step, Scale: 4}, t.b)
		TESTQ(step, step)
		JNZ(LabelRef(t.name + "_" + part + "_packed"))
		ADDQ(Imm8or32(4*width), t.b)
		Label(t.name + "_" + part + "_packed")
	}
	SUBQ(Imm8or32(width), t.n)
	CMPQ(t.n, Imm8or32(width))
	JGE(LabelRef(t.name + "_" + part))
}

// Imm8or32 returns the immediate in the shortest form.
func Imm8or32(n int) Constant {
	if n < 128 {
		return Imm(uint64(n))
	}
	return U32(n)
}

// once writes one tile.
func (t *tile) once(part string, vectors int, end last) {
	if end != whole {
		t.loadMask(t.n, vectors)
	}
	edge := func(v int) bool { return end != whole && v == vectors-1 }
	vector := func(v int) reg.VecVirtual {
		if end == halved && v == vectors-1 {
			return t.half()
		}
		return t.vector()
	}
	acc := make([][]reg.VecVirtual, t.rows)
	for i := range acc {
		acc[i] = make([]reg.VecVirtual, vectors)
		for v := range acc[i] {
			acc[i][v] = vector(v)
			t.zero(acc[i][v])
		}
	}
	m := &multiplier{tile: t, part: part, acc: acc, vector: vector, edge: edge}
	m.k, m.b = Load(Param("k"), GP64()), GP64()
	MOVQ(t.b, m.b)
	// The tiles of AVX2 need a load for every multiply-add and have none to spare.
	if _, ok := t.isa.(avx512); ok && t.ahead != nil && end == whole {
		m.c = GP64()
		MOVQ(t.c, m.c)
	}
	if end == whole {
		m.unrolled()
	}
	m.single()
	Label(t.name + "_" + part + "_summed")

	c, ldc := GP64(), Load(Param("ldc"), GP64())
	MOVQ(t.c, c)
	CMPB(param("add"), Imm(0))
	JNE(LabelRef(t.name + "_" + part + "_add"))
	CMPL(param("alpha"), U32(math.Float32bits(1)))
	JEQ(LabelRef(t.name + "_" + part + "_store"))
	scale := t.vector()
	VBROADCASTSS(param("alpha"), scale)
	for i := range t.rows {
		for _, x := range acc[i] {
			if x.Size() < scale.Size() {
				VMULPS(scale.AsY(), x, x)
			} else {
				VMULPS(scale, x, x)
			}
		}
	}
	Label(t.name + "_" + part + "_store")
	t.rowsOfC(vectors, c, ldc, func(i, v int, m Mem) { t.store(acc[i][v], m, edge(v)) })
	JMP(LabelRef(t.name + "_" + part + "_stored"))
	Label(t.name + "_" + part + "_add")
	alpha := t.vector()
	VBROADCASTSS(param("alpha"), alpha)
	MOVQ(t.c, c)
	t.rowsOfC(vectors, c, ldc, func(i, v int, m Mem) {
		old := vector(v)
		t.load(m, old, edge(v))
		multiplyAdd(alpha, acc[i][v], old)
		t.store(old, m, edge(v))
	})
	Label(t.name + "_" + part + "_stored")
}

func (t *tile) rowsOfC(vectors int, c, ldc reg.Register, f func(i, v int, m Mem)) {
	for i := range t.rows {
		for v := range vectors {
			f(i, v, Mem{Base: c, Disp: v * 4 * t.lanes()})
		}
		if i < t.rows-1 {
			ADDQ(ldc, c)
		}
	}
}

func param(name string) Op {
	c, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}

// rowPointers addresses row i of A as base + {1,2,4,8}·down or {1,2,4}·3down, with as few bases as
// possible.
type rowPointers struct {
	mem   []Mem
	bases []reg.Register // 5·down apart
	down  reg.Register   // in bytes
}

func rowsOf(rows int, a reg.Register) *rowPointers {
	r := &rowPointers{mem: make([]Mem, rows)}
	if rows == 1 {
		r.mem[0], r.bases = Mem{Base: a}, []reg.Register{a}
		return r
	}
	down := Load(Param("down"), GP64())
	SHLQ(Imm(2), down)
	r.down = down
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

// follow sets the other bases after the first one has moved.
func (r *rowPointers) follow() {
	for i := 1; i < len(r.bases); i++ {
		LEAQ(Mem{Base: r.bases[i-1], Index: r.down, Scale: 4}, r.bases[i])
		ADDQ(r.down, r.bases[i]) // 5·down further
	}
}

// rewind reverts k calls of advance.
func (r *rowPointers) rewind(by reg.Register) {
	back := Load(Param("k"), GP64())
	IMULQ(by, back)
	for _, b := range r.bases {
		SUBQ(back, b)
	}
}
