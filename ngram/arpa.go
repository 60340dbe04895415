package ngram

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"lmzoo/lm"
)

// ARPA is the text format that n-gram toolkits share (SRILM, KenLM, Kaldi): per n-gram log10 P, the words,
// and as a history log10 of its backoff weight. The two faces of lm.BOS, <s> as a history and </s> as a
// prediction, are two unigrams there.
const (
	openWord  = "<s>"
	closeWord = "</s>"
	// logZero is how ARPA writes log10 0.
	logZero = -99
)

// unkWords are the ways toolkits write the unknown word.
var unkWords = map[string]bool{"<unk>": true, "<UNK>": true}

// WriteARPA writes the model with the words of its tokens, sorted by token, every number with the fewest
// digits that read back as the same bits: writing what was read gives the same bytes. A byte of a word
// that would break the format is written as \xNN, which ReadARPA undoes.
func (m *Model) WriteARPA(w io.Writer, words func(lm.Token) string) error {
	text, err := arpaWords(m.Vocab(), words)
	if err != nil {
		return err
	}
	a := &arpaWriter{m: m, out: bufio.NewWriterSize(w, 1<<16), text: text}
	a.out.WriteString("\\data\\\n")
	for k, n := range m.Grams {
		if k == 0 {
			n++ // <s>
		}
		fmt.Fprintf(a.out, "ngram %d=%d\n", k+1, n)
	}
	for k := 1; k <= m.Order; k++ {
		fmt.Fprintf(a.out, "\n\\%d-grams:\n", k)
		if k == 1 {
			a.unigrams()
			continue
		}
		for first := range uint32(m.Vocab()) {
			a.path = append(a.path[:0], first)
			a.walk(1, first, k)
		}
	}
	a.out.WriteString("\n\\end\\\n")
	return a.out.Flush()
}

// arpaWords returns the words as the format can hold them, and refuses two tokens of one word.
func arpaWords(vocab int, words func(lm.Token) string) ([]string, error) {
	text := make([]string, vocab)
	text[lm.BOS] = closeWord
	owner := map[string]lm.Token{openWord: lm.BOS, closeWord: lm.BOS}
	for t := lm.Token(1); int(t) < vocab; t++ {
		word := escape(words(t))
		if other, ok := owner[word]; ok {
			if word == openWord || word == closeWord {
				word = fmt.Sprintf(`\x%02x%s`, word[0], word[1:]) // a word that only looks like a boundary
				other, ok = owner[word]
			}
			if ok {
				return nil, fmt.Errorf("ngram: tokens %d and %d are both written %q: an ARPA file needs a word for each", other, t, word)
			}
		}
		owner[word], text[t] = t, word
	}
	return text, nil
}

// arpaWriter walks the trie.
type arpaWriter struct {
	m    *Model
	out  *bufio.Writer // keeps its first error until Flush
	text []string
	path []uint32
	line []byte
}

func (a *arpaWriter) unigrams() {
	for w := range uint32(a.m.Vocab()) {
		if w == uint32(lm.BOS) {
			a.entry(logZero, openWord, a.m.unigramBackoff(w), 1)
			a.entry(a.m.unigramProb(w), closeWord, 0, 1)
			continue
		}
		a.entry(a.m.unigramProb(w), a.text[w], a.m.unigramBackoff(w), 1)
	}
}

// walk writes the n-grams of order k that begin with n-gram i of order j.
func (a *arpaWriter) walk(j int, i uint32, k int) {
	t := &a.m.tables[j-1]
	lo, hi := a.m.successors(j, i)
	for c := lo; c < hi; c++ {
		w := t.wordAt(c)
		if int(w) >= len(a.text) {
			continue // a damaged file
		}
		a.path = append(a.path, w)
		if j+1 < k {
			a.walk(j+1, c, k)
		} else {
			backoff := float32(0)
			if k < a.m.Order {
				backoff = a.m.backoffWeight(k, c)
			}
			a.entry(t.probAt(c), a.words(), backoff, k)
		}
		a.path = a.path[:len(a.path)-1]
	}
}

// words spells the path.
func (a *arpaWriter) words() string {
	var b strings.Builder
	for i, w := range a.path {
		switch {
		case i > 0:
			b.WriteByte(' ')
			b.WriteString(a.text[w])
		case w == uint32(lm.BOS):
			b.WriteString(openWord)
		default:
			b.WriteString(a.text[w])
		}
	}
	return b.String()
}

func (a *arpaWriter) entry(prob float32, words string, backoff float32, k int) {
	a.line = appendLog(a.line[:0], prob)
	a.line = append(a.line, '\t')
	a.line = append(a.line, words...)
	if k < a.m.Order {
		a.line = append(a.line, '\t')
		a.line = appendLog(a.line, backoff)
	}
	a.out.Write(append(a.line, '\n'))
}

// appendLog writes a log10 with the fewest digits that read back the same.
func appendLog(dst []byte, v float32) []byte {
	switch {
	case v == 0:
		return append(dst, '0') // −0 too
	case math.IsInf(float64(v), -1):
		v = logZero
	}
	return strconv.AppendFloat(dst, float64(v), 'g', -1, 32)
}

// escape writes the bytes that ARPA readers split at, and what would read as an escape, as \xNN; an
// empty word becomes a lone \x.
func escape(word string) string {
	if word == "" {
		return `\x`
	}
	if !strings.ContainsAny(word, " \t\n\v\f\r\x00") && !strings.Contains(word, `\x`) {
		return word
	}
	var b strings.Builder
	for i := range len(word) {
		switch c := word[i]; {
		case strings.IndexByte(" \t\n\v\f\r\x00", c) >= 0, c == '\\' && i+1 < len(word) && word[i+1] == 'x':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescape undoes escape; other backslashes are left alone.
func unescape(word string) string {
	if word == `\x` {
		return ""
	}
	if !strings.Contains(word, `\x`) {
		return word
	}
	var b strings.Builder
	for i := 0; i < len(word); i++ {
		if strings.HasPrefix(word[i:], `\x`) && i+4 <= len(word) {
			if c, err := strconv.ParseUint(word[i+2:i+4], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(word[i])
	}
	return b.String()
}
