package ngram

import (
	"encoding/binary"
	"math"
)

// grams is a model in plain columns, before packing or after unpacking. Each level has the last
// token, the successors, log10 P and log10 γ. Level 1 has every token of the vocabulary in order
// and no column of words; the highest level has no successors and no weights.
type grams struct {
	order         int
	word, child   [][]uint32
	prob, backoff [][]float32
	raw, count    [][]uint32 // nil without counts
}

// filter drops the n-grams for which keep is false. keep must be false for their extensions as
// well.
func (g grams) filter(keep func(k int, i uint32) bool) grams {
	out := grams{order: g.order, child: make([][]uint32, g.order)}
	kept := make([]uint32, len(g.prob[0])) // the remaining n-grams of a level
	for i := range kept {
		kept[i] = uint32(i)
	}
	for k := range g.order {
		out.word, out.prob, out.backoff = append(out.word, pick(g.word[k], kept)),
			append(out.prob, pick(g.prob[k], kept)), append(out.backoff, pick(g.backoff[k], kept))
		if g.raw != nil {
			out.raw, out.count = append(out.raw, pick(g.raw[k], kept)),
				append(out.count, pick(g.count[k], kept))
		}
		if k+1 == g.order {
			break
		}
		var stay []uint32
		child := make([]uint32, 0, len(kept)+1)
		for _, x := range kept {
			child = append(child, uint32(len(stay)))
			for i := g.child[k][x]; i < g.child[k][x+1]; i++ {
				if keep(k+1, i) {
					stay = append(stay, i)
				}
			}
		}
		out.child[k] = append(child, uint32(len(stay)))
		kept = stay
	}
	return out
}

// pick returns some entries of a column, or nil for a nil column.
func pick[T any](column []T, which []uint32) []T {
	if column == nil {
		return nil
	}
	out := make([]T, len(which))
	for i, x := range which {
		out[i] = column[x]
	}
	return out
}

// pack returns the model of g. It frees each column as soon as it has been packed, so g is empty
// afterwards.
func (g grams) pack(h header) *Model {
	h.Grams = make([]int, g.order)
	for k := range g.prob {
		h.Grams[k] = len(g.prob[k])
	}
	m := &Model{header: h, unigrams: g.packUnigrams()}
	for k := range g.raw {
		c := packCounts(g.raw[k], g.count[k])
		m.counts, m.CountShapes = append(m.counts, c), append(m.CountShapes, c.shape)
		g.raw[k], g.count[k] = nil, nil
	}
	for k := 1; k < g.order; k++ {
		m.tables = append(m.tables, g.packLevel(k, &m.header))
		g.word[k], g.prob[k], g.backoff[k], g.child[k-1] = nil, nil, nil, nil
	}
	return m
}

// packUnigrams packs a row per token, and a last row that ends the successors of the last token.
func (g grams) packUnigrams() []byte {
	n := len(g.prob[0])
	rows := make([]byte, (n+1)*unigramRow)
	for w := range n {
		at := rows[w*unigramRow:]
		binary.LittleEndian.PutUint32(at, math.Float32bits(min(g.prob[0][w], 0)))
		if g.order > 1 {
			binary.LittleEndian.PutUint32(at[4:], math.Float32bits(g.backoff[0][w]))
			binary.LittleEndian.PutUint32(at[8:], g.child[0][w])
		}
	}
	if g.order > 1 {
		binary.LittleEndian.PutUint32(rows[n*unigramRow+8:], g.child[0][n])
	}
	return rows
}

// packLevel packs the rows of level k ≥ 1 (order k+1), and a last row that ends the last
// successors.
func (g grams) packLevel(k int, h *header) table {
	n := len(g.prob[k])
	t := table{n: uint32(n)}
	shape := tableShape{Word: width(uint64(len(g.prob[0]) - 1)), Prob: 31}
	prob := func(i int) uint64 { return packProb(g.prob[k][i]) }
	if book, ok := newCodebook(g.prob[k]); ok && h.Quantized > 0 {
		prob, shape.Prob, t.probs = book.pack(g.prob[k])
	}
	first, weight := nothing, nothing
	if k+1 < g.order {
		shape.Backoff = 32
		weight = func(i int) uint64 { return uint64(math.Float32bits(g.backoff[k][i])) }
		if book, ok := newCodebook(g.backoff[k]); ok {
			weight, shape.Backoff, t.backoffs = book.pack(g.backoff[k])
		}
		child := g.child[k]
		t.above = child[n]
		t.bases = make([]byte, (n/baseEvery+1)*4)
		largest := uint32(0)
		for i, c := range child {
			base := child[i/baseEvery*baseEvery]
			if i%baseEvery == 0 {
				binary.LittleEndian.PutUint32(t.bases[i/baseEvery*4:], base)
			}
			largest = max(largest, c-base)
		}
		shape.Child = width(uint64(largest))
		first = func(i int) uint64 { return uint64(child[i] - child[i/baseEvery*baseEvery]) }
	}
	t.index, shape.Index = packIndex(g.child[k-1], g.word[k])
	t.shape(shape)
	t.rows = packRows(n+1, shape.widths(), func(i int, row []uint64) {
		row[0], row[1], row[2], row[3] = 0, 0, 0, first(i)
		if i < n {
			row[0], row[1], row[2] = uint64(g.word[k][i]), prob(i), weight(i)
		}
	})
	h.Shapes = append(h.Shapes, shape)
	return t
}

// nothing is the packer of a field that the level does not have.
func nothing(int) uint64 { return 0 }

// tableShape is the width in bits of the fields of a table.
type tableShape struct {
	Word    int `json:"word"`
	Prob    int `json:"prob"`
	Backoff int `json:"backoff"`
	Child   int `json:"child"`
	// Index is the width of a slot number of the hash table; 0: no hash table
	Index int `json:"index,omitempty"`
}

func (s tableShape) widths() []int { return []int{s.Word, s.Prob, s.Backoff, s.Child} }

// shape sets the layout of the rows of t.
func (t *table) shape(s tableShape) {
	fields, stride := layout(s.widths()...)
	t.word, t.prob, t.backoff, t.child, t.stride = fields[0], fields[1], fields[2], fields[3],
		stride
	index, indexStride := layout(width(uint64(t.n)))
	t.indexBits, t.indexField, t.indexStride = s.Index, index[0], indexStride
}

func packFloats(values []float32) []byte {
	out := make([]byte, 0, 4*len(values))
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}
