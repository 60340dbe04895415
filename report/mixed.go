package report

import (
	"math"
	"math/bits"
	"slices"

	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/zoo"
)

// Offset is the cost of the bytes From … To of the documents, counted from 1.
type Offset struct {
	From  int         `json:"from"`
	To    int         `json:"to"`
	Bytes int         `json:"bytes"`
	Bits  eval.Number `json:"bits_per_byte"`
}

// firstOffsets is the number of bytes of a document in the first Offset; each further Offset
// doubles it.
const firstOffsets = 16

// mixed reports whether runs have different tokenizers. Their nats per token are then not
// comparable, so every chart shows bits per byte.
func mixed(runs []*zoo.Run) bool {
	for _, r := range runs {
		if r.Config.Tokenizer.SHA256 != runs[0].Config.Tokenizer.SHA256 {
			return true
		}
	}
	return false
}

// byOffset returns bits per byte by the distance from the beginning of the document. It returns nil
// for a closed vocabulary.
func (t tokenized) byOffset() []Offset {
	var all []Offset
	var nats []float64
	for doc, ends := range t.offsets {
		if ends == nil {
			return nil
		}
		begin := 0
		for i, id := range t.ids[doc] {
			size := ends[i] - begin
			if id == lm.BOS {
				size = 1
			}
			k := bits.Len(uint(begin / firstOffsets))
			for len(all) <= k {
				from := 1
				if n := len(all); n > 0 {
					from = firstOffsets<<(n-1) + 1
				}
				all = append(all, Offset{From: from, To: firstOffsets << len(all)})
				nats = append(nats, 0)
			}
			all[k].Bytes += size
			nats[k] += t.nats[doc][i]
			begin = ends[i]
		}
	}
	for k := range all {
		all[k].Bits = eval.Number(round(nats[k] / math.Ln2 / float64(all[k].Bytes)))
	}
	return all
}

// measureMixed adds the measurements that only a comparison of mixed tokenizers needs.
func (r *Row) measureMixed(mixed bool) {
	if !mixed {
		return
	}
	r.tokens.mixed = true
	for doc := range r.tokens.docs {
		r.tokens.offsets = append(r.tokens.offsets, r.tokens.ends(doc))
	}
	r.Offsets = r.tokens.byOffset()
}

// closed reports whether the row's vocabulary is closed. A row read from JSON has no sums; its
// vocabulary is closed if it has a perplexity but no bits per byte.
func (r *Row) closed() bool {
	if r.Report == nil {
		return exists(float64(r.Perplexity)) && !exists(float64(r.BitsPerByte))
	}
	return r.Report.Closed
}

// open reports whether some model has an open vocabulary, in which case bits per byte are
// comparable.
func (c *Comparison) open() bool {
	return slices.ContainsFunc(c.Rows, func(r *Row) bool { return !r.closed() })
}

// perByte returns the factor from nats per token of the evaluated text to bits per byte.
func (r *Row) perByte() float64 {
	if r.closed() {
		return math.NaN()
	}
	return float64(r.Tokens) / float64(r.Bytes) / math.Ln2
}

// pieces returns the name of the unit in which positions and contexts are counted.
func (c *Comparison) pieces() string {
	if c.Mixed {
		return "byte"
	}
	return "token"
}

// perWordByte returns the factor from nats per word of a bucket to the unit of the comparison.
func (c *Comparison) perWordByte(bucket int) float64 {
	if b := c.Words[bucket]; c.Mixed {
		return float64(b.Words) / float64(b.Bytes) / math.Ln2
	}
	return 1
}

// wordUnit returns the unit of the cost of a word in the charts.
func (c *Comparison) wordUnit() string {
	if c.Mixed {
		return "bits per byte"
	}
	return "nats per word"
}

// unit returns the unit of the cost of a token in the charts: bits per byte if tokenizers differ.
func (c *Comparison) unit() string {
	if c.Mixed {
		return "bits per byte"
	}
	return "nats per token"
}

// cost converts a row's nats per token to the unit of the comparison.
func (c *Comparison) cost(r *Row, natsPerToken float64) float64 {
	if c.Mixed {
		return natsPerToken * r.perByte()
	}
	return natsPerToken
}

// excess converts a row's gap, in nats per event of the world, to the unit of the comparison.
func (c *Comparison) excess(r *Row, natsPerEvent float64) float64 {
	if c.Mixed {
		return natsPerEvent * float64(r.Events) / float64(r.Bytes) / math.Ln2
	}
	return natsPerEvent
}
