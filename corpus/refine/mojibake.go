package refine

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// repairer is the step mojibake: it restores UTF-8 that was read as Windows-1252, so that "Ã©"
// becomes "é" again. Only sequences that are valid UTF-8 are repaired, so that a correct "Ã" is
// kept.
type repairer struct{}

func (repairer) Name() string { return Mojibake }

func (repairer) Apply(d *Document) {
	if firstMojibake(d.Text) >= 0 {
		d.Edit("UTF-8 read as Windows-1252", repair(d.Text))
	}
}

func firstMojibake(text string) int {
	for i := 0; i < len(text); {
		if b := text[i]; b != 0xc3 && b != 0xc2 {
			i++ // the characters for leading bytes begin with one of these bytes
			continue
		}
		if _, n := original(text[i:]); n > 0 {
			return i
		}
		i++
	}
	return -1
}

// repair replaces every sequence of characters whose bytes in Windows-1252 are one character in
// UTF-8.
func repair(text string) string {
	var b strings.Builder
	for {
		at := firstMojibake(text)
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		r, n := original(text[at:])
		b.WriteString(text[:at])
		b.WriteRune(r)
		text = text[at+n:]
	}
}

// original returns the character that the beginning of text represents, and the number of bytes
// that represent it, or 0 if there is none.
func original(text string) (rune, int) {
	lead, n := windowsByte(text)
	length := 0
	switch {
	case lead >= 0xc2 && lead <= 0xdf:
		length = 2
	case lead >= 0xe0 && lead <= 0xef:
		length = 3
	case lead >= 0xf0 && lead <= 0xf4:
		length = 4
	default:
		return 0, 0
	}
	bytes := [4]byte{lead}
	for i := 1; i < length; i++ {
		b, m := windowsByte(text[n:])
		if b < 0x80 || b > 0xbf {
			return 0, 0
		}
		bytes[i], n = b, n+m
	}
	r, size := utf8.DecodeRune(bytes[:length])
	if r == utf8.RuneError || size != length || r < 0xa0 {
		return 0, 0
	}
	return r, n
}

// windowsByte returns the byte of the first character of text in Windows-1252, where the five
// undefined bytes represent control characters, and the length of the character in text.
func windowsByte(text string) (byte, int) {
	r, n := utf8.DecodeRuneInString(text)
	switch {
	case r == utf8.RuneError:
		return 0, n
	case r < 0x100:
		return byte(r), n
	}
	b, ok := charmap.Windows1252.EncodeRune(r)
	if !ok {
		return 0, n
	}
	return b, n
}
