// Package eval is the ruler: how a language model is judged, in units that do not depend on how its text was cut into
// tokens. What a text costs is −Σ ln P of its tokens, in nats (Shannon 1948); over ln 2 and the bytes of the text it is bits per
// byte, which all models of an open vocabulary share, and exp of the mean per token is the perplexity (Jelinek et al.
// 1977), which only models of one tokenizer do. Two models are compared on the same parts of the text (Efron 1979).
package eval

import "math"

// Result is what a model paid for a text: sums that add, so that results of parts make the result of
// the whole; divide once, at the end.
type Result struct {
	Nats    float64 `json:"nats"`   // total −ln P of all tokens
	Tokens  int     `json:"tokens"` // predicted tokens, document ends included
	Chars   int     `json:"chars"`  // Unicode code points of the text; an invalid byte counts one
	Bytes   int     `json:"bytes"`  // bytes of the text
	Words   int     `json:"words"`  // runs of non-space
	OOV     int     `json:"oov"`    // tokens outside a closed vocabulary
	OOVNats float64 `json:"oov_nats"`
	Zeros   int     `json:"zeros"` // tokens of probability 0: why Nats is infinite, if it is
}

// Add makes r the result of both texts.
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

// Perplexity is exp(nats per token); it compares only models with the same tokenizer.
func (r Result) Perplexity() float64 { return math.Exp(r.Nats / float64(r.Tokens)) }

// PerplexityExcludingOOV is Perplexity over the tokens of a closed vocabulary alone, as n-gram toolkits
// print it; it flatters whoever has the smaller vocabulary.
func (r Result) PerplexityExcludingOOV() float64 {
	if r.OOV == 0 {
		return r.Perplexity()
	}
	return math.Exp((r.Nats - r.OOVNats) / float64(r.Tokens-r.OOV))
}

// BitsPerByte compares all models of an open vocabulary.
func (r Result) BitsPerByte() float64 { return r.Nats / math.Ln2 / float64(r.Bytes) }

// BitsPerChar is BitsPerByte per Unicode code point.
func (r Result) BitsPerChar() float64 { return r.Nats / math.Ln2 / float64(r.Chars) }
