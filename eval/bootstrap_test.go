package eval_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
)

// coinLines returns n documents of 10 flips and a model for which heads cost 1 bit, tails cost 3
// bits, and ends cost nothing.
func coinLines(n int, seed uint64) ([]corpus.Document, perToken) {
	rng := rand.New(rand.NewPCG(seed, 0))
	var texts []string
	for range n {
		b := make([]byte, 10)
		for i := range b {
			b[i] = "ht"[rng.IntN(2)]
		}
		texts = append(texts, string(b))
	}
	return lines(texts...), perToken{'h' + 1: math.Ln2, 't' + 1: 3 * math.Ln2}
}

// TestIntervalWidth compares the width with theory: the flips are independent, so the standard
// deviation is √10 bits for 10 flips, √10/11 bits per byte for a document, and smaller by √n for
// the mean of n documents.
func TestIntervalWidth(t *testing.T) {
	docs, price := coinLines(400, 1)
	r, err := eval.Run(ctx, price, sameVocab{corpus.Byte{}, 273}, docs, eval.Options{Seed: 7})
	require.NoError(t, err)
	require.Len(t, r.Parts, 400)
	want := 2 * 1.96 * math.Sqrt(10) / 11 / math.Sqrt(400)
	require.InEpsilon(t, want, r.High-r.Low, 0.15)
	require.Less(t, r.Low, r.BitsPerByte())
	require.Greater(t, r.High, r.BitsPerByte())
}

// TestCoverage counts how many of 200 intervals contain the true value, 20 bits per 11 bytes: about
// 190.
func TestCoverage(t *testing.T) {
	held := 0
	for seed := range uint64(200) {
		docs, price := coinLines(60, seed)
		r, err := eval.Run(ctx, price, sameVocab{corpus.Byte{}, 273}, docs,
			eval.Options{Seed: seed})
		require.NoError(t, err)
		if r.Low <= 20.0/11 && 20.0/11 <= r.High {
			held++
		}
	}
	require.InDelta(t, 190, held, 12) // 4 standard deviations
}

// TestBlocks checks that one long document is cut into blocks and so has an interval.
func TestBlocks(t *testing.T) {
	docs, price := coinLines(400, 1)
	var b strings.Builder
	for _, d := range docs {
		b.WriteString(d.Text)
	}
	stream := []corpus.Document{{Text: b.String(), Cut: true}}
	r, err := eval.Run(ctx, price, sameVocab{corpus.Byte{}, 273}, stream, eval.Options{})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(r.Parts), 50)
	require.InEpsilon(t, 2*1.96*1/math.Sqrt(4000), r.High-r.Low, 0.3)
}

// TestPartsAddUp checks for any documents and tokenizers that the parts add up to the whole, and
// that the parts of two tokenizers cover the same bytes.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		docs := lines(rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("abcdé ")), 0, 300, -1),
			1, 60).Draw(t, "texts")...)
		var first *eval.Report
		for _, tok := range []corpus.Tokenizer{corpus.Byte{}, pairs{}, nibbles{}} {
			r, err := eval.Run(ctx, lm.Uniform(tok.Vocab()), tok, docs, eval.Options{})
			require.NoError(t, err)
			var nats float64
			var tokens, bytes int
			for i, p := range r.Parts {
				nats += p.Nats
				tokens += p.Tokens
				bytes += p.Bytes
				if first != nil {
					require.Equal(t, first.Parts[i].Bytes, p.Bytes)
				}
				if tok == (corpus.Byte{}) {
					require.Equal(t, p.Bytes, p.Tokens)
				}
			}
			require.InEpsilon(t, r.Nats, nats, 1e-9)
			require.Equal(t, r.Tokens, tokens)
			require.Equal(t, r.Bytes, bytes)
			first = r
		}
	})
}

func run(t *testing.T, m lm.Model, docs []corpus.Document) *eval.Report {
	t.Helper()
	r, err := eval.Run(ctx, m, sameVocab{corpus.Byte{}, 273}, docs, eval.Options{})
	require.NoError(t, err)
	return r
}

func TestPaired(t *testing.T) {
	docs, price := coinLines(200, 3)
	dearer := perToken{}
	for k, p := range price {
		dearer[k] = p + 0.01*math.Ln2
	}
	a, b := run(t, price, docs), run(t, dearer, docs)
	// A constant extra cost for ten of eleven bytes: the difference is certain, although the
	// interval of each model alone is a hundred times as wide.
	c, err := eval.Paired(a, b, 1)
	require.NoError(t, err)
	require.False(t, c.Tie)
	require.InDelta(t, -0.1/11, c.Delta, 1e-12)
	require.InDelta(t, c.Delta, c.Low, 1e-12)
	require.InDelta(t, c.Delta, c.High, 1e-12)
	require.Equal(t, 1.0, c.BetterFor)
	require.Greater(t, a.High-a.Low, 0.03)
	back, err := eval.Paired(b, a, 1)
	require.NoError(t, err)
	require.InDelta(t, -c.Delta, back.Delta, 1e-12)
	require.False(t, back.Tie)

	same, err := eval.Paired(a, a, 1)
	require.NoError(t, err)
	require.True(t, same.Tie)
	require.Zero(t, same.Delta)

	// The models have opposite biases about a fair coin, so chance decides which is better.
	opposite := run(t, perToken{'h' + 1: 3 * math.Ln2, 't' + 1: math.Ln2}, docs)
	luck, err := eval.Paired(a, opposite, 1)
	require.NoError(t, err)
	require.True(t, luck.Tie)
	require.Equal(t, "bits/byte", luck.Unit)

	again, err := eval.Paired(a, opposite, 1)
	require.NoError(t, err)
	require.Equal(t, luck, again)
	other, err := eval.Paired(a, opposite, 2)
	require.NoError(t, err)
	require.NotEqual(t, luck.Low, other.Low)
}

func TestPairedRefuses(t *testing.T) {
	docs, price := coinLines(3, 3)
	_, err := eval.Paired(run(t, price, docs), run(t, price, docs[1:]), 1)
	require.ErrorContains(t, err, "different texts")
	merged := []corpus.Document{{Text: docs[0].Text + "\n" + docs[1].Text, End: "\n"}, docs[2]}
	_, err = eval.Paired(run(t, price, docs), run(t, price, merged), 1)
	require.ErrorContains(t, err, "different texts", "the same bytes in other documents")

	words := lines("red", "blue red")
	closed, err := eval.Run(ctx, lm.Uniform(4), closedWords{}, words, eval.Options{})
	require.NoError(t, err)
	_, err = eval.Paired(closed, run(t, price, words), 1)
	require.ErrorContains(t, err, "closed vocabularies differ")
	c, err := eval.Paired(closed, closed, 1)
	require.NoError(t, err)
	require.Equal(t, "bits/token", c.Unit)
}

// TestTooLittleText checks that a single part gives no interval.
func TestTooLittleText(t *testing.T) {
	docs := []corpus.Document{{End: "x"}}
	a, b := run(t, perToken{0: 1}, docs), run(t, perToken{0: 2}, docs)
	require.True(t, math.IsNaN(a.Low))
	c, err := eval.Paired(a, b, 1)
	require.NoError(t, err)
	require.True(t, c.Tie)
}

// TestGapInterval checks that a model whose cost is always a tenth of a nat above the truth has
// exactly that gap, however much the true cost differs between documents.
func TestGapInterval(t *testing.T) {
	docs, price := coinLines(100, 5)
	for i := range docs {
		for _, b := range []byte(docs[i].Text + docs[i].End) {
			docs[i].Truth = append(docs[i].Truth,
				corpus.Event{Bytes: 1, Nats: price[lm.Token(b)+1] * 0.5})
		}
	}
	r := run(t, perToken{0: 0.1, 'h' + 1: price['h'+1]*0.5 + 0.1, 't' + 1: price['t'+1]*0.5 + 0.1},
		docs)
	low, high := r.GapInterval(1)
	require.InDelta(t, 0.1, r.Gap(), 1e-12)
	require.InDelta(t, 0.1, low, 1e-12)
	require.InDelta(t, 0.1, high, 1e-12)
	require.Greater(t, r.High-r.Low, 0.01)
}
