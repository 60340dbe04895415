package world

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

func TestReviewGrammar(t *testing.T) {
	r := NewReviews(DefaultSeed)
	require.NoError(t, r.check())
	seen := map[string]bool{}
	for _, words := range r.lexicon.lists() {
		for _, word := range words {
			require.False(t, seen[word], "%q is in two lists", word)
			seen[word] = true
		}
	}
	used := map[string]bool{}
	for _, d := range r.Split(1, 60_000, 0, 0).Train {
		for _, word := range strings.Fields(d.Text) {
			used[word] = true
		}
	}
	for _, word := range r.Words() {
		require.Regexp(t, `^([a-z]+|[.:])$`, word)
		require.True(t, used[word], "%q is never used", word)
	}
	require.Len(t, r.Words(), len(used))
}

func TestReviewsCostWhatTheyAreDrawnWith(t *testing.T) {
	r := NewReviews(DefaultSeed)
	n, diff, square := 0.0, 0.0, 0.0
	longest := 0
	for _, d := range r.Split(1, 0, 0, 100_000).Test {
		bytes := 0
		for _, e := range d.Truth {
			delta := e.Nats - e.Entropy
			n, diff, square = n+1, diff+delta, square+delta*delta
			bytes += e.Bytes
		}
		require.Equal(t, d.Bytes(), bytes)
		longest = max(longest, len(d.Truth))
	}
	require.LessOrEqual(t, math.Abs(diff), 4*math.Sqrt(square))
	require.Less(t, longest, MaxTokens)
}

// The words read so far decide the class of the next word, whatever the hidden variables are.
func TestReviewClassesAreVisible(t *testing.T) {
	r := NewReviews(DefaultSeed)
	rng := stream(1, "classes")
	for i := range 300 {
		f := r.filter()
		words := append(strings.Fields(r.Draw(rng, i%2 == 0).Text), End)
		require.NoError(t, f.follow(words, func(int) {
			for _, w := range f.belief {
				require.Equal(t, f.states[f.belief[0].state].slot, f.states[w.state].slot)
			}
		}))
		require.Empty(t, f.next())
	}
}

func TestReviewsAreSourceToo(t *testing.T) {
	r := NewReviews(DefaultSeed)
	split := r.Split(1, 50_000, 0, 20_000)
	tok, err := corpus.Train("word", split.Train, 0)
	require.NoError(t, err)
	s := source(t, r, tok)
	lmtest.Check(t, s, 1e-9, 0, 1, 2, 17)
	for _, d := range split.Test {
		scores := lm.Score(s, corpus.EncodeDocument(nil, tok, d))
		require.Len(t, scores, len(d.Truth))
		for i, e := range d.Truth {
			require.Equal(t, e.Nats, 0-scores[i], d.Text)
		}
	}
}

func TestReviewPools(t *testing.T) {
	r := NewReviews(DefaultSeed)
	require.Equal(t, r.Labelled(1, Dev, 50)[:20], r.Labelled(1, Dev, 20))
	texts := map[string]Pool{}
	for _, pool := range []Pool{Train, Dev, Test} {
		n := 0
		for _, review := range r.Labelled(1, pool, 500) {
			other, ok := texts[review.Text]
			require.False(t, ok && other != pool, "%q is in two pools", review.Text)
			texts[review.Text] = pool
			require.True(t, strings.HasPrefix(review.Text, "review "))
			require.Len(t, review.Polarity, sentences)
			n += int(review.Label)
		}
		require.InDelta(t, 250, n, 50)
	}
	require.NotEqual(t, NewReviews(1).Labelled(1, Dev, 3), NewReviews(2).Labelled(1, Dev, 3))
	require.Equal(t, NewReviews(2).Split(3, 100, 100, 100), NewReviews(2).Split(3, 100, 100, 100))
	for _, d := range r.Split(1, 1000, 0, 0).Train {
		require.Nil(t, d.Truth)
	}
}

func TestImpossibleReviews(t *testing.T) {
	r := NewReviews(DefaultSeed)
	for text, want := range map[string]string{
		"": `byte 0 of the text: word 1 is "", which is ` +
			`impossible there in this world; want "review", "note"`,
		"review camera : soup was bland .": `word 4 is "soup"`,
		"review it : price was good .":     `byte 28 of the text: word 8 is the end`,
		"note it : price was not good .":   `word 6 is "not"`,
		"review camera": `word 3 is the end, which is impossible there in ` +
			`this world; want ":"`,
	} {
		_, err := r.Trace(text)
		require.ErrorContains(t, err, want, text)
	}
	_, err := r.Posterior("review camera : soup")
	require.ErrorContains(t, err, `word 4 is "soup"`)
	_, err = r.Bayes([]Review{{Document: corpus.Document{Text: "hello"}}})
	require.Error(t, err)
	choices, err := r.Next(strings.Fields("review it"))
	require.NoError(t, err)
	require.Equal(t, []Choice{{":", 1}}, choices)
}

func BenchmarkReviewDraw(b *testing.B) {
	r, rng, tokens := NewReviews(DefaultSeed), stream(1, "bench"), 0
	for b.Loop() {
		tokens += strings.Count(r.Draw(rng, true).Text, " ") + 2
	}
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
}

func BenchmarkReviewPosterior(b *testing.B) {
	r, tokens := NewReviews(DefaultSeed), 0
	reviews := r.Labelled(1, Dev, 500)
	for i := 0; b.Loop(); i++ {
		text := reviews[i%len(reviews)].Text
		_, _ = r.Posterior(text)
		tokens += strings.Count(text, " ") + 2
	}
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
}
