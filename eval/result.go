// Package eval measures language models in units that do not depend on the division of a text into
// tokens. A text costs −Σ ln P of its tokens, in nats (Shannon 1948). Divided by ln 2 and the
// number of bytes of the text, this is bits per byte, which compares all models with an open
// vocabulary; exp of the mean per token is the perplexity (Jelinek et al. 1977), which compares
// only models with the same tokenizer. Two models are compared on the same parts of the text (Efron
// 1979).
package eval

import "math"

// Result is the cost of a text under a model. Its fields are sums, so the results of parts add up
// to the result of the whole; divide once, at the end.
type Result struct {
	Nats   float64 `json:"nats"`   // −Σ ln P of all tokens
	Tokens int     `json:"tokens"` // predicted tokens, document ends included
	// Unicode code points of the text; an invalid byte counts as one
	Chars   int     `json:"chars"`
	Bytes   int     `json:"bytes"` // bytes of the text
	Words   int     `json:"words"` // runs of non-space
	OOV     int     `json:"oov"`   // tokens outside a closed vocabulary
	OOVNats float64 `json:"oov_nats"`
	Zeros   int     `json:"zeros"` // tokens of probability 0; one is enough to make Nats infinite
}

// Add adds the result of another text to r.
func (r *Result) Add(s Result) {
	r.Nats += s.Nats
	r.Tokens += s.Tokens
	r.Chars += s.Chars
	r.Bytes += s.Bytes
	r.Words += s.Words
	r.OOV += s.OOV
	r.OOVNats += s.OOVNats
	r.Zeros += s.Zeros
}

// Perplexity returns exp(nats per token). It compares only models with the same tokenizer.
func (r Result) Perplexity() float64 { return math.Exp(r.Nats / float64(r.Tokens)) }

// PerplexityExcludingOOV returns the perplexity over the tokens inside a closed vocabulary, as
// printed by n-gram toolkits. It favours the model with the smaller vocabulary.
func (r Result) PerplexityExcludingOOV() float64 {
	if r.OOV == 0 {
		return r.Perplexity()
	}
	return math.Exp((r.Nats - r.OOVNats) / float64(r.Tokens-r.OOV))
}

// BitsPerByte returns bits per byte, which compares all models with an open vocabulary.
func (r Result) BitsPerByte() float64 { return r.Nats / math.Ln2 / float64(r.Bytes) }

// BitsPerChar returns the bits per Unicode code point.
func (r Result) BitsPerChar() float64 { return r.Nats / math.Ln2 / float64(r.Chars) }
