package compress

import (
	"strings"

	"lmzoo/lm"
)

// Documents returns a tokenizer in which BOS represents the end of every document, as in training;
// tok never sees the separator end. For models of lines, end is "\n". The round trip is exact for
// every text.
func Documents(tok Tokenizer, end string) Tokenizer {
	if end == "" {
		return tok
	}
	return documents{tok, end}
}

type documents struct {
	Tokenizer
	end string
}

func (d documents) Encode(dst []lm.Token, text string) []lm.Token {
	for {
		document, rest, more := strings.Cut(text, d.end)
		dst = d.Tokenizer.Encode(dst, document)
		if !more {
			return dst
		}
		dst, text = append(dst, lm.BOS), rest
	}
}

func (d documents) Decode(tokens []lm.Token) string {
	var b strings.Builder
	from := 0
	for i, t := range tokens {
		if t == lm.BOS {
			b.WriteString(d.Tokenizer.Decode(tokens[from:i]))
			b.WriteString(d.end)
			from = i + 1
		}
	}
	b.WriteString(d.Tokenizer.Decode(tokens[from:]))
	return b.String()
}
