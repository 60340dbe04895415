package corpus

import (
	"fmt"
	"iter"
	"maps"

	"lmzoo/lm"
)

// Word is the tokenizer of whole words, each with the space before it. In scripts that are written
// without spaces, such as Chinese, each character is a word. The vocabulary is nevertheless open: a
// word outside it is spelled in characters, and an unknown character in hexadecimal digits.
type Word struct {
	letters *alphabet
	words   []string // tokens letters.size() …
	ids     map[string]lm.Token
	next    func(text string) int // the length in bytes of the first word of a text
}

// minWordCount is the number of occurrences from which a word gets a token. A token that occurs
// once teaches the model nothing about its word, while the spelling of the word gives it practice
// in spelling.
const minWordCount = 2

// trainWord learns every character of the texts and their most frequent words: up to the limit
// vocab or, if vocab is 0, all words that occur at least twice.
func trainWord(texts iter.Seq[string], vocab int) (*Word, error) {
	counts := countPieces(texts, nextWord)
	letters := newAlphabet(alphabetOf(maps.All(counts)))
	if vocab != 0 && vocab < letters.size() {
		return nil, tooSmall("word", vocab, letters.size(),
			fmt.Sprintf("%d characters of the text, 32 digits for unknown bytes and the document "+
				"boundary", len(letters.runes)))
	}
	for piece, n := range counts {
		if len(letters.spell(nil, piece)) == 1 || vocab == 0 && n < minWordCount {
			delete(counts, piece)
		}
	}
	words := byFrequency(counts)
	if vocab != 0 {
		words = words[:min(len(words), vocab-letters.size())]
	}
	return newWord(letters, words), nil
}

func newWord(letters *alphabet, words []string) *Word {
	w := &Word{letters: letters, words: words, ids: make(map[string]lm.Token, len(words)),
		next: nextWord}
	for i, s := range words {
		w.ids[s] = lm.Token(letters.size() + i)
		if nextWord(s) < len(s) {
			w.next = nextPiece // the vocabulary dates from before Chinese was cut into characters
		}
	}
	return w
}

// Name returns "word".
func (w *Word) Name() string { return "word" }

// Vocab returns the number of tokens: BOS, 32 digits, the characters and the words.
func (w *Word) Vocab() int { return w.letters.size() + len(w.words) }

// Encode appends one token per known word, and the spelling of any other word.
func (w *Word) Encode(dst []lm.Token, text string) []lm.Token {
	for text != "" {
		n := w.next(text)
		if id, ok := w.ids[text[:n]]; ok {
			dst = append(dst, id)
		} else {
			dst = w.letters.spell(dst, text[:n])
		}
		text = text[n:]
	}
	return dst
}

// Decode joins the words, which include their spaces.
func (w *Word) Decode(tokens []lm.Token) string {
	var r reader
	for _, t := range tokens {
		if word, ok := w.word(t); ok {
			r.high = 0
			r.text = append(r.text, word...)
		} else {
			w.letters.read(&r, t)
		}
	}
	return string(r.text)
}

// Text returns the word with the space before it.
func (w *Word) Text(t lm.Token) string {
	if word, ok := w.word(t); ok {
		return visible(word)
	}
	return w.letters.show(t)
}

// Bytes returns the length of the word with its space.
func (w *Word) Bytes(t lm.Token) int {
	if word, ok := w.word(t); ok {
		return len(word)
	}
	return w.letters.bytes(t)
}

func (w *Word) word(t lm.Token) (string, bool) {
	if i := int(t) - w.letters.size(); i >= 0 && i < len(w.words) {
		return w.words[i], true
	}
	return "", false
}
