package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"lmzoo/corpus"
)

// Part is the unit that the bootstrap draws: a document or, in a text of few documents, a block of
// consecutive bytes of a document. The parts of two reports on one text cover the same bytes,
// whatever their tokenizers.
type Part struct {
	Nats      float64 // nats of the tokens that end in it
	Tokens    int
	Bytes     int
	TruthNats float64 // nats of the events that end in it, under the exact distribution
	Events    int
}

const (
	fewDocuments = 50   // a text with fewer documents is cut into blocks
	blocks       = 64   // minimum number of blocks, if there are enough bytes
	resamples    = 1000 // of the bootstrap
)

// pieces returns the number of parts that each document is cut into.
func pieces(docs []corpus.Document) []int {
	total := 0
	for _, d := range docs {
		total += d.Bytes()
	}
	cut := make([]int, len(docs))
	for i, d := range docs {
		cut[i] = 1
		if n := d.Bytes(); len(docs) < fewDocuments && n > 0 {
			cut[i] = min(n, (n*blocks+total-1)/total)
		}
	}
	return cut
}

// newParts cuts a document of n bytes into k parts of equal size.
func newParts(k, n int) []Part {
	parts := make([]Part, k)
	start := 0
	for i := range parts {
		end := ((i+1)*n + k - 1) / k // the first byte that partOf puts into the next part
		parts[i].Bytes = end - start
		start = end
	}
	return parts
}

// partOf returns the index of the part, out of k, that contains byte at of a document of n bytes.
func partOf(at, k, n int) int { return min(max(at, 0)*k/max(n, 1), k-1) }

func (p *Part) add(q Part) {
	p.Nats += q.Nats
	p.Tokens += q.Tokens
	p.Bytes += q.Bytes
	p.TruthNats += q.TruthNats
	p.Events += q.Events
}

// Bootstrap returns the 95 % interval of a statistic of n parts (Efron 1979): a thousand times it
// draws n parts with replacement and computes the statistic of the drawn parts. The interval is NaN
// for fewer than two parts.
func Bootstrap(n int, seed uint64, statistic func(draw func() int) float64) (low, high float64) {
	if n < 2 {
		return math.NaN(), math.NaN()
	}
	rng := rand.New(rand.NewPCG(seed, 1979))
	values := make([]float64, resamples)
	for i := range values {
		values[i] = statistic(func() int { return rng.IntN(n) })
	}
	slices.Sort(values)
	const tail = resamples * 25 / 1000
	return values[tail], values[resamples-1-tail]
}

// interval returns the 95 % interval of bits per byte.
func (r *Report) interval(seed uint64) (low, high float64) {
	if r.Closed {
		return math.NaN(), math.NaN()
	}
	return Bootstrap(len(r.Parts), seed, func(draw func() int) float64 {
		var sum Part
		for range r.Parts {
			sum.add(r.Parts[draw()])
		}
		return sum.Nats / math.Ln2 / float64(sum.Bytes)
	})
}

// GapInterval returns the 95 % interval of Gap. The true cost of the same part is a control
// variate: documents that are hard for every model cancel out, so the interval is far narrower than
// that of the nats.
func (r *Report) GapInterval(seed uint64) (low, high float64) {
	if !r.HasLimit {
		return math.NaN(), math.NaN()
	}
	return Bootstrap(len(r.Parts), seed, func(draw func() int) float64 {
		var sum Part
		for range r.Parts {
			sum.add(r.Parts[draw()])
		}
		return (sum.Nats - sum.TruthNats) / float64(sum.Events)
	})
}

// Comparison is the difference between two models on one text.
type Comparison struct {
	Delta     float64 `json:"delta"` // first minus second; negative: the first is better
	Low       float64 `json:"low"`   // 95 % interval of Delta
	High      float64 `json:"high"`
	Tie       bool    `json:"tie"`        // the interval contains 0
	Unit      string  `json:"unit"`       // bits/byte, or bits/token for closed vocabularies
	BetterFor float64 `json:"better_for"` // fraction of resamples in which the first is better
}

// Paired compares two models by the paired bootstrap (Koehn 2004, §3): each resample draws the same
// documents for both, so that only documents on which they disagree affect the width of the
// interval.
func Paired(a, b *Report, seed uint64) (Comparison, error) {
	if a.text != b.text || len(a.Parts) != len(b.Parts) {
		return Comparison{}, fmt.Errorf("comparing two models: they were evaluated on different "+
			"texts (%d and %d bytes); evaluate both on the same split", a.Bytes, b.Bytes)
	}
	size, unit := func(p Part) float64 { return float64(p.Bytes) }, "bits/byte"
	if a.Closed || b.Closed {
		if a.Closed != b.Closed || a.Tokens != b.Tokens || a.OOV != b.OOV {
			return Comparison{}, fmt.Errorf("comparing two models: their closed vocabularies "+
				"differ (%d tokens, %d unknown, and %d, %d); want the same vocabulary",
				a.Tokens, a.OOV, b.Tokens, b.OOV)
		}
		size, unit = func(p Part) float64 { return float64(p.Tokens) }, "bits/token"
	}
	var first, second Part
	for i := range a.Parts {
		first.add(a.Parts[i])
		second.add(b.Parts[i])
	}
	delta := func(p, q Part) float64 { return (p.Nats - q.Nats) / math.Ln2 / size(p) }
	wins := 0
	c := Comparison{Delta: delta(first, second), Unit: unit}
	c.Low, c.High = Bootstrap(len(a.Parts), seed, func(draw func() int) float64 {
		var p, q Part
		for range a.Parts {
			i := draw()
			p.add(a.Parts[i])
			q.add(b.Parts[i])
		}
		d := delta(p, q)
		if d < 0 {
			wins++
		}
		return d
	})
	c.BetterFor = float64(wins) / resamples
	c.Tie = !(c.Low > 0 || c.High < 0)
	return c, nil
}
