package refine

import (
	"unicode"
	"unicode/utf8"
)

// Words appends the words of a text to dst: the runs between white space, including punctuation. In
// scripts that put no space between words, every character is a word.
func Words(dst []string, text string) []string {
	begin := -1
	end := func(at int) {
		if begin >= 0 {
			dst = append(dst, text[begin:at])
			begin = -1
		}
	}
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		switch {
		case isSpace(r):
			end(i)
		case unspaced(r):
			end(i)
			dst = append(dst, text[i:i+size])
		case begin < 0:
			begin = i
		}
		i += size
	}
	end(len(text))
	return dst
}

// Tokens appends a hash of each token of a text to dst, for comparing texts: words in lower case
// without punctuation, and single characters of scripts that put no space between words.
func Tokens(dst []uint64, text string) []uint64 {
	h, open := uint64(fnvOffset), false
	end := func() {
		if open {
			dst = append(dst, mix(h))
			h, open = fnvOffset, false
		}
	}
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			i++
			switch {
			case b >= 'a' && b <= 'z' || b >= '0' && b <= '9':
			case b >= 'A' && b <= 'Z':
				b += 'a' - 'A'
			default:
				end()
				continue
			}
			h, open = (h^uint64(b))*fnvPrime, true
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case unspaced(r):
			end()
			dst = append(dst, mix((fnvOffset^uint64(r))*fnvPrime))
		case unicode.In(r, unicode.L, unicode.N, unicode.M):
			h, open = (h^uint64(unicode.ToLower(r)))*fnvPrime, true
		default:
			end()
		}
	}
	end()
	return dst
}

// The constants of FNV-1a with 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// mix spreads every bit of x over all bits (the finalizer of SplitMix64, Steele et al. 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// isSpace reports whether r is white space; the common cases come first.
func isSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return unicode.IsSpace(r)
}

// unspaced reports whether r is a letter of a script that puts no spaces between words.
func unspaced(r rune) bool {
	switch {
	case r < 0x0e00:
		return false
	case r >= 0x3400 && r <= 0x4dbf, r >= 0x4e00 && r <= 0x9fff, r >= 0x3041 && r <= 0x30ff:
		return true // most of Chinese and Japanese
	case r >= 0xac00 && r <= 0xd7a3:
		return false // Hangul has spaces between words
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao,
		unicode.Khmer, unicode.Myanmar)
}
