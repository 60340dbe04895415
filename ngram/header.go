package ngram

import "fmt"

// header describes a model. In a file it is JSON.
type header struct {
	Config
	Grams  []int        `json:"grams"`  // n-grams of each order
	Shapes []tableShape `json:"shapes"` // of each order above 1
	// CountShapes has an entry per order if the counts are kept
	CountShapes []countShape `json:"count_shapes,omitempty"`
	Discounts   [][]float64  `json:"discounts,omitempty"` // by order: D, or D1 D2 D3+
	Notes       []string     `json:"notes,omitempty"`
	Quantized   int          `json:"quantized,omitempty"` // bits of a probability
	Entropy     float64      `json:"entropy,omitempty"`   // threshold of entropy pruning
	// Run is the run that the model belongs to, if any
	Run      string    `json:"run,omitempty"`
	Sections []section `json:"sections,omitempty"`
}

// Vocab returns V, the number of tokens.
func (m *Model) Vocab() int { return m.Config.Vocab }

// Params returns the number of n-grams of all orders.
func (m *Model) Params() int {
	n := 0
	for _, g := range m.Grams {
		n += g
	}
	return n
}

// checkHeader creates the tables that the header describes, or reports why they are invalid.
func (m *Model) checkHeader() error {
	cfg, err := m.Config.check()
	if err != nil {
		return err
	}
	m.Config = cfg
	if len(m.Grams) != m.Order || len(m.Shapes) != m.Order-1 {
		return fmt.Errorf("%d sizes and %d shapes for order %d", len(m.Grams), len(m.Shapes),
			m.Order)
	}
	if m.Grams[0] != m.Vocab() {
		return fmt.Errorf("%d unigrams for a vocabulary of %d", m.Grams[0], m.Vocab())
	}
	for k, n := range m.Grams {
		if n < 0 || uint64(n) >= none {
			return fmt.Errorf("%d n-grams of order %d", n, k+1)
		}
	}
	for k, s := range m.Shapes {
		for _, w := range s.widths() {
			if w < 0 || w > 32 {
				return fmt.Errorf("a field of %d bits in order %d", w, k+2)
			}
		}
		if s.Index < 0 || s.Index > 33 {
			return fmt.Errorf("a hash table of 2^%d slots in order %d", s.Index, k+2)
		}
		t := table{n: uint32(m.Grams[k+1])}
		if k+2 < m.Order {
			t.above = uint32(m.Grams[k+2])
		}
		t.shape(s)
		m.tables = append(m.tables, t)
	}
	return m.checkCounts()
}

// checkSizes compares the sizes of the arrays with the header.
func (m *Model) checkSizes() error {
	wrong := func(what string, order int) error {
		return fmt.Errorf("damaged n-gram model: the %s of order %d do not have the size given "+
			"in the "+
			"header", what, order)
	}
	if len(m.unigrams) != (m.Vocab()+1)*unigramRow {
		return wrong("rows", 1)
	}
	for k := range m.tables {
		t, s := &m.tables[k], m.Shapes[k]
		highest := k+2 == m.Order
		switch {
		case uint64(len(t.rows)) != rowBytes(int(t.n)+1, t.stride):
			return wrong("rows", k+2)
		case !highest && len(t.bases) != (int(t.n)/baseEvery+1)*4:
			return wrong("bases", k+2)
		case t.indexBits == 0 && len(t.index) > 0, t.indexBits > 0 &&
			uint64(len(t.index)) != rowBytes(1<<t.indexBits, t.indexStride):
			return wrong("hash table", k+2)
		case badBook(t.probs, s.Prob, 31):
			return wrong("probabilities", k+2)
		case !highest && badBook(t.backoffs, s.Backoff, 32):
			return wrong("weights", k+2)
		}
	}
	for k := range m.counts {
		if c := &m.counts[k]; len(c.marks) != markBytes(m.Grams[k]) || len(c.bits) < 2*rowPadding {
			return wrong("counts", k+1)
		}
	}
	return nil
}

// badBook reports whether a codebook does not fit its field: without one, the field is the value.
func badBook(book []byte, bits, plain int) bool {
	if len(book) == 0 {
		return bits != plain
	}
	return len(book)%4 != 0
}
