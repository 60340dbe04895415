package corpus

import (
	"unicode"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf16 "golang.org/x/text/encoding/unicode"
)

// detected is the encoding that the first bytes of a text suggest. Its zero value is UTF-8.
type detected struct {
	name     string
	encoding encoding.Encoding // nil: not certain enough to convert the text
	always   bool              // not even the words of bytes can be read without a conversion
}

// multibyte lists the encodings that are converted, by the names that chardet gives them. An
// encoding with several bytes per character is hard to mistake for another; encodings with one byte
// per character are easily confused.
var multibyte = map[string]detected{
	// GB18030 contains GB2312 and GBK
	"GB2312":    {name: "GB18030", encoding: simplifiedchinese.GB18030},
	"GB18030":   {name: "GB18030", encoding: simplifiedchinese.GB18030},
	"Big5":      {name: "Big5", encoding: traditionalchinese.Big5},
	"SHIFT_JIS": {name: "Shift JIS", encoding: japanese.ShiftJIS},
	"Shift_JIS": {name: "Shift JIS", encoding: japanese.ShiftJIS},
	"CP932":     {name: "Shift JIS", encoding: japanese.ShiftJIS},
	"EUC-JP":    {name: "EUC-JP", encoding: japanese.EUCJP},
	"EUC-KR":    {name: "EUC-KR", encoding: korean.EUCKR},
	"CP949":     {name: "EUC-KR", encoding: korean.EUCKR},
}

// detect returns the encoding of a text that begins with head.
func detect(head []byte) detected {
	if order, ok := utf16Order(head); ok {
		return detected{"UTF-16", utf16.UTF16(order, utf16.UseBOM), true}
	}
	if mostlyUTF8(head) {
		return detected{}
	}
	guess := chardet.Detect(head)
	if d, ok := multibyte[guess.Encoding]; ok && guess.Confidence >= certain &&
		decodes(head, d.encoding) {
		return d
	}
	if guess.Confidence < doubtful && paired(head) && decodes(head, simplifiedchinese.GB18030) {
		return multibyte["GB18030"] // a text too short for chardet's statistics
	}
	return detected{name: "not UTF-8"}
}

// The confidence from which chardet is trusted, and below which other evidence overrules it.
const (
	certain  = 0.9
	doubtful = 0.5
)

// utf16Order returns the byte order of a text in UTF-16, from its byte order mark or from the zero
// bytes of ASCII characters.
func utf16Order(head []byte) (utf16.Endianness, bool) {
	if len(head) < 2 {
		return utf16.LittleEndian, false
	}
	switch string(head[:2]) {
	case "\xff\xfe":
		return utf16.LittleEndian, len(head) < 4 || string(head[2:4]) != "\x00\x00" // else UTF-32
	case "\xfe\xff":
		return utf16.BigEndian, true
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	half := len(head) / 2
	switch {
	case half < 8:
	case zeros[0] == 0 && zeros[1]*2 > half:
		return utf16.LittleEndian, true
	case zeros[1] == 0 && zeros[0]*2 > half:
		return utf16.BigEndian, true
	}
	return utf16.LittleEndian, false
}

// mostlyUTF8 reports whether a text is UTF-8, perhaps with a few damaged bytes.
func mostlyUTF8(head []byte) bool {
	good, bad := 0, 0
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && size == 1:
			if !utf8.FullRune(head) {
				return bad <= good // the last character may be cut off
			}
			bad++
		case size > 1:
			good++
		}
		head = head[size:]
	}
	return bad <= good
}

// decodes reports whether a text decodes without an error and nearly all of its characters outside
// ASCII are East Asian letters and punctuation.
func decodes(head []byte, e encoding.Encoding) bool {
	text, err := e.NewDecoder().Bytes(head)
	if err != nil {
		return false
	}
	asian, other := 0, 0
	for i, r := range string(text) {
		switch {
		case r == utf8.RuneError:
			if i < len(text)-4*utf8.UTFMax { // otherwise the text was cut off
				return false
			}
		case r < utf8.RuneSelf:
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) ||
			isAsianPunctuation(r):
			asian++
		default:
			other++
		}
	}
	return asian > 0 && other*10 <= asian
}

// isAsianPunctuation reports whether r is East Asian punctuation or a full-width form.
func isAsianPunctuation(r rune) bool {
	return r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef || r >= 0x2010 && r <= 0x2026 ||
		r == '·'
}

// paired reports whether nearly all bytes above ASCII have a neighbour above ASCII, unlike the
// bytes of accented letters in an encoding of one byte per character.
func paired(head []byte) bool {
	pairs, single := 0, 0
	for i := 0; i < len(head); i++ {
		if head[i] < utf8.RuneSelf {
			continue
		}
		n := 1
		for i+n < len(head) && head[i+n] >= utf8.RuneSelf {
			n++
		}
		if n == 1 {
			single++
		} else {
			pairs += n / 2
		}
		i += n
	}
	return single*4 <= pairs
}
