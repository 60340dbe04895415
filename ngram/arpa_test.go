package ngram

import (
	"bytes"
	"compress/gzip"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// mill trains on the story of the mill.
func mill(t testing.TB, cfg Config) (*Model, *words) {
	w := newWords()
	docs := w.lines(testText(t, "mill.txt"), true)
	cfg.Vocab, cfg.Unk = len(w.text), 1
	m, _, err := Train(docs, cfg)
	require.NoError(t, err)
	return m, w
}

func writeARPA(t testing.TB, m *Model, words func(lm.Token) string) string {
	var b bytes.Buffer
	require.NoError(t, m.WriteARPA(&b, words))
	return b.String()
}

func TestARPARoundTrip(t *testing.T) {
	for _, smoothing := range Smoothings {
		for _, order := range []int{1, 2, 5} {
			m, w := mill(t, Config{Order: order, Smoothing: smoothing})
			text := writeARPA(t, m, func(id lm.Token) string { return w.text[id] })
			again, names, err := ReadARPA(strings.NewReader(text))
			require.NoError(t, err)
			require.Equal(t, w.text, names)
			require.Equal(t, text, writeARPA(t, again,
				func(id lm.Token) string { return names[id] }))

			var zipped bytes.Buffer
			z := gzip.NewWriter(&zipped)
			z.Write([]byte(text))
			require.NoError(t, z.Close())
			again, _, err = ReadARPA(&zipped)
			require.NoError(t, err)
			if smoothing == "mle" {
				continue // −Inf is read back as −99
			}
			for _, doc := range w.lines(testText(t, "mill.test.txt"), false) {
				require.Equal(t, m.Score(nil, doc), again.Score(nil, doc))
			}
		}
	}
}

func TestWriteARPARefusesWords(t *testing.T) {
	m, _, err := Train([][]lm.Token{{1, 2, 0}}, Config{Order: 2, Vocab: 3})
	require.NoError(t, err)
	for word, want := range map[string]string{
		"": "without spaces", "a b": "without spaces", "a\tb": "without spaces",
		"a\n": "without spaces", "\r": "without spaces",
		"<s>": "both written", "</s>": "both written", "a": "both written",
	} {
		err := m.WriteARPA(&bytes.Buffer{},
			func(t lm.Token) string { return [...]string{"</s>", "a", word}[t] })
		require.ErrorContains(t, err, want, "%q", word)
		require.NotContains(t, err.Error(), "\n")
	}
}

// A file as SRILM writes it, with -99 and without needless weights, and without the history "b c"
// of a trigram, which only other toolkits omit. The expected numbers are those of the file, added
// by hand.
func TestARPAOfOthers(t *testing.T) {
	const file = "made by hand\r\n\\data\\\r\nngram 1=5\nngram 2=3\nngram 3=2\n\n" +
		"\\1-grams:\n-0.7\t</s>\n-99\t<s>\t-0.3\n-0.6\ta\t-0.2\n-0.8 b -0.1\n-0.9\tc\n\n" +
		"\\2-grams:\n-0.4\t<s> a\t-0.05\n-0.3\ta b\n-0.2\tc </s>\n\n" +
		"\\3-grams:\n-0.1\t<s> a b\n-0.15\tb c a\n\n\\end\\\n"
	m, names, err := ReadARPA(strings.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, []string{"</s>", "<unk>", "a", "b", "c"}, names)
	const unk, a, b, c = 1, 2, 3, 4
	for _, x := range []struct {
		doc  []lm.Token
		want []float64
	}{
		// after "a b" (weight 1) and "b"
		{[]lm.Token{a, b, 0}, []float64{-0.4, -0.1, -0.1 - 0.7}},
		// the missing history "b c"
		{[]lm.Token{b, c, a}, []float64{-0.3 - 0.8, -0.1 - 0.9, -0.15}},
		{[]lm.Token{c, 0}, []float64{-0.3 - 0.9, -0.2}}, // c has no weight
		// the weights of "<s> a" and of "a"
		{[]lm.Token{a, a, b}, []float64{-0.4, -0.05 - 0.2 - 0.6, -0.3}},
		// <unk> is not in the file
		{[]lm.Token{unk, b}, []float64{-0.3 - 100, -0.8}},
	} {
		for i, got := range m.Score(nil, x.doc) {
			require.InDelta(t, x.want[i], got/math.Ln10, 1e-6, "%v %d", x.doc, i)
		}
	}
	require.Equal(t, 3, m.Grams[1]-1, "one blank")
}

func TestARPAErrors(t *testing.T) {
	head := "\\data\\\nngram 1=3\nngram " +
		"2=1\n\n\\1-grams:\n-1\t</s>\n-99\t<s>\n-1\ta\n\n\\2-grams:\n-1\ta a\n\n\\end\\\n"
	_, _, err := ReadARPA(strings.NewReader(head))
	require.NoError(t, err)
	for _, x := range []struct{ name, from, to, want string }{
		{"truncated", "\\end\\\n", "", "truncated"},
		{"too few", "-1\ta a\n", "", "0 n-grams of order 2; want 1"},
		{"no number", "-1\ta a", "x\ta a", "at most 0"},
		{"positive", "-1\ta a", "0.5\ta a", "at most 0"},
		{"nan", "-1\ta a", "nan\ta a", "at most 0"},
		{"stranger", "-1\ta a", "-1\ta b", "not among the unigrams"},
		{"short", "-1\ta a", "-1\ta", "want a probability, 2 words"},
		{"twice", "-1\t</s>", "-1\ta", "twice"},
		{"order", "ngram 2=1", "ngram 3=1", "want order 2 next"},
		{"section", "\\2-grams:", "\\3-grams:", `want \2-grams:`},
		{"no data", "\\data\\", "data", "want an ARPA file"},
		{"weight", "-1\ta a", "-1\ta a\tinf", "backoff weight"},
		{"no order", "ngram 1=3\nngram 2=1\n", "", "ngram 1="},
		{"no beginning", "-99\t<s>", "-99\tb", "no <s> among the unigrams"},
		{"no end", "-1\t</s>", "-1\tb", "no </s> among the unigrams"},
		{"carriage return in a word", "-1\ta a", "-1\ta\ra a", "backoff weight"},
		{"byte order mark", "\\data\\", "\xef\xbb\xbf\\data\\", "byte order mark"},
		{"UTF-16", "\\data\\", "\xff\xfe\\\x00d\x00", "UTF-16"},
		{"KenLM binary", "\\data\\", "mmap lm http://kheafield.com/code format version 5\n\x00",
			"KenLM binary"},
		{"xz", "\\data\\", "\xfd7zXZ\x00", "compressed by xz"},
		{"missing order", "\n\\2-grams:\n-1\ta a\n", "", "want 2"},
	} {
		require.Contains(t, head, x.from)
		_, _, err := ReadARPA(strings.NewReader(strings.Replace(head, x.from, x.to, 1)))
		require.ErrorContains(t, err, x.want, x.name)
		require.NotContains(t, err.Error(), "\n")
	}
	_, _, err = ReadARPA(strings.NewReader("\x1f\x8bno"))
	require.Error(t, err)
	_, _, err = ReadARPA(strings.NewReader(""))
	require.ErrorContains(t, err, "truncated")
}

func FuzzReadARPA(f *testing.F) {
	m, w := mill(f, Config{Order: 2})
	text := writeARPA(f, m, func(id lm.Token) string { return w.text[id] })
	f.Add([]byte(text[:600]))
	f.Add([]byte("\\data\\\nngram 1=3\nngram 2=2\nngram " +
		"3=1\n\\1-grams:\n-1\t</s>\n-99\t<s>\t-1\n-1\ta\t0.3\n\\2-grams:\n-1\t<s> a\t1\n-1 a a " +
		"-1\n\\3-grams:\n-1\ta a </s>\n\\end\\\n"))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, names, err := ReadARPA(bytes.NewReader(data))
		if err != nil {
			return
		}
		m.Score(nil, []lm.Token{0, 1, 0, lm.Token(m.Vocab() - 1), 0})
		m.NextLogProbs(nil, nil)
		var first, second bytes.Buffer
		word := func(id lm.Token) string { return names[id] }
		require.NoError(t, m.WriteARPA(&first, word))
		again, names2, err := ReadARPA(bytes.NewReader(first.Bytes()))
		require.NoError(t, err)
		require.Equal(t, names, names2)
		require.NoError(t, again.WriteARPA(&second, word))
		require.Equal(t, first.String(), second.String())
	})
}
