package ngram

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// kenlmSeparators are the bytes at which lmplz, query or KenLM's ARPA reader ends words.
const kenlmSeparators = "\x00\t\n\v\f\r "

// trainOnLines trains a model on the lines of a text, with the whitespace tokenizer.
func trainOnLines(t require.TestingT, text []byte, order int) (*Model, corpus.Tokenizer,
	[][]lm.Token) {
	docs := corpus.Lines.Cut(string(text))
	tok, err := corpus.TrainWhitespace(docs, 0)
	require.NoError(t, err)
	encoded := corpus.EncodeDocuments(tok, docs)
	m, _, err := Train(encoded, Config{Order: order, Smoothing: "modified-kneser-ney",
		Vocab: tok.Vocab(), Unk: corpus.Unk})
	require.NoError(t, err)
	return m, tok, encoded
}

// arpaOf writes a model with the words of a tokenizer.
func arpaOf(t require.TestingT, m *Model, tok corpus.Tokenizer) []byte {
	var b bytes.Buffer
	require.NoError(t, m.WriteARPA(&b, func(id lm.Token) string {
		if id == lm.BOS {
			return closeWord
		}
		return tok.Decode([]lm.Token{id})
	}))
	return b.Bytes()
}

// scoreARPA scores the lines of a text with an ARPA file, in log10, and counts the unknown words.
func scoreARPA(t require.TestingT, arpa, text []byte) (log10 [][]float64, oov int) {
	m, words, err := ReadARPA(bytes.NewReader(arpa))
	require.NoError(t, err)
	tok, err := corpus.NewWhitespace(words)
	require.NoError(t, err)
	for _, doc := range corpus.EncodeDocuments(tok, corpus.Lines.Cut(string(text))) {
		for _, id := range doc {
			if id == corpus.Unk {
				oov++
			}
		}
		log10 = append(log10, inLog10(m.Score(nil, doc)))
	}
	return log10, oov
}

func inLog10(nats []float64) []float64 {
	for i := range nats {
		nats[i] /= math.Ln10
	}
	return nats
}

func requireScores(t require.TestingT, want, got [][]float64, tol float64) {
	require.Len(t, got, len(want))
	for i := range want {
		require.InDeltaSlice(t, want[i], got[i], tol, "line %d", i)
	}
}

// TestWordsAreBytes compares the scores of words of arbitrary bytes with those of KenLM, which
// testdata/words.py wrote. It scores with a model trained here, the same model after a round trip
// through its ARPA file, and KenLM's ARPA file.
func TestWordsAreBytes(t *testing.T) {
	data, err := testdata.ReadFile("testdata/words.json")
	require.NoError(t, err)
	var golden []struct {
		Name       string
		Order, OOV int
		Text, ARPA []byte
		Log10      [][]float64
	}
	require.NoError(t, json.Unmarshal(data, &golden))
	require.NotEmpty(t, golden)
	for _, g := range golden {
		t.Run(g.Name+" "+strconv.Itoa(g.Order), func(t *testing.T) {
			m, tok, docs := trainOnLines(t, g.Text, g.Order)
			var own [][]float64
			for _, doc := range docs {
				own = append(own, inLog10(m.Score(nil, doc)))
			}
			requireScores(t, g.Log10, own, 1e-5)

			again, oov := scoreARPA(t, arpaOf(t, m, tok), g.Text)
			requireScores(t, own, again, 0)
			require.Equal(t, g.OOV, oov)

			theirs, oov := scoreARPA(t, g.ARPA, g.Text)
			requireScores(t, g.Log10, theirs, 1e-5)
			require.Equal(t, g.OOV, oov)
			require.Equal(t, unigrams(g.ARPA), unigrams(arpaOf(t, m, tok)))
		})
	}
}

// unigrams returns the number of unigrams that an ARPA file declares.
func unigrams(arpa []byte) string {
	return string(regexp.MustCompile(`ngram 1=\d+`).Find(arpa))
}

// randomLines draws lines of words made of random bytes that no tool treats as separators.
func randomLines(t *rapid.T) []byte {
	letters := make([]byte, 0, 256)
	for b := range 256 {
		if strings.IndexByte(kenlmSeparators, byte(b)) < 0 {
			letters = append(letters, byte(b))
		}
	}
	letter := rapid.OneOf(rapid.SampledFrom(letters), rapid.SampledFrom([]byte(`\x41uend-"`)))
	word := rapid.Map(rapid.SliceOfN(letter, 1, 5), func(b []byte) string { return string(b) }).
		Filter(func(w string) bool { return w != "<s>" && w != "</s>" && !unkWords[w] })
	words := rapid.SliceOfN(word, 1, 12).Draw(t, "words")
	line := rapid.SliceOfN(rapid.SampledFrom(words), 0, 8)
	var text []byte
	for _, l := range rapid.SliceOfN(line, 1, 8).Draw(t, "lines") {
		text = append(text, strings.Join(l, " ")+"\n"...)
	}
	return text
}

func TestRandomWordsSurviveARPA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := randomLines(t)
		m, tok, docs := trainOnLines(t, text, rapid.IntRange(1, 4).Draw(t, "order"))
		var own [][]float64
		for _, doc := range docs {
			require.NotContains(t, doc, corpus.Unk)
			own = append(own, inLog10(m.Score(nil, doc)))
		}
		again, oov := scoreARPA(t, arpaOf(t, m, tok), text)
		requireScores(t, own, again, 0)
		require.Zero(t, oov)
	})
}

// TestRandomWordsAsKenLM runs KenLM itself if it is installed.
func TestRandomWordsAsKenLM(t *testing.T) {
	for _, tool := range []string{"lmplz", "query"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("KenLM's %s is not in PATH", tool)
		}
	}
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		text := randomLines(t)
		order := rapid.IntRange(2, 4).Draw(t, "order")
		m, tok, docs := trainOnLines(t, text, order)
		var own [][]float64
		for _, doc := range docs {
			own = append(own, inLog10(m.Score(nil, doc)))
		}
		theirs := runKenLM(t, text, "lmplz", "-o", strconv.Itoa(order), "-S", "50M",
			"--discount_fallback")
		if bytes.Contains(theirs, []byte("\t-inf\n")) {
			return // a discount of 0: KenLM cannot read the file (see feed)
		}
		for name, arpa := range map[string][]byte{"ours": arpaOf(t, m, tok), "theirs": theirs} {
			path := filepath.Join(dir, name+".arpa")
			require.NoError(t, os.WriteFile(path, arpa, 0o600))
			queried, oov := parseQuery(t, runKenLM(t, text, "query", path))
			require.Zero(t, oov, name)
			requireScores(t, own, queried, 1e-5)
		}
		read, oov := scoreARPA(t, theirs, text)
		require.Zero(t, oov)
		requireScores(t, own, read, 1e-5)
	})
}

// TestDiscountOfZero covers texts whose discounts are exactly 0. KenLM accepts such texts, but if a
// discount of 0 leaves a history without a backoff weight, lmplz writes -inf and query refuses the
// file.
func TestDiscountOfZero(t *testing.T) {
	m, _, _ := trainOnLines(t, []byte("\nc b\na d d b\nd d a a\n"), 3)
	require.InDeltaSlice(t, []float64{0.333333, 0, 2.33333}, m.Discounts[0], 1e-5,
		"as lmplz prints")

	m, tok, _ := trainOnLines(t, []byte("b a a\nb a\n\nb a b a b b\n\nb b b b b b a a\na a a a a "+
		"a\na a a b a b a b\n"), 4)
	require.Equal(t, []float64{0.5, 1, 1.5}, m.Discounts[3], "lmplz has 0.666667, 0, 3")
	for _, p := range m.NextLogProbs(nil, tok.Encode(nil, "b a a")) {
		require.False(t, math.IsInf(p, -1))
	}
}

func runKenLM(t require.TestingT, text []byte, name string, args ...string) []byte {
	c := exec.Command(name, args...)
	c.Stdin = bytes.NewReader(text)
	out, err := c.Output()
	require.NoError(t, err, name)
	return out
}

// parseQuery reads the log10 probabilities and the unknown words that query printed.
func parseQuery(t require.TestingT, out []byte) (log10 [][]float64, oov int) {
	prob := regexp.MustCompile(`=\d+ \d+ (\S+)\t`)
	for line := range bytes.Lines(out) {
		_, unknown, ok := bytes.Cut(line, []byte("OOV: "))
		if !ok {
			continue // the summary line
		}
		n, err := strconv.Atoi(string(bytes.TrimSpace(unknown)))
		require.NoError(t, err)
		oov += n
		var p []float64
		for _, match := range prob.FindAllSubmatch(line, -1) {
			v, err := strconv.ParseFloat(string(match[1]), 64)
			require.NoError(t, err)
			p = append(p, v)
		}
		log10 = append(log10, p)
	}
	return log10, oov
}
