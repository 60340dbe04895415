package eval

import (
	"math"

	"lmzoo/lm"
)

// Summary is a Report as JSON. Undefined numbers, such as the bits per byte of a closed vocabulary,
// are null, and so are infinite numbers, which Zeros explains. The limit is left out if it is
// unknown.
type Summary struct {
	Documents              int    `json:"documents"`
	Tokens                 int    `json:"tokens"`
	Chars                  int    `json:"chars"`
	Bytes                  int    `json:"bytes"`
	Words                  int    `json:"words"`
	OOV                    int    `json:"oov"`
	Zeros                  int    `json:"zeros"`
	Stride                 int    `json:"stride,omitempty"`
	Nats                   Number `json:"nats"`
	Perplexity             Number `json:"perplexity"`
	PerplexityExcludingOOV Number `json:"perplexity_excluding_oov"`
	BitsPerByte            Number `json:"bits_per_byte"`
	BitsPerByteLow         Number `json:"bits_per_byte_low"`
	BitsPerByteHigh        Number `json:"bits_per_byte_high"`
	BitsPerChar            Number `json:"bits_per_char"`

	Events       int            `json:"events,omitempty"`
	LimitNats    Number         `json:"limit_nats,omitzero"`
	LimitEntropy Number         `json:"limit_entropy,omitzero"`
	Gap          Number         `json:"gap,omitzero"` // nats per event
	GapLow       Number         `json:"gap_low,omitzero"`
	GapHigh      Number         `json:"gap_high,omitzero"`
	Classes      []ClassSummary `json:"classes,omitempty"`

	Positions []PositionSummary `json:"positions,omitempty"`
	PerToken  [][]TokenNats     `json:"per_token,omitempty"`
}

// ClassSummary is a ClassResult as JSON, in nats.
type ClassSummary struct {
	Class     string `json:"class"`
	Events    int    `json:"events"`
	Nats      Number `json:"nats"`
	LimitNats Number `json:"limit_nats"`
	Entropy   Number `json:"entropy"`
	Gap       Number `json:"gap"` // nats per event
}

// PositionSummary is a Position as JSON.
type PositionSummary struct {
	From         int    `json:"from"`
	To           int    `json:"to"`
	Tokens       int    `json:"tokens"`
	Nats         Number `json:"nats"`
	NatsPerToken Number `json:"nats_per_token"`
}

// Summary returns r in its JSON form.
func (r *Report) Summary() Summary {
	s := Summary{
		Documents: r.Documents, Tokens: r.Tokens, Chars: r.Chars, Bytes: r.Bytes, Words: r.Words,
		OOV: r.OOV, Zeros: r.Zeros, Stride: r.Stride, Nats: Number(r.Nats),
		Perplexity:             Number(r.Perplexity()),
		PerplexityExcludingOOV: Number(r.PerplexityExcludingOOV()),
		BitsPerByte:            Number(r.BitsPerByte()),
		BitsPerByteLow:         Number(r.Low),
		BitsPerByteHigh:        Number(r.High),
		BitsPerChar:            Number(r.BitsPerChar()), PerToken: r.PerToken,
		LimitNats: Number(math.NaN()), LimitEntropy: Number(math.NaN()),
		Gap: Number(math.NaN()), GapLow: Number(math.NaN()), GapHigh: Number(math.NaN()),
	}
	for _, p := range r.Positions {
		s.Positions = append(s.Positions, PositionSummary{p.From, p.To, p.Tokens, Number(p.Nats),
			Number(p.Nats / float64(p.Tokens))})
	}
	if !r.HasLimit {
		return s
	}
	low, high := r.GapInterval(r.Seed)
	s.Events, s.LimitNats, s.LimitEntropy = r.Events, Number(r.LimitNats), Number(r.LimitEntropy)
	s.Gap, s.GapLow, s.GapHigh = Number(r.Gap()), Number(low), Number(high)
	for _, c := range r.Classes {
		s.Classes = append(s.Classes, ClassSummary{c.Class.String(), c.Events, Number(c.Nats),
			Number(c.TruthNats), Number(c.Entropy), Number(c.Gap())})
	}
	return s
}

// TokenNats is the cost of one token.
type TokenNats struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
	Nats Number   `json:"nats"`
}
