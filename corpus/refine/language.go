package refine

import (
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

// identifier is the step language: it determines the language of a text from its character trigrams
// (Cavnar & Trenkle 1994). It removes a document only if Languages is not empty and does not
// contain its language.
type identifier struct{ languages map[string]bool }

func (identifier) Name() string { return Language }

func (s identifier) Apply(d *Document) {
	d.Language = LanguageOf(d.Text)
	if len(s.languages) > 0 && !s.languages[d.Language] {
		d.Remove("other language", languageName(d.Language))
	}
}

// languageBytes is the number of bytes of a text from which its language is determined.
const languageBytes = 2000

// LanguageOf returns the ISO 639-3 code of the language of a text, or "" if the text is too short
// to determine it.
func LanguageOf(text string) string {
	if len(text) > languageBytes {
		at := languageBytes
		for !utf8.RuneStart(text[at]) {
			at--
		}
		text = text[:at]
	}
	info := whatlanggo.Detect(text)
	if info.Lang < 0 || !info.IsReliable() {
		return ""
	}
	return info.Lang.Iso6393()
}

func languageName(code string) string {
	if code == "" {
		return "unknown language"
	}
	return code
}

// Group is a group of languages to which the same rules apply.
type Group string

// The groups of languages.
const (
	English  Group = "english"
	Spaced   Group = "spaced"   // other languages with spaces between words
	Unspaced Group = "unspaced" // Chinese, Japanese, Thai: every character is a word
)

// Groups lists the groups of languages.
func Groups() []Group { return []Group{English, Spaced, Unspaced} }

// Group returns the group of the document's language.
func (d *Document) Group() Group {
	single := 0
	words := d.Words()
	for _, w := range words {
		if r, size := utf8.DecodeRuneInString(w); size == len(w) && unspaced(r) {
			single++
		}
	}
	switch {
	case single*2 > len(words):
		return Unspaced
	case d.Language == "eng":
		return English
	}
	return Spaced
}

func newIdentifier(languages []string) identifier {
	s := identifier{map[string]bool{}}
	for _, code := range languages {
		s.languages[code] = true
	}
	return s
}
