package corpus

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Ratio is the split of a corpus into a training, a validation and a test part, in per cent.
type Ratio struct{ Train, Valid, Test int }

// ParseRatio reads a ratio such as 90/5/5.
func ParseRatio(s string) (Ratio, error) {
	fail := func(why string) (Ratio, error) {
		return Ratio{}, fmt.Errorf("split %q: %s; want train/valid/test in per cent, such as "+
			"90/5/5 or 90/10/0", s, why)
	}
	fields := strings.Split(s, "/")
	if len(fields) != 3 {
		return fail(fmt.Sprintf("has %d parts, not 3", len(fields)))
	}
	var p [3]int
	for i, f := range fields {
		n, err := strconv.Atoi(f)
		if err != nil || n < 0 || n > 100 {
			return fail(fmt.Sprintf("%q is not a whole number from 0 to 100", f))
		}
		p[i] = n
	}
	if sum := p[0] + p[1] + p[2]; sum != 100 {
		return fail(fmt.Sprintf("adds up to %d, not 100", sum))
	}
	return Ratio{p[0], p[1], p[2]}, nil
}

// String returns the ratio as ParseRatio reads it.
func (r Ratio) String() string { return fmt.Sprintf("%d/%d/%d", r.Train, r.Valid, r.Test) }

// MarshalText returns the ratio as String does.
func (r Ratio) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a ratio as ParseRatio does.
func (r *Ratio) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRatio(string(text))
	return err
}

// Split splits the documents by number, in order: the first ⌊n·train/100⌋ documents are the
// training part, the documents up to ⌊n·(train+valid)/100⌋ the validation part, and the rest the
// test part. If that would leave a part empty, as for a single stream, the bytes are split in the
// same way, and a document that crosses a border is cut in two.
func (r Ratio) Split(docs []Document) Split {
	a, b := r.borders(len(docs))
	if r.fits(a, b, len(docs)) {
		return Split{Train: docs[:a:a], Valid: docs[a:b:b], Test: docs[b:]}
	}
	bytes := 0
	for _, d := range docs {
		bytes += d.Bytes()
	}
	a, b = r.borders(bytes)
	train, rest := cutAt(docs, a)
	for _, d := range train {
		b -= d.Bytes()
	}
	valid, test := cutAt(rest, max(b, 0))
	return Split{Train: train, Valid: valid, Test: test}
}

// borders returns where the second and the third part of n begin.
func (r Ratio) borders(n int) (int, int) { return n * r.Train / 100, n * (r.Train + r.Valid) / 100 }

// fits reports whether borders at a and b of n leave every part with a share nonempty.
func (r Ratio) fits(a, b, n int) bool {
	return (a > 0) == (r.Train > 0) && (b > a) == (r.Valid > 0) && (n > b) == (r.Test > 0)
}

// cutAt splits documents after the given number of bytes, moved back by up to three bytes to the
// beginning of a character.
func cutAt(docs []Document, bytes int) (before, after []Document) {
	i := 0
	for i < len(docs) && bytes >= docs[i].Bytes() {
		bytes -= docs[i].Bytes()
		i++
	}
	if i == len(docs) {
		return docs, nil
	}
	d := docs[i]
	at := characterStart(d.Text, bytes)
	switch {
	case at == 0:
		return docs[:i:i], docs[i:]
	case at >= len(d.Text): // inside the end, which is never cut
		return docs[: i+1 : i+1], docs[i+1:]
	}
	first, second := d, d
	first.Text, first.End, first.Cut = d.Text[:at], "", true
	second.Text = d.Text[at:]
	// An end without bytes is not a target, because training may never have seen one.
	second.Cut = d.Cut || d.End == ""
	first.Truth, second.Truth = nil, nil
	return append(slices.Clone(docs[:i]), first), append([]Document{second}, docs[i+1:]...)
}

// Head returns the first n bytes of a document, or up to three bytes fewer, so that no character is
// cut.
func (d Document) Head(n int) Document {
	if len(d.Text) <= n {
		return d
	}
	return Document{Text: d.Text[:characterStart(d.Text, n)], Cut: true}
}

// characterStart moves a position in text back to the beginning of a character.
func characterStart(text string, at int) int {
	if at >= len(text) {
		return at
	}
	for i := at; i >= 0 && i > at-utf8.UTFMax; i-- {
		if _, size := utf8.DecodeRuneInString(text[i:]); utf8.RuneStart(text[i]) && i+size > at {
			return i
		}
	}
	return at // the bytes are not UTF-8
}

// Shuffle returns the documents in an order that depends only on the seed.
func Shuffle(docs []Document, seed uint64) []Document {
	out := slices.Clone(docs)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(out), func(i, j int) {
		out[i], out[j] = out[j],
			out[i]
	})
	return out
}
