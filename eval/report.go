package eval

import (
	"crypto/sha256"
	"math"

	"lmzoo/corpus"
)

// Report is the evaluation of one model on one text.
type Report struct {
	Result
	// a closed vocabulary: spelling costs nothing, so bits per byte are meaningless
	Closed    bool
	Documents int     // number of documents
	Stride    int     // stride of a model with a window; 0 for others
	Seed      uint64  // of the bootstrap
	Low, High float64 // 95 % interval of bits per byte
	Parts     []Part  // units that the bootstrap draws

	Positions []Position    // nats by position in the document
	PerToken  [][]TokenNats // cost of every token of every document, if requested

	HasLimit     bool          // the true distribution of the text is known
	Events       int           // number of draws from that distribution
	LimitNats    float64       // cost of the text under the true distribution
	LimitEntropy float64       // the expected value of LimitNats
	Classes      []ClassResult // classes that occur

	text [sha256.Size]byte
}

// Position is the cost of the tokens at positions From … To of all documents, counted from 1.
type Position struct {
	From   int     `json:"from"`
	To     int     `json:"to"`
	Tokens int     `json:"tokens"`
	Nats   float64 `json:"nats"`
}

// newPosition returns the i-th of 1, 2, 3–4, 5–8, …
func newPosition(i int) Position {
	if i == 0 {
		return Position{From: 1, To: 1}
	}
	return Position{From: 1<<(i-1) + 1, To: 1 << i}
}

// BitsPerByte returns bits per byte, or NaN for a closed vocabulary, which does not encode all
// bytes.
func (r *Report) BitsPerByte() float64 {
	if r.Closed {
		return math.NaN()
	}
	return r.Result.BitsPerByte()
}

// BitsPerChar returns bits per character, or NaN for a closed vocabulary, which does not encode all
// bytes.
func (r *Report) BitsPerChar() float64 {
	if r.Closed {
		return math.NaN()
	}
	return r.Result.BitsPerChar()
}

// Gap returns the distance of the model from the limit in nats per event, or NaN if the limit is
// unknown. The difference is computed class by class, where both sums have the same order of
// additions, so that the gap of the source itself is exactly 0.
func (r *Report) Gap() float64 {
	if !r.HasLimit {
		return math.NaN()
	}
	gap := 0.0
	for _, c := range r.Classes {
		gap += c.Nats - c.TruthNats
	}
	return gap / float64(r.Events)
}

// add adds the verdict on the next document.
func (r *Report) add(v verdict, perToken bool) {
	r.Result.Add(v.Result)
	r.Parts = append(r.Parts, v.parts...)
	for i, p := range v.positions {
		if i == len(r.Positions) {
			r.Positions = append(r.Positions, newPosition(i))
		}
		r.Positions[i].Tokens += p.Tokens
		r.Positions[i].Nats += p.Nats
	}
	if perToken {
		r.PerToken = append(r.PerToken, v.tokens)
	}
	for class, c := range v.classes {
		r.addClass(corpus.Class(class), c)
	}
}

func (r *Report) addClass(class corpus.Class, c ClassResult) {
	if c.Events == 0 {
		return
	}
	i := 0
	for i < len(r.Classes) && r.Classes[i].Class < class {
		i++
	}
	if i == len(r.Classes) || r.Classes[i].Class != class {
		r.Classes = append(r.Classes[:i], append([]ClassResult{{Class: class}},
			r.Classes[i:]...)...)
	}
	sum := &r.Classes[i]
	sum.Events += c.Events
	sum.Nats += c.Nats
	sum.TruthNats += c.TruthNats
	sum.Entropy += c.Entropy
	r.Events += c.Events
	r.LimitNats += c.TruthNats
	r.LimitEntropy += c.Entropy
}
