package eval_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

var ctx = context.Background()

// clock is a model for which the n-th token of a document costs n nats, so that the cost shows the
// position.
type clock struct{ v int }

func (c clock) Vocab() int                                         { return c.v }
func (c clock) NextLogProbs(dst []float64, _ []lm.Token) []float64 { panic("scored only") }
func (c clock) Score(dst []float64, tokens []lm.Token) []float64 {
	n := 0.0
	for i, t := range tokens {
		n++
		dst[i] = -n
		if t == lm.BOS {
			n = 0
		}
	}
	return dst[:len(tokens)]
}

// perToken is a model with a fixed cost for each token.
type perToken map[lm.Token]float64

func (p perToken) Vocab() int                                         { return 273 }
func (p perToken) NextLogProbs(dst []float64, _ []lm.Token) []float64 { panic("scored only") }
func (p perToken) Score(dst []float64, tokens []lm.Token) []float64 {
	for i, t := range tokens {
		dst[i] = -p[t]
	}
	return dst[:len(tokens)]
}

func lines(texts ...string) (docs []corpus.Document) {
	for _, t := range texts {
		docs = append(docs, corpus.Document{Text: t, End: "\n"})
	}
	return docs
}

// TestUniform checks that a uniform model needs exactly log2 V bits for every token, including the
// end.
func TestUniform(t *testing.T) {
	docs := lines("héllo wörld", "", "a\xffb", "two  words\there",
		"\x00") // a zero byte has the id of <unk>
	r, err := eval.Run(ctx, lm.Uniform(257), corpus.Byte{}, docs, eval.Options{})
	require.NoError(t, err)
	bytes := (13 + 1) + 1 + (3 + 1) + (15 + 1) + (1 + 1)
	require.Equal(t, bytes, r.Bytes)
	require.Equal(t, bytes, r.Tokens) // one BOS per "\n"
	require.Equal(t, bytes-2, r.Chars)
	require.Equal(t, 2+0+1+3+1, r.Words)
	require.Zero(t, r.OOV)
	require.Zero(t, r.Zeros)
	require.InDelta(t, math.Log2(257), r.BitsPerByte(), 1e-12)
	require.InDelta(t, math.Log2(257)*float64(bytes)/float64(bytes-2), r.BitsPerChar(), 1e-12)
	require.InDelta(t, 257, r.Perplexity(), 1e-9)
	require.InDelta(t, 257, r.PerplexityExcludingOOV(), 1e-9)
	require.InDelta(t, r.BitsPerByte(), r.Low, 1e-9)
	require.InDelta(t, r.BitsPerByte(), r.High, 1e-9)
	require.True(t, math.IsNaN(r.Gap()))
}

// TestBiasedCoin evaluates 3 heads and 1 tail of a coin with P(head) = ¾, whose end costs nothing.
func TestBiasedCoin(t *testing.T) {
	d := make(lmtest.Die, 257)
	d['h'+1], d['t'+1], d[0] = 0.5, 0.25, 0.25
	r, err := eval.Run(ctx, d, corpus.Byte{}, lines("hhth"), eval.Options{PerToken: true})
	require.NoError(t, err)
	require.InDelta(t, (1+1+2+1+2)*math.Ln2, r.Nats, 1e-12)
	require.InDelta(t, 7.0/5, r.BitsPerByte(), 1e-12)
	require.InDelta(t, math.Exp2(7.0/5), r.Perplexity(), 1e-12)
	require.Len(t, r.PerToken, 1)
	require.Equal(t, eval.TokenNats{ID: 't' + 1, Text: "t", Nats: eval.Number(-math.Log(0.25))},
		r.PerToken[0][2])
}

// TestCut checks that the end of a document cut by a byte split is not a prediction target.
func TestCut(t *testing.T) {
	docs := []corpus.Document{{Text: "abc", Cut: true}, {Text: "de", End: "\n"}}
	r, err := eval.Run(ctx, lm.Uniform(257), corpus.Byte{}, docs, eval.Options{})
	require.NoError(t, err)
	require.Equal(t, 3+3, r.Tokens)
	require.Equal(t, 6, r.Bytes)
	r, err = eval.Run(ctx, clock{257}, corpus.Byte{}, docs, eval.Options{})
	require.NoError(t, err)
	require.Equal(t, 2*(1.0+2+3), r.Nats, "the next document begins anew all the same")
}

// stuck never finishes a document.
type stuck struct {
	lmtest.Die
	started chan struct{}
}

func (s stuck) Score([]float64, []lm.Token) []float64 {
	close(s.started)
	select {}
}

// TestCancelWithinADocument checks that cancelling does not wait for the end of a document.
func TestCancelWithinADocument(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := stuck{lmtest.Die{0.1, 0.2, 0.3, 0.4}, make(chan struct{})}
	go func() { <-m.started; cancel() }()
	_, err := eval.Run(ctx, m, closedWords{}, lines("red green  blue", "blue"), eval.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestClosedVocabulary(t *testing.T) {
	d := lmtest.Die{0.1, 0.2, 0.3, 0.4}
	r, err := eval.Run(ctx, d, closedWords{}, lines("red green  blue", "blue"), eval.Options{})
	require.NoError(t, err)
	known := -math.Log(0.3) - 2*math.Log(0.4) - 2*math.Log(0.1)
	require.Equal(t, 1, r.OOV)
	require.Equal(t, 6, r.Tokens)
	require.InDelta(t, -math.Log(0.2), r.OOVNats, 1e-12)
	require.InDelta(t, math.Exp((known-math.Log(0.2))/6), r.Perplexity(), 1e-12)
	require.InDelta(t, math.Exp(known/5), r.PerplexityExcludingOOV(), 1e-12)
	require.True(t, math.IsNaN(r.BitsPerByte()))
	b, err := json.Marshal(r.Summary())
	require.NoError(t, err)
	require.Contains(t, string(b), `"bits_per_byte":null,"bits_per_byte_low":null,`+
		`"bits_per_byte_high":null,"bits_per_char":null`)
	require.NotContains(t, string(b), "limit")
	require.Contains(t, string(b), `"oov":1`)
}

func TestPositions(t *testing.T) {
	r, err := eval.Run(ctx, clock{257}, corpus.Byte{}, lines("abcd", "abcdefgh", ""),
		eval.Options{})
	require.NoError(t, err)
	require.Equal(t, []eval.Position{
		{From: 1, To: 1, Tokens: 3, Nats: 3},
		{From: 2, To: 2, Tokens: 2, Nats: 4},
		{From: 3, To: 4, Tokens: 4, Nats: 14},
		{From: 5, To: 8, Tokens: 5, Nats: 5 + 5 + 6 + 7 + 8},
		{From: 9, To: 16, Tokens: 1, Nats: 9},
	}, r.Positions)
	require.Equal(t, 15.0+45+1, r.Nats)
}

// TestThreads checks that the order of additions does not depend on the number of threads.
func TestThreads(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var texts []string
	for range 2000 {
		var b strings.Builder
		for range rng.IntN(40) {
			b.WriteByte(byte('a' + rng.IntN(26)))
		}
		texts = append(texts, b.String())
	}
	d := make(lmtest.Die, 257)
	for v := range d {
		d[v] = 1 / float64(v+3)
	}
	var want string
	for _, threads := range []int{0, 1, 2, 3, 16} {
		var last atomic.Int64
		r, err := eval.Run(ctx, d, corpus.Byte{}, lines(texts...),
			eval.Options{Threads: threads, PerToken: true, Progress: func(done, total int) {
				require.Greater(t, done, int(last.Swap(int64(done))))
				require.LessOrEqual(t, done, total)
			}},
		)
		require.NoError(t, err)
		require.Equal(t, int(last.Load()), r.Bytes)
		got := fmt.Sprintf("%x", math.Float64bits(r.Nats)) + fmt.Sprintf("%+v", *r)
		if want == "" {
			want = got
		}
		require.Equal(t, want, got, "%d threads", threads)
	}
}

// world returns two documents of three events each, with costs that identify them.
var world = []corpus.Document{
	{Text: "ab cd", End: "\n", Truth: []corpus.Event{
		{Bytes: 2, Nats: 0.5, Entropy: 0.6, Class: corpus.Local},
		{Bytes: 3, Nats: 0.25, Entropy: 0.3, Class: corpus.Long},
		{Bytes: 1, Nats: 0.125, Entropy: 0.1, Class: corpus.Choice},
	}},
	{Text: "abcd", End: "\n", Truth: []corpus.Event{
		{Bytes: 1, Nats: 1, Entropy: 1, Class: corpus.Local},
		{Bytes: 2, Nats: 2, Entropy: 2, Class: corpus.Fact},
		{Bytes: 2, Nats: 4, Entropy: 4, Class: corpus.Local},
	}},
}

// TestClasses uses costs that are powers of two, so that a sum shows its terms.
func TestClasses(t *testing.T) {
	price := perToken{0: 1, 'a' + 1: 2, 'b' + 1: 4, ' ' + 1: 8, 'c' + 1: 16, 'd' + 1: 32}
	r, err := eval.Run(ctx, price, sameVocab{corpus.Byte{}, 273}, world, eval.Options{})
	require.NoError(t, err)
	require.Equal(t, []eval.ClassResult{
		{Class: corpus.Local, Events: 3, Nats: 2 + 4 + 2 + 32 + 1, TruthNats: 5.5, Entropy: 5.6},
		{Class: corpus.Choice, Events: 1, Nats: 1, TruthNats: 0.125, Entropy: 0.1},
		{Class: corpus.Fact, Events: 1, Nats: 4 + 16, TruthNats: 2, Entropy: 2},
		{Class: corpus.Long, Events: 1, Nats: 8 + 16 + 32, TruthNats: 0.25, Entropy: 0.3},
	}, r.Classes)
	require.True(t, r.HasLimit)
	require.Equal(t, 6, r.Events)
	require.Equal(t, 7.875, r.LimitNats)
	require.InDelta(t, 8, r.LimitEntropy, 1e-12)
	require.Equal(t, (r.Nats-7.875)/6, r.Gap())
	require.Equal(t, (41-5.5)/3, r.Classes[0].Gap())
	events := 0
	for _, p := range r.Parts {
		events += p.Events
	}
	require.Equal(t, 6, events)
	// a token with two letters belongs to the event of the second letter
	price[257+1], price[257+2*4+3] = 64, 128
	r, err = eval.Run(ctx, price, pairs{}, world, eval.Options{})
	require.NoError(t, err)
	require.Equal(t, 64.0+128+1, r.Classes[0].Nats) // local: "ab"; "d" by "cd"; the end
	require.Equal(t, 64.0, r.Classes[2].Nats)       // fact "bc": "cd" ends in the next event
	require.Equal(t, 8.0+128, r.Classes[3].Nats)    // long: " cd"
}

// sameVocab is a tokenizer with a larger vocabulary, some of whose tokens never occur.
type sameVocab struct {
	corpus.Tokenizer
	v int
}

func (s sameVocab) Vocab() int { return s.v }

// TestHalfBytes checks that a token without bytes belongs to the event that contains the rest of
// its byte.
func TestHalfBytes(t *testing.T) {
	r, err := eval.Run(ctx, lm.Uniform(33), nibbles{}, world, eval.Options{})
	require.NoError(t, err)
	u := math.Log(33)
	for i, tokens := range []float64{4 + 2 + 2 + 1, 1, 4, 6} {
		require.InDelta(t, tokens*u, r.Classes[i].Nats, 1e-12, r.Classes[i].Class)
	}
}

// TestClosedClasses checks that the words of a closed vocabulary are matched with events by
// position.
func TestClosedClasses(t *testing.T) {
	docs := []corpus.Document{{Text: "red green blue", End: "\n", Truth: []corpus.Event{
		{Bytes: 3, Class: corpus.Local}, {Bytes: 6, Class: corpus.Fact}, {Bytes: 5,
			Class: corpus.Long}, {Bytes: 1, Class: corpus.Choice},
	}}}
	r, err := eval.Run(ctx, clock{4}, closedWords{}, docs, eval.Options{})
	require.NoError(t, err)
	var got []float64
	for _, c := range r.Classes {
		got = append(got, c.Nats)
	}
	require.Equal(t, []float64{1, 4, 2, 3}, got) // local, choice, fact, long
}

// TestInvisibleEnd checks that an end without bytes is an event and that the last token belongs to
// it.
func TestInvisibleEnd(t *testing.T) {
	docs := []corpus.Document{{Text: "ab", Truth: []corpus.Event{{Bytes: 2, Class: corpus.Fact},
		{Bytes: 0, Nats: 1, Class: corpus.Choice}}}}
	r, err := eval.Run(ctx, clock{257}, corpus.Byte{}, docs, eval.Options{})
	require.NoError(t, err)
	require.Equal(t, 3.0, r.Classes[0].Nats)
	require.Equal(t, 1.0+2, r.Classes[1].Nats)
}

// window is a model with a window.
type window struct {
	lm.Model
	stride int
}

func (w *window) Stride() int { return w.stride }
func (w *window) SetStride(n int) error {
	if n < 0 {
		return errors.New("stride is negative")
	}
	w.stride = n
	return nil
}

func TestStride(t *testing.T) {
	w := &window{lm.Uniform(257), 64}
	r, err := eval.Run(ctx, w, corpus.Byte{}, lines("a"), eval.Options{})
	require.NoError(t, err)
	require.Equal(t, 64, r.Stride)
	r, err = eval.Run(ctx, w, corpus.Byte{}, lines("a"), eval.Options{Stride: 16})
	require.NoError(t, err)
	require.Equal(t, 16, r.Stride)
	require.Equal(t, 16, w.stride)
	_, err = eval.Run(ctx, w, corpus.Byte{}, lines("a"), eval.Options{Stride: -1})
	require.ErrorContains(t, err, "negative")
	r, err = eval.Run(ctx, lm.Uniform(257), corpus.Byte{}, lines("a"), eval.Options{Stride: 16})
	require.NoError(t, err)
	require.Zero(t, r.Stride, "a model without a window")
}

// TestZeroProbability checks that an infinite cost is null in JSON and counted in zeros.
func TestZeroProbability(t *testing.T) {
	d := make(lmtest.Die, 257)
	d[0], d['a'+1] = 0.5, 0.5
	r, err := eval.Run(ctx, d, corpus.Byte{}, lines("ab"), eval.Options{PerToken: true})
	require.NoError(t, err)
	require.True(t, math.IsInf(r.Nats, 1))
	b, err := json.Marshal(r.Summary())
	require.NoError(t, err)
	require.Contains(t, string(b), `"perplexity":null`)
	require.Contains(t, string(b), `"zeros":1`)
	var back eval.Summary
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, eval.Number(math.Inf(1)), back.Nats)
}

func TestErrors(t *testing.T) {
	u := lm.Uniform(257)
	nan := perToken{'a' + 1: math.NaN()}
	above := perToken{'a' + 1: -1}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	truth := func(events ...corpus.Event) []corpus.Document {
		return []corpus.Document{{Text: "ab", End: "\n", Truth: events}}
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		m    lm.Model
		tok  corpus.Tokenizer
		docs []corpus.Document
		says string
	}{
		"no documents": {ctx, u, corpus.Byte{}, nil, "no tokens"},
		"no tokens":    {ctx, u, corpus.Byte{}, []corpus.Document{{Cut: true}}, "no tokens"},
		"other vocab": {ctx, lm.Uniform(5), corpus.Byte{}, lines("a"),
			"the model has 5 tokens, but the tokenizer \"byte\" has 257"},
		"lost bytes": {ctx, u, liar{}, lines("", "abc"),
			"document 2: the tokens of \"byte\" have 2 bytes; want 3"},
		"NaN": {ctx, nan, pairs{}, lines("b", "ca a"),
			"document 2: the model gives no probability: token 3 has ln P = NaN"},
		"P > 1":     {ctx, above, pairs{}, lines("a"), "ln P = 1"},
		"cancelled": {stopped, u, corpus.Byte{}, lines("a"), "canceled"},
		"short truth": {ctx, u, corpus.Byte{}, truth(corpus.Event{Bytes: 2}),
			"cover 2 bytes; want 3"},
		"long truth": {ctx, u, corpus.Byte{}, truth(corpus.Event{Bytes: 4}),
			"event 1 of the truth: "},
		"unknown class": {ctx, u, corpus.Byte{},
			truth(corpus.Event{Bytes: 3, Class: corpus.NumClasses}), "want a known class"},
		"minus bytes": {ctx, u, corpus.Byte{},
			truth(corpus.Event{Bytes: -1}, corpus.Event{Bytes: 4}), "event 1 of the truth: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := eval.Run(c.ctx, c.m, c.tok, c.docs, eval.Options{Threads: 2})
			require.ErrorContains(t, err, c.says)
		})
	}
}

// A fair die has a perplexity of 6, its number of equally likely outcomes.
func ExampleResult_Perplexity() {
	faces := []lm.Token{3, 1, 4, 1, 5, 0, 2}
	var r eval.Result
	for _, p := range lm.Score(lm.Uniform(6), faces) {
		r.Nats -= p
		r.Tokens++
	}
	fmt.Printf("%.0f\n", r.Perplexity())
	// Output: 6
}
