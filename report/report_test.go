package report

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/zoo"
)

// exhibits trains species on a small part of the world, or on a text, and returns them with
// held-out text.
func exhibits(t *testing.T, data zoo.Data, tokenizer string, settings map[string]map[string]any,
	names ...string) ([]*zoo.Run, corpus.Split, Options) {
	t.Helper()
	split, err := data.Load(context.Background(), zoo.Input{})
	require.NoError(t, err)
	tok, err := corpus.Train(tokenizer, split.Train, 0)
	require.NoError(t, err)
	var runs []*zoo.Run
	for _, name := range names {
		species, err := zoo.Standard().Find(name)
		require.NoError(t, err)
		s, err := species.SettingsWith("tiny",
			map[string]any{"steps": 6, "eval_every": "3", "budget": "1h"})
		require.NoError(t, err)
		require.NoError(t, s.Set(settings[name]))
		r, err := zoo.Make(context.Background(), zoo.Order{
			Species: species, Size: "tiny", Settings: s, Data: data, Split: split, Tokenizer: tok,
			Seed: 1, Threads: 1, Dir: filepath.Join(t.TempDir(), name),
		})
		require.NoError(t, err)
		runs = append(runs, r)
	}
	return runs, split, Options{Command: []string{"lmzoo", "report"}, Data: data, Split: "test",
		Train: split.Train, Seed: 1, Threads: 2}
}

// textFile returns a text whose true distribution is unknown, as for real text.
func textFile(t *testing.T) zoo.Data {
	path := filepath.Join(t.TempDir(), "text.txt")
	var b strings.Builder
	for i := range 120 {
		fmt.Fprintf(&b, "the %s cat number %d sat on the <b>mat</b> & slept\n",
			[]string{"black", "white", "grey"}[i%3], i)
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o666))
	return zoo.Data{Corpus: path, Documents: "lines", Split: "60/20/20"}
}

// written returns the page of c, and the Comparison that a browser would read from it.
func written(t *testing.T, c *Comparison) (page string, back Comparison) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, HTML(&b, c))
	page = b.String()
	require.NotContains(t, page, "ZgotmplZ", "a value that the template refused")
	m := regexp.MustCompile(
		`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(page)
	require.NotNil(t, m)
	require.NoError(t, json.Unmarshal([]byte(m[1]), &back))
	return page, back
}

func TestPage(t *testing.T) {
	runs, split, opt := exhibits(t, zoo.Data{Corpus: zoo.WorldName, Tokens: 6000}, "word", nil,
		"uniform", "unigram", "ngram", "rnn", "gpt")
	docs := split.Test[:40]
	c, err := Collect(context.Background(), runs, docs, opt)
	require.NoError(t, err)
	page, back := written(t, c)
	require.Less(t, len(page), 1<<20)

	// the page fetches nothing: every address is inside the page
	for _, m := range regexp.MustCompile(
		`(?i)(?:\s(?:src|href|action)\s*=|url\()\s*["']?([^"'\s>]*)`).FindAllStringSubmatch(
		regexp.MustCompile(`(?s)<script.*?</script>`).ReplaceAllString(page, ""), -1) {
		require.True(t, strings.HasPrefix(m[1], "data:"), m[0])
	}
	require.NotRegexp(t, `(?i)<(link|script|img|iframe)[^>]+(src|href)\s*=\s*["']?https?:`, page)
	require.NotContains(t, page, "@import")

	// the raw numbers are the measured ones
	want, err := json.Marshal(c)
	require.NoError(t, err)
	got, err := json.Marshal(&back)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
	require.Len(t, back.Rows, 5)
	direct, err := eval.Run(context.Background(), runs[2].Model.(lm.Model), runs[2].Tokenizer, docs,
		eval.Options{Seed: 1})
	require.NoError(t, err)
	require.Equal(t, eval.Number(direct.BitsPerByte()), back.Rows[2].BitsPerByte)
	require.InDelta(t, direct.LimitNats/math.Ln2/float64(direct.Bytes), float64(*back.Limit), 1e-12)
	require.InDelta(t, float64(c.Rows[0].BitsPerByte), c.Uniform, 1e-9,
		"the line and the bar are one number")
	require.InDelta(t, float64(c.Rows[1].BitsPerByte), c.Unigram, 1e-9)

	// every table exists as CSV, with the same number of columns in each line
	links := regexp.MustCompile(
		`href="data:text/csv;charset=utf-8;base64,([^"]*)"`).FindAllStringSubmatch(page, -1)
	require.Len(t, links, 8)
	for _, m := range links {
		data, err := base64.StdEncoding.DecodeString(html.UnescapeString(m[1]))
		require.NoError(t, err)
		rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		require.NoError(t, err)
		require.Greater(t, len(rows), 1)
	}
	for _, id := range []string{"bits", "classes", "seconds", "tokens", "positions", "contexts",
		"words"} {
		require.Contains(t, page, `class="chart" id="`+id+`"`)
	}
	require.Contains(t, page, "Permission is hereby granted",
		"the licence of the charts goes with them")
	require.NotNil(t, c.Rows[3].Curve)
	require.Nil(t, c.Rows[2].Curve)
	require.Len(t, c.Rows[3].Curve.Loss, 6)
	require.Equal(t, []int{3, 6}, c.Rows[3].Curve.ValidSteps)
}

// TestThreads checks that measurements do not depend on the number of threads.
func TestThreads(t *testing.T) {
	runs, split, opt := exhibits(t, zoo.Data{Corpus: zoo.WorldName, Tokens: 3000}, "word", nil,
		"bigram", "gru")
	var want []byte
	for _, threads := range []int{1, 3} {
		opt.Threads = threads
		c, err := Collect(context.Background(), runs, split.Test[:30], opt)
		require.NoError(t, err)
		c.Threads = 0
		for _, r := range c.Rows {
			r.Seconds = 0
		}
		got, err := json.Marshal(c)
		require.NoError(t, err)
		if want == nil {
			want = got
		}
		require.Equal(t, string(want), string(got))
	}
}

// TestHostile checks that the page shows any output of a model as text.
func TestHostile(t *testing.T) {
	runs, split, opt := exhibits(t, textFile(t), "char", nil, "bigram", "ngram")
	opt.Command = []string{"lmzoo", "</code><script>alert(1)</script>"}
	c, err := Collect(context.Background(), runs, split.Test, opt)
	require.NoError(t, err)
	c.Notes, c.Rows[0].Notes = []string{"a note"}, []string{"a note"}
	tame, _ := written(t, c)
	require.NotContains(t, tame, "<script>alert")
	evil := "</script><script>alert(1)</script><!-- ]]> \u2028 \" onload=\"x \x00\xff"
	c.Rows[0].Sample, c.Rows[0].Title, c.Rows[0].Run, c.Rows[0].Notes = evil, evil, evil,
		[]string{evil}
	c.Data.Corpus, c.Notes, c.Passage.Tokens[0] = evil, []string{evil}, evil
	page, back := written(t, c)
	for _, tag := range []string{"<script", "</script", "<!--", "<p", "<dd", "<span"} {
		require.Equal(t, strings.Count(tame, tag), strings.Count(page, tag), tag)
	}
	require.Equal(t, strings.ToValidUTF8(evil, "\uFFFD"), back.Rows[0].Sample)
}

// TestOneModel draws a single model without a true distribution and without a training text.
func TestOneModel(t *testing.T) {
	runs, split, opt := exhibits(t, textFile(t), "char", nil, "ngram")
	opt.Train = nil
	c, err := Collect(context.Background(), runs, split.Test, opt)
	require.NoError(t, err)
	require.Nil(t, c.Limit)
	require.Nil(t, c.Rows[0].Against)
	page, _ := written(t, c)
	require.NotContains(t, page, `id="classes"`)
	require.NotContains(t, page, `id="words"`)
	require.NotContains(t, page, `id="seconds"`)
	require.Contains(t, page, `id="positions"`)
	require.Error(t, HTML(&bytes.Buffer{}, &Comparison{}))
	_, err = Collect(context.Background(), nil, split.Test, opt)
	require.ErrorContains(t, err, "no run")
	_, err = Collect(context.Background(), runs, nil, opt)
	require.ErrorContains(t, err, "no text")
}

// TestZeroProbability checks that the loss of a model without smoothing is infinite, and that the
// page shows it.
func TestZeroProbability(t *testing.T) {
	runs, split, opt := exhibits(t, textFile(t), "word",
		map[string]map[string]any{"ngram": {"smoothing": "mle"}}, "ngram", "bigram")
	c, err := Collect(context.Background(), runs, split.Test, opt)
	require.NoError(t, err)
	require.True(t, math.IsInf(float64(c.Rows[0].BitsPerByte), 1))
	require.Same(t, c.Rows[1], c.best())
	page, back := written(t, c)
	require.Contains(t, page, "∞")
	require.True(t, math.IsInf(float64(back.Rows[0].BitsPerByte), 1))

	c, err = Collect(context.Background(), runs[:1], split.Test, opt) // without another model
	require.NoError(t, err)
	written(t, c)
}

// TestClosedVocabulary checks that a closed vocabulary, where spelling costs nothing, has no bits
// per byte.
func TestClosedVocabulary(t *testing.T) {
	runs, split, opt := exhibits(t, textFile(t), "whitespace", nil, "unigram", "bigram")
	c, err := Collect(context.Background(), runs, split.Test, opt)
	require.NoError(t, err)
	page, _ := written(t, c)
	require.Contains(t, page, "The vocabulary is closed")
}

// TestTokenizers compares runs of different tokenizers: every chart and headline is in bits per
// byte. In nats per token, the run over characters would seem the best.
func TestTokenizers(t *testing.T) {
	data := textFile(t)
	learning := map[string]map[string]any{"rnn": {"steps": 40}}
	runs, split, opt := exhibits(t, data, "char", learning, "rnn")
	more, _, _ := exhibits(t, data, "word", learning, "rnn", "ngram")
	closed, _, _ := exhibits(t, data, "whitespace", nil, "ngram")
	c, err := Collect(context.Background(), slices.Concat(runs, more, closed), split.Test, opt)
	require.NoError(t, err)
	require.True(t, c.Mixed)
	require.Nil(t, c.Passage)
	char, word, ngram := c.Rows[0], c.Rows[1], c.Rows[2]
	require.Less(t, char.Curve.Valid[1], word.Curve.Valid[1], "nats per token mislead here")
	require.Greater(t, char.BitsPerByte, word.BitsPerByte)
	require.Same(t, ngram, c.best(), "a closed vocabulary does not compete")

	page, _ := written(t, c)
	require.Contains(t, page, "different tokenizers")
	require.Contains(t, page, "Elman RNN · ", "two of a species go by their runs")
	require.NotContains(t, page, "nats per token.")
	for _, f := range figures(c) {
		require.NotContains(t, f.Caption, " nats", f.Title)
	}
	require.Contains(t, curveFigure(c).Caption,
		lineStyles(c.Rows)[1].Title+" has the lowest validation loss")
	for _, p := range Pictures(c) {
		require.NotZero(t, labels(t, p)["bits per byte"], p.Name)
	}
	for _, r := range c.Rows[:3] {
		whole, bytes := 0.0, 0
		for _, o := range r.Offsets {
			whole, bytes = whole+float64(o.Bits)*float64(o.Bytes), bytes+o.Bytes
		}
		require.InEpsilon(t, float64(r.BitsPerByte), whole/float64(bytes), 1e-4,
			"the offsets are all of the text")
	}
	require.Nil(t, c.Rows[3].Offsets)
	require.Equal(t, []int{4, 8, 16, 32}, given(char.Contexts)[:4], "bytes of context")
}

// TestTokensIn counts the whole tokens in the last bytes before a place.
func TestTokensIn(t *testing.T) {
	x := tokenized{offsets: [][]int{{3, 4, 10, 12}}} // 3, 1, 6 and 2 bytes
	require.Equal(t, []int{0, 1, 2, 3, 3}, []int{
		x.tokensIn(place{0, 3}, 5), x.tokensIn(place{0, 3}, 6), x.tokensIn(place{0, 3}, 9),
		x.tokensIn(place{0, 3}, 10), x.tokensIn(place{0, 3}, 99),
	})
}

// forgetful is a model whose predictions depend only on the length of the context: the longer the
// context, the more certain they are.
type forgetful struct{}

func (forgetful) Vocab() int { return 257 }
func (forgetful) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	if len(dst) < 257 {
		dst = make([]float64, 257)
	}
	n := float64(len(lm.SinceBOS(context)))
	for v := range dst {
		dst[v] = -100 / (n + 1)
	}
	return dst
}

func TestContexts(t *testing.T) {
	docs := []corpus.Document{{Text: strings.Repeat("abcd", 60), End: "\n"},
		{Text: strings.Repeat("xy", 20), End: "\n"}}
	tok, err := corpus.Train("byte", docs, 0)
	require.NoError(t, err)
	x := tokenized{docs: docs, bytes: tok.Bytes}
	for _, d := range docs {
		ids := corpus.EncodeDocument(nil, tok, d)
		x.ids, x.nats = append(x.ids, ids), append(x.nats, make([]float64, len(ids)))
	}
	got, err := x.byContext(context.Background(), forgetful{}, 1, 2)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 4, 8, 16, 32, 64, 0}, given(got))
	for _, k := range got[:len(got)-1] {
		require.InDelta(t, 100/float64(k.Given+1), float64(k.Nats), 1e-4, "%d tokens of context",
			k.Given)
		require.Equal(t, k.Nats, eval.Number(round(float64(k.Bits)*math.Ln2)), "a token is a byte")
		require.Equal(t, 241-64, k.Tokens)
	}
	short := tokenized{docs: docs, ids: x.ids[1:], nats: x.nats[1:], bytes: tok.Bytes}
	got, err = short.byContext(context.Background(), forgetful{}, 1, 1)
	require.NoError(t, err)
	require.Nil(t, got, "a document of 41 tokens has too few to try anything on")
}

func given(all []Context) (n []int) {
	for _, k := range all {
		n = append(n, k.Given)
	}
	return n
}

func TestWords(t *testing.T) {
	train := []corpus.Document{{Text: "a a a b c c née"}}
	test := []corpus.Document{{Text: "a, b zz née a"}}
	counts := countWords(train, test)
	require.Equal(t, map[string]int{"a": 3, "b": 1, "zz": 0, "née": 1}, counts)
	all := buckets(counts, test)
	require.Equal(t, []Bucket{{0, 0, 1, 2}, {1, 1, 2, 5}, {2, 3, 2, 2}}, all)
	tok, err := corpus.Train("byte", append(train, test...), 0)
	require.NoError(t, err)
	x := tokenized{docs: test, bytes: tok.Bytes}
	ids := corpus.EncodeDocument(nil, tok, test[0])
	nats := make([]float64, len(ids))
	for i := range nats {
		nats[i] = math.Pow(2, float64(i)) // powers of two, so that a sum reveals its terms
	}
	x.ids, x.nats = [][]lm.Token{ids}, [][]float64{nats}
	// bytes: a0 ,1 _2 b3 _4 z5 z6 _7 n8 é9 é10 e11 _12 a13
	for i, want := range []float64{1<<5 + 1<<6, (1<<3 + 1<<8 + 1<<9 + 1<<10 + 1<<11) / 2.,
		(1 + 1<<13) / 2.} {
		require.InDelta(t, want, float64(*x.byWords(counts, 3)[i]), want*1e-5)
	}
}

func TestCurve(t *testing.T) {
	require.Nil(t, newCurve([]byte("no JSON\n{}\n")))
	require.Nil(t, ReadCurve(t.TempDir()))
	c := newCurve([]byte(`{"step":1,"loss":4,"tokens":10,"seconds":0.5}
{"step":2,"loss":3,"tokens":20,"seconds":1}
{"step":2,"loss":3,"tokens":20,"seconds":1,"valid":3.5}
{"step":3,"lo`))
	require.Equal(t, &Curve{
		Steps: []int{1, 2}, Seconds: []float64{0.5, 1}, Tokens: []int{10, 20},
		Loss: []float64{4, 3}, ValidSteps: []int{2}, ValidSeconds: []float64{1},
		ValidTokens: []int{20}, Valid: []float64{3.5},
	}, c)
	var long bytes.Buffer
	const n = 5000
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&long, `{"step":%d,"loss":7,"tokens":%d,"seconds":1}`+"\n"+
			`{"step":%d,"loss":7,"valid":%d}`+"\n", i, i, i, i)
	}
	c = newCurve(long.Bytes())
	require.LessOrEqual(t, len(c.Loss), maxCurve)
	require.LessOrEqual(t, len(c.Valid), maxCurve+1)
	require.Equal(t, float64(n), c.Valid[len(c.Valid)-1], "the last validation stays")
	for i, loss := range c.Loss {
		require.Equal(t, 7.0, loss)
		require.True(t, i == 0 || c.Steps[i] > c.Steps[i-1])
	}
}

// TestColour checks that the best model of an era represents it, with two eras and four tokens.
func TestColour(t *testing.T) {
	inf := eval.Number(math.Inf(1))
	c := &Comparison{
		Rows: []*Row{{Model: "bigram", Title: "bigram", Era: "SLM"},
			{Model: "ngram", Title: "5-gram", Era: "SLM"},
			{Model: "gpt", Title: "GPT", Era: "PLM"}},
		Passage: &Passage{Tokens: []string{"a", "b", "c", "d"}, Nats: [][]eval.Number{
			{5, 1, 2, inf},
			{1, 9, 2, inf},
			{3, 1.5, 1.99, 1},
		}},
	}
	got := colour(c)
	require.Equal(t, []int{0, 0, -1, 1},
		[]int{got.Tokens[0].Group, got.Tokens[1].Group, got.Tokens[2].Group, got.Tokens[3].Group})
	require.Equal(t, 2.0, got.Tokens[0].Margin)
	require.Equal(t, "1.00", got.Tokens[0].Shade)
	require.Equal(t, 0.5, got.Tokens[1].Margin)
	require.Equal(t, "1.00", got.Tokens[3].Shade, "infinitely better is as strong as it gets")
	require.Contains(t, got.Caption, "SLM 2, PLM 1; 1 are ties")

	c.Rows[1].Era = "NLM" // three eras: the second best counts, whatever its row
	c.Passage.Nats = [][]eval.Number{{1, 4, 2, 3}, {2, 1, 3, 3}, {4, 2, 1, 3}}
	for i, token := range colour(c).Tokens {
		require.Equal(t, []float64{1, 1, 1, 0}[i], token.Margin)
		require.Equal(t, []int{0, 1, 2, -1}[i], token.Group)
	}
}

// TestPassageTruth checks that the true cost of a token is shown only if the token is one event.
func TestPassageTruth(t *testing.T) {
	d := corpus.Document{Text: "ab cd", End: "\n", Truth: []corpus.Event{
		{Bytes: 2, Nats: 0.5, Class: corpus.Fact}, {Bytes: 3, Nats: 0.25, Class: corpus.Long},
		{Bytes: 1, Nats: 2, Class: corpus.Choice},
	}}
	p := &Passage{}
	p.truth(d, []int{2, 3, 5, 5}, 4) // "ab", " ", "cd", the end
	require.Equal(t, []string{"fact", "long", "long", "choice"}, p.Classes)
	require.Equal(t, []*eval.Number{finite(0.5), nil, nil, finite(2)}, p.Truth)
}

// TestPassageEnds checks that a token is shown as in the text, but half a character and the end of
// the document by name.
func TestPassageEnds(t *testing.T) {
	tok, err := corpus.Train("byte", []corpus.Document{{Text: "é\n"}}, 0)
	require.NoError(t, err)
	var got []string
	for _, id := range append(tok.Encode(nil, "aé\n"), lm.BOS) {
		got = append(got, shown(tok, id))
	}
	require.Equal(t, []string{"a", `\xc3`, `\xa9`, "\n", "<bos>"}, got)
}

func TestCut(t *testing.T) {
	require.Equal(t, corpus.Document{Text: "ab", Cut: true},
		corpus.Document{Text: "abé!", End: "\n"}.Head(3))
	docs := []corpus.Document{{Text: "abc", End: "\n"}, {Text: "d", End: "\n"}}
	require.Equal(t, docs[:1], beginning(docs, 5))
	require.Equal(t, docs, beginning(docs, 6))
}

func TestRound(t *testing.T) {
	for x, want := range map[float64]float64{0: 0, 1234567: 1234570, -0.00012345678: -0.000123457,
		math.Inf(1): math.Inf(1)} {
		require.Equal(t, want, round(x))
	}
}
