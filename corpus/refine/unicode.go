package refine

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalizer is the step unicode: it makes equivalent texts equal byte for byte. NFC composes
// letters and accents (Unicode Standard Annex 15); NFKC is not used, because it rewrites Chinese
// punctuation.
type normalizer struct{}

func (normalizer) Name() string { return Unicode }

func (normalizer) Apply(d *Document) {
	if !plain(d.Text) {
		if !utf8.ValidString(d.Text) {
			d.Edit("invalid UTF-8", strings.ToValidUTF8(d.Text, ""))
		}
		if text := strings.Map(printing, lineEnds.Replace(d.Text)); text != d.Text {
			d.Edit("characters", text)
		}
		if !norm.NFC.IsNormalString(d.Text) {
			d.Edit("NFC", norm.NFC.String(d.Text))
		}
	}
	if text := tidy(d.Text); text != d.Text {
		d.Edit("white space", text)
	}
	if d.Text == "" {
		d.Remove("empty", "no text")
	}
}

// plain reports whether a text is ASCII without control characters, which does not need to be
// mapped.
func plain(text string) bool {
	for i := range len(text) {
		if b := text[i]; b >= 0x7f || b < ' ' && b != '\n' && b != '\t' {
			return false
		}
	}
	return true
}

// lineEnds makes every line end "\n".
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n",
	"\u2028", "\n", "\u2029", "\n")

// printing maps spaces to one of two kinds and drops invisible characters: control characters, byte
// order marks, soft hyphens, and marks that only set the direction. It keeps joiners, because
// Persian, Indian scripts and emoji need them.
func printing(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r < ' ' || r >= 0x7f && r < 0xa0:
		return -1
	case r == 0xa0 || r == 0x202f || r == 0x2007:
		return ' '
	case r == 0xad || r == 0x200b || r == 0x2060 || r == 0xfeff || r == utf8.RuneError:
		return -1
	case r >= 0x200e && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
		return -1
	case r >= 0xfff9 && r <= 0xfffb || r&0xfffe == 0xfffe:
		return -1 // interlinear annotation, noncharacters
	}
	return r
}

// tidy trims the end of every line and leaves at most one blank line between other lines.
func tidy(text string) string {
	var b strings.Builder
	blank := 0
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line == "" {
			blank++
			continue
		}
		if b.Len() == 0 {
			b.Grow(len(text))
		} else if blank > 0 {
			b.WriteString("\n\n")
		} else {
			b.WriteString("\n")
		}
		blank = 0
		b.WriteString(line)
	}
	return strings.TrimLeftFunc(b.String(), unicode.IsSpace)
}
