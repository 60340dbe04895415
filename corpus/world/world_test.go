package world

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/corpus"
)

// sample returns documents to compute statistics on.
func sample(tokens int) []corpus.Document {
	return New(DefaultSeed).Split(1, tokens, 0, 0).Train
}
func Example() {
	story := New(DefaultSeed).Split(7, 1, 0, 0).Train[0]
	fmt.Println(strings.ReplaceAll(story.Text, " . ", " .\n"))
	fmt.Println("\nThe least that its words cost, by the knowledge they need:")
	var words [corpus.NumClasses]int
	var nats [corpus.NumClasses]float64
	for _, e := range story.Truth {
		words[e.Class]++
		nats[e.Class] += e.Nats
	}
	for c := range corpus.NumClasses {
		fmt.Printf("%-10s %2d words %5.2f nats\n", c, words[c], nats[c])
	}
	// Output:
	// once in winter , on a snowy morning , three friends met in pellin .
	// it was a tale of the forest .
	// ravi was a painter with a white rope .
	// mira was a doctor with a yellow basket .
	// orla was a blacksmith with a silver mushroom .
	// the deer would play proudly near the cave .
	// meanwhile she thought of ravi .
	// then mira showed the yellow basket to ravi .
	// who had the white rope ? ravi the painter .
	// then ravi showed the white rope to mira .
	// so the tale of the forest ended .
	//
	// The least that its words cost, by the knowledge they need:
	// local      51 words  2.01 nats
	// choice     21 words 42.62 nats
	// fact        0 words  0.00 nats
	// long       23 words 13.99 nats
	// in-context  7 words  0.00 nats
	// compute     0 words  0.00 nats
}

// The mean of −ln p agrees with the mean entropy if words are drawn from the stated distributions.
func TestEntropyIsWhatIsPaid(t *testing.T) {
	type sums struct{ n, diff, square float64 }
	var whole sums
	classes := make([]sums, corpus.NumClasses)
	add := func(s *sums, d float64) { s.n++; s.diff += d; s.square += d * d }
	for _, d := range sample(400_000) {
		for _, e := range d.Truth {
			// given the previous text, each difference has mean 0, so they are uncorrelated
			add(&whole, e.Nats-e.Entropy)
			add(&classes[e.Class], e.Nats-e.Entropy)
		}
	}
	check := func(name string, s sums) {
		require.Positive(t, s.n, name)
		require.LessOrEqual(t, math.Abs(s.diff), 4*math.Sqrt(s.square), name)
	}
	check("whole", whole)
	for c, s := range classes {
		check(corpus.Class(c).String(), s)
	}
}

// Every word occurs with its stated probability, which is a stricter test than the entropy.
func TestDrawsFollowTheDistribution(t *testing.T) {
	w := New(DefaultSeed)
	count, expected, variance := map[string]float64{}, map[string]float64{}, map[string]float64{}
	rng := stream(7, "draws")
	for range 3000 {
		doc := w.writer(nil)
		doc.choose = func(choices []Choice) int {
			r, pick := rng.Float64(), len(choices)-1
			for i, c := range choices {
				expected[c.Word] += c.P
				variance[c.Word] += c.P * (1 - c.P)
				if r >= 0 && r < c.P {
					pick = i
				}
				r -= c.P
			}
			count[choices[pick].Word]++
			return pick
		}
		doc.write()
	}
	for word := range expected {
		require.InDelta(t, expected[word], count[word], 4.5*math.Sqrt(variance[word])+1e-6, word)
	}
}

// Document itself, not only the function of the test above, draws from the stated distribution.
func TestDocumentFollowsTheDistribution(t *testing.T) {
	w := New(DefaultSeed)
	first := map[string]float64{}
	rng, n := rand.New(rand.NewPCG(1, 2)), 20_000.0
	for range int(n) {
		word, _, _ := strings.Cut(w.Document(rng).Text, " ")
		first[word]++
	}
	for _, c := range w.openings.choices {
		require.InDelta(t, c.P, first[c.Word]/n, 4*math.Sqrt(c.P*(1-c.P)/n), c.Word)
	}
}

func TestDistributionsAreDistributions(t *testing.T) {
	w := New(DefaultSeed)
	known := map[string]bool{End: true}
	for _, word := range w.Words() {
		known[word] = true
	}
	for _, d := range sample(3_000) {
		words := append(strings.Fields(d.Text), End)
		for i, word := range words {
			choices, err := w.Next(words[:i])
			require.NoError(t, err)
			sum, entropy, seen := 0.0, 0.0, map[string]float64{}
			for _, c := range choices {
				require.NotContains(t, seen, c.Word)
				require.Positive(t, c.P)
				require.True(t, known[c.Word], "%q is not in Words", c.Word)
				seen[c.Word] = c.P
				sum += c.P
				entropy -= c.P * math.Log(c.P)
			}
			require.InDelta(t, 1, sum, 1e-12)
			require.InDelta(t, d.Truth[i].Entropy, entropy, 1e-12)
			require.InDelta(t, d.Truth[i].Nats, -math.Log(seen[word]), 1e-12)
		}
		after, err := w.Next(words)
		require.NoError(t, err)
		require.Empty(t, after)
	}
}

// After the same four words, the distribution of a local word is the same.
func TestLocalNeedsFourWords(t *testing.T) {
	w := New(DefaultSeed)
	known := map[string]string{}
	for _, d := range sample(20_000) {
		words := append([]string{"", "", "", ""}, append(strings.Fields(d.Text), End)...)
		var offered []string // the words that were possible at each position
		doc := w.writer(nil)
		doc.choose = func(choices []Choice) int {
			at, picked := len(doc.events)+4, -1
			all := make([]string, len(choices))
			for i, c := range choices {
				all[i] = fmt.Sprintf("%s %.9f", c.Word, c.P)
				if c.Word == words[at] {
					picked = i
				}
			}
			slices.Sort(all)
			offered = append(offered, strings.Join(all, " "))
			return picked
		}
		doc.write()
		require.Len(t, doc.events, len(d.Truth))
		for i, e := range doc.events {
			if e.Class != corpus.Local {
				continue
			}
			context := strings.Join(words[i:i+4], " ")
			if was, ok := known[context]; ok {
				require.Equal(t, was, offered[i], "after %q", context)
			}
			known[context] = offered[i]
		}
	}
}

func TestBytesAndLengths(t *testing.T) {
	longest, docs, tokens := 0, 0, 0
	for _, d := range sample(300_000) {
		bytes := 0
		for _, e := range d.Truth {
			bytes += e.Bytes
		}
		require.Equal(t, d.Bytes(), bytes)
		require.Equal(t, "\n", d.End)
		require.Equal(t, 1, d.Truth[len(d.Truth)-1].Bytes)
		require.Len(t, d.Truth, len(strings.Split(d.Text, " "))+1)
		require.GreaterOrEqual(t, len(d.Truth), 40)
		longest = max(longest, len(d.Truth))
		docs++
		tokens += len(d.Truth)
	}
	require.InDelta(t, 85, float64(tokens)/float64(docs), 5)
	require.Less(t, longest, MaxTokens)
}

func TestClassShares(t *testing.T) {
	share, n := make([]float64, corpus.NumClasses), 0.0
	for _, d := range sample(300_000) {
		for _, e := range d.Truth {
			share[e.Class]++
			n++
		}
	}
	for c, between := range [...][2]float64{{.40, .55}, {.15, .30}, {.01, .05}, {.15, .30},
		{.04, .12}, {.005, .03}} {
		require.GreaterOrEqual(t, share[c]/n, between[0], corpus.Class(c))
		require.LessOrEqual(t, share[c]/n, between[1], corpus.Class(c))
	}
}

// Words returns exactly the words that occur.
func TestWords(t *testing.T) {
	used := map[string]bool{}
	for _, d := range sample(300_000) {
		for _, word := range strings.Split(d.Text, " ") {
			used[word] = true
		}
	}
	words := New(DefaultSeed).Words()
	for _, word := range words {
		require.True(t, used[word], "%q is never used", word)
		require.Regexp(t, `^([a-z]+|[.,?:])$`, word)
		delete(used, word)
	}
	require.Empty(t, used, "words missing from Words")
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b := New(4).Split(9, 20_000, 3_000, 3_000), New(4).Split(9, 20_000, 3_000, 3_000)
	require.Equal(t, a, b)
	require.NotEqual(t, a.Valid, a.Test)
	require.NotEqual(t, a.Valid[0].Text, a.Train[0].Text)
	require.NotEqual(t, a.Train, New(4).Split(10, 20_000, 0, 0).Train)
	require.NotEqual(t, a.Train, New(5).Split(9, 20_000, 0, 0).Train)
	longer := New(4).Split(9, 40_000, 0, 1)
	require.Equal(t, a.Train, longer.Train[:len(a.Train)])
	require.Equal(t, a.Test[:1], longer.Test)
}

// For any seed, documents end within MaxTokens and Trace returns their Truth.
func TestAnySeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := New(rapid.Uint64().Draw(t, "world"))
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "draws"), 0))
		for range 5 {
			d := w.Document(rng)
			require.Less(t, len(d.Truth), MaxTokens)
			events, err := w.Trace(d.Text)
			require.NoError(t, err)
			require.Equal(t, d.Truth, events)
		}
	})
}

func BenchmarkDocument(b *testing.B) {
	w, rng, tokens := New(DefaultSeed), stream(1, "bench"), 0
	b.ReportAllocs()
	for b.Loop() {
		tokens += len(w.Document(rng).Truth)
	}
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
}
