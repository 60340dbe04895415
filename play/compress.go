package play

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math"
	"unicode/utf8"

	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/play/web"
)

// compressRequest asks how many bits models need to compress a text.
type compressRequest struct {
	Text   string   `json:"text"`
	Models []string `json:"models"` // none: all
}

// compressed is the size of a text under one model: an arithmetic coder spends −log2 P bits on each
// token.
type compressed struct {
	Model       string  `json:"model"`
	Bits        float64 `json:"bits"`
	BitsPerChar float64 `json:"bits_per_char"`
	Bytes       int     `json:"bytes"` // rounded up
	// Lossless is false for a lossy tokenizer, whose numbers are not comparable
	Lossless bool   `json:"lossless"`
	Tokens   []cost `json:"tokens"`
}

// cost is the cost in bits of a piece of the text: the fewest tokens that form whole characters.
type cost struct {
	Text  string    `json:"text"`
	Chars int       `json:"chars"`
	Bits  web.Float `json:"bits"`
}

// gzipped is the size of the first Chars characters of the text under gzip.
type gzipped struct {
	Chars int `json:"chars"`
	Bits  int `json:"bits"`
}

// maxPrefixes is the maximum number of prefixes of a text that gzip compresses.
const maxPrefixes = 200

func (s *Server) compress(ctx context.Context, q compressRequest) (any, error) {
	if err := web.CheckText("text", q.Text, s.opt.Limits.PromptBytes); err != nil {
		return nil, err
	}
	some, err := s.models.Some(q.Models)
	if err != nil {
		return nil, err
	}
	all := []compressed{}
	for _, m := range some {
		if ctx.Err() != nil {
			return nil, web.Cancelled(ctx)
		}
		c, err := compress(m, q.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w, or leave it out", m.ID, err)
		}
		all = append(all, c)
	}
	curve, err := gzipCurve(q.Text)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"chars": utf8.RuneCountInString(q.Text), "bytes": len(q.Text), "models": all, "gzip": curve,
	}, nil
}

// compress measures the bits that a model spends on a text. It does not count the end of the
// document, because the text may continue.
func compress(m *models.Model, text string) (compressed, error) {
	tok := m.Tokenizer()
	tokens := tok.Encode(nil, text)
	c := compressed{Model: m.ID, Lossless: tok.Decode(tokens) == text, Tokens: []cost{}}
	var waiting []lm.Token
	bits := 0.0
	scores := lm.Score(m.LM, tokens)
	if err := lm.CheckLogProbs(scores); err != nil {
		return c, err
	}
	for i, logProb := range scores {
		bits -= max(logProb, -9999) / math.Ln2
		waiting = append(waiting, tokens[i])
		piece := tok.Decode(waiting)
		if piece != "" && utf8.ValidString(piece) || i == len(tokens)-1 {
			c.Tokens = append(c.Tokens, cost{piece, utf8.RuneCountInString(piece), web.Float(bits)})
			c.Bits += bits
			waiting, bits = waiting[:0], 0
		}
	}
	if n := utf8.RuneCountInString(text); n > 0 {
		c.BitsPerChar = c.Bits / float64(n)
	}
	c.Bytes = int(math.Ceil(c.Bits / 8))
	return c, nil
}

// gzipCurve compresses prefixes of a text with gzip: all of them if the text is short.
func gzipCurve(text string) ([]gzipped, error) {
	curve := []gzipped{}
	total := utf8.RuneCountInString(text)
	step := max(1, total/maxPrefixes)
	chars := 0
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	for i, r := range text {
		if chars++; chars%step != 0 && chars != total {
			continue
		}
		out.Reset()
		z.Reset(&out)
		if _, err := z.Write([]byte(text[:i+utf8.RuneLen(r)])); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		curve = append(curve, gzipped{chars, 8 * out.Len()})
	}
	return curve, nil
}
