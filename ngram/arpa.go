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

// ARPA is the text format that n-gram toolkits share (SRILM, KenLM, Kaldi). Each n-gram has log10
// P, its words and, as a history, log10 of its backoff weight. In this format [lm.BOS] is two
// unigrams: <s> as a history and </s> as a prediction.
const (
	openWord  = "<s>"
	closeWord = "</s>"
	// logZero stands for log10 0.
	logZero = -99
)

// unkWords are the spellings of the unknown word in toolkits.
var unkWords = map[string]bool{"<unk>": true, "<UNK>": true}

// separators are the bytes that end a word of an ARPA file, as in KenLM's reader.
const separators = " \t\r\n"

// WriteARPA writes the model with the words of its tokens, sorted by token. Every number has the
// fewest digits that read back as the same bits, so a file that is read and written again has the
// same bytes. Words are bytes and are written unchanged, so that the file has the bytes that occur
// in a text. A word must not be empty, contain a separator, or be the word of another token.
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

// arpaWords returns the words of all tokens, and refuses words that the format cannot represent.
func arpaWords(vocab int, words func(lm.Token) string) ([]string, error) {
	text := make([]string, vocab)
	text[lm.BOS] = closeWord
	owner := map[string]lm.Token{openWord: lm.BOS, closeWord: lm.BOS}
	for t := lm.Token(1); int(t) < vocab; t++ {
		word := words(t)
		if word == "" || strings.ContainsAny(word, separators) {
			return nil, fmt.Errorf("ngram: token %d is written %q; want a word without spaces "+
				"for an ARPA file", t, word)
		}
		if other, ok := owner[word]; ok {
			return nil, fmt.Errorf("ngram: tokens %d and %d are both written %q; want a "+
				"different word for "+
				"each token of an ARPA file", other, t, word)
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
			continue // the file is damaged
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

// words returns the words of the path.
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

// appendLog appends a log10 with the fewest digits that read back as the same bits.
func appendLog(dst []byte, v float32) []byte {
	switch {
	case v == 0:
		return append(dst, '0') // also for −0
	case math.IsInf(float64(v), -1):
		v = logZero
	}
	return strconv.AppendFloat(dst, float64(v), 'g', -1, 32)
}
