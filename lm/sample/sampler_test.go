package sample_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"lmzoo/lm"
	"lmzoo/lm/sample"
)

var ctx = context.Background()

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// chain is a Markov chain: row a holds P(b | a); row 0 begins a document.
type chain [][]float64

func (c chain) Vocab() int { return len(c) }
func (c chain) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	last := lm.BOS
	if seen := lm.SinceBOS(context); len(seen) > 0 {
		last = seen[len(seen)-1]
	}
	dst = lm.Grow(dst, len(c))
	for v, p := range c[last] {
		dst[v] = math.Log(p)
	}
	return dst
}
func (c chain) Start() lm.State { return &link{chain: c} }

type link struct {
	chain
	last [1]lm.Token
}

func (l *link) NextLogProbs(dst []float64) []float64 { return l.chain.NextLogProbs(dst, l.last[:]) }
func (l *link) Push(t lm.Token)                      { l.last[0] = t }
func (l *link) Clone() lm.State                      { c := *l; return &c }

// TestFrequencies: a hundred thousand draws have the frequencies of the distribution, by Pearson's
// chi-square with a fixed seed: the probability of a value beyond the bound is one in a thousand.
func TestFrequencies(t *testing.T) {
	for name, c := range map[string]struct {
		given, want []float64
		opt         sample.Options
	}{
		"as it is": {[]float64{0.5, 0.3, 0, 0.15, 0.05}, []float64{0.5, 0.3, 0, 0.15, 0.05},
			sample.Default},
		"not scaled": {[]float64{5, 3, 2}, []float64{0.5, 0.3, 0.2}, sample.Default},
		"temperature of ½": {[]float64{0.8, 0.2}, []float64{16.0 / 17, 1.0 / 17},
			sample.Options{Temperature: 0.5}},
		"temperature of 2": {[]float64{0.64, 0.36}, []float64{8.0 / 14, 6.0 / 14},
			sample.Options{Temperature: 2}},
		"top-k": {[]float64{0.1, 0.2, 0.4, 0.3}, []float64{0, 0, 4.0 / 7, 3.0 / 7},
			sample.Options{Temperature: 1, TopK: 2}},
		"top-p": {[]float64{0.1, 0.2, 0.4, 0.3}, []float64{0, 2.0 / 9, 4.0 / 9, 3.0 / 9},
			sample.Options{Temperature: 1, TopP: 0.8}},
		"min-p": {[]float64{0.1, 0.2, 0.4, 0.3}, []float64{0, 2.0 / 9, 4.0 / 9, 3.0 / 9},
			sample.Options{Temperature: 1, MinP: 0.4}},
		"cold, then top-p": {[]float64{0.5, 0.3, 0.2}, []float64{25.0 / 34, 9.0 / 34, 0},
			sample.Options{Temperature: 0.5, TopP: 0.8}},
	} {
		t.Run(name, func(t *testing.T) {
			warps, err := c.opt.Warps()
			require.NoError(t, err)
			s := sample.New(seeded(1), warps...)
			const n = 100_000
			counts := make([]float64, len(c.given))
			probs := make([]float64, len(c.given))
			for range n {
				copy(probs, logs(slices.Clone(c.given)...))
				token, err := s.Draw(probs)
				require.NoError(t, err)
				counts[token]++
			}
			chi2, free := 0.0, -1.0
			for v, p := range c.want {
				require.InDelta(t, p, math.Exp(probs[v]), 1e-12)
				if p == 0 {
					require.Zero(t, counts[v])
					continue
				}
				chi2 += (counts[v] - n*p) * (counts[v] - n*p) / (n * p)
				free++
			}
			require.Less(t, chi2, distuv.ChiSquared{K: free}.Quantile(0.999))
		})
	}
}

func TestDrawLeavesADistribution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyDistribution(t)
		before := slices.Clone(p)
		token, err := sample.New(seeded(rapid.Uint64().Draw(t, "seed")), anyWarp(t),
			anyWarp(t)).Draw(p)
		require.NoError(t, err)
		require.False(t, math.IsInf(before[token], -1), "an impossible token was drawn")
		sum := 0.0
		for _, lp := range p {
			sum += math.Exp(lp)
		}
		require.InDelta(t, 1, sum, 1e-12)
	})
}

func TestDrawRefuses(t *testing.T) {
	s := sample.New(seeded(1), must(sample.TopP(0.5)), must(sample.TopK(1)),
		must(sample.Temperature(0.5)))
	for says, p := range map[string][]float64{
		"token 1 has ln P = NaN":     {0, math.NaN()},
		"token 0 has ln P = +Inf":    {inf, 0},
		"all 2 tokens probability 0": {-inf, -inf},
		"all 0 tokens probability 0": {},
	} {
		_, err := s.Draw(p)
		require.ErrorContains(t, err, says)
	}
	_, err := sample.New(seeded(1), func(p []float64) { p[0] = -inf }).Draw([]float64{0})
	require.ErrorContains(t, err, "after warping")
}

// song is a chain of four tokens: do, re, mi and the end.
var song = chain{
	{0, 0.6, 0.4, 0},
	{0.1, 0, 0.5, 0.4},
	{0.2, 0.1, 0, 0.7},
	{0.5, 0.25, 0.25, 0},
}

func generate(t *testing.T, opt sample.Options, seed uint64) (tokens []lm.Token, nats float64) {
	t.Helper()
	require.NoError(t, sample.Generate(ctx, lm.Start(song), opt, seeded(seed),
		func(tok lm.Token, lp float64) bool {
			tokens = append(tokens, tok)
			nats -= lp
			return true
		}))
	return tokens, nats
}

func TestGenerate(t *testing.T) {
	tokens, nats := generate(t, sample.Options{Max: 5}, 1)
	require.Equal(t, []lm.Token{1, 2, 3}, tokens, "the greedy song ends by itself")
	require.InDelta(t, -math.Log(0.6*0.5*0.7), nats, 1e-12,
		"the model's own probabilities, not the warped ones")

	tokens, _ = generate(t, sample.Options{Max: 2}, 1)
	require.Equal(t, []lm.Token{1, 2}, tokens)

	one, _ := generate(t, sample.Options{Temperature: 1}, 5)
	two, _ := generate(t, sample.Options{Temperature: 1}, 5)
	require.Equal(t, one, two)
	different := false
	for seed := range uint64(10) {
		other, _ := generate(t, sample.Options{Temperature: 1}, seed)
		different = different || !slices.Equal(one, other)
	}
	require.True(t, different)

	var seen []lm.Token
	require.NoError(t, sample.Generate(ctx, lm.Start(song), sample.Options{}, seeded(1),
		func(tok lm.Token, _ float64) bool {
			seen = append(seen, tok)
			return false
		}))
	require.Equal(t, []lm.Token{1}, seen, "yield says stop")

	stopped, cancel := context.WithCancel(ctx)
	cancel()
	endless := chain{{0, 1}, {0, 1}}
	never := func(lm.Token, float64) bool { t.Error("yielded"); return true }
	require.ErrorIs(t, sample.Generate(stopped, lm.Start(endless), sample.Default, seeded(1),
		never), context.Canceled)
	require.Error(t, sample.Generate(ctx, lm.Start(endless), sample.Options{TopK: -1}, seeded(1),
		never))
	broken := chain{{math.NaN(), 1}, {0, 1}}
	require.ErrorContains(t,
		sample.Generate(ctx, lm.Start(broken), sample.Default, seeded(1), never), "NaN")
}

// Seed 0 is like other seeds: its text does not begin with a token that starts only one text in ten
// thousand.
func TestSeeds(t *testing.T) {
	for seed := range uint64(20) {
		require.InDelta(t, 0.5, sample.Rand(seed).Float64(), 0.499, "seed %d", seed)
		if seed > 0 {
			require.Equal(t, seeded(seed).Uint64(), sample.Rand(seed).Uint64(),
				"the bits of seed %d", seed)
		}
	}
}

// TestSongLength: documents drawn from the model have the log-probability that the model predicts.
func TestSongLength(t *testing.T) {
	rng, alone := seeded(3), 0
	const n = 20_000
	for range n {
		var tokens []lm.Token
		require.NoError(t, sample.Generate(ctx, lm.Start(song), sample.Default, rng,
			func(tok lm.Token, _ float64) bool {
				tokens = append(tokens, tok)
				return true
			}))
		if slices.Equal(tokens, []lm.Token{1, 3}) {
			alone++
		}
	}
	p := 0.6 * 0.4 * 0.5
	require.InDelta(t, n*p, alone, 4*math.Sqrt(n*p*(1-p)))
}

func TestNoAllocationPerToken(t *testing.T) {
	opt := sample.Options{Temperature: 0.9, TopK: 3, TopP: 0.95, MinP: 0.01}
	spend := func(n int) float64 {
		opt.Max = n
		endless := chain{{0, 0.6, 0.4}, {0, 0.5, 0.5}, {0, 0.5, 0.5}}
		return testing.AllocsPerRun(10, func() {
			_ = sample.Generate(ctx, lm.Start(endless), opt, seeded(1),
				func(lm.Token, float64) bool { return true })
		})
	}
	require.Equal(t, spend(10), spend(1000))
}

// TestBeam compares Beam with an enumeration of all sequences.
func TestBeam(t *testing.T) {
	const length = 4
	var all []sample.Hypothesis
	var walk func(h sample.Hypothesis)
	walk = func(h sample.Hypothesis) {
		if h.Ended || len(h.Tokens) == length {
			all = append(all, h)
			return
		}
		for v, lp := range song.NextLogProbs(nil, h.Tokens) {
			next := sample.Hypothesis{Tokens: slices.Clone(h.Tokens), LogProb: h.LogProb + lp,
				Ended: v == 0}
			if v != 0 {
				next.Tokens = append(next.Tokens, lm.Token(v))
			}
			if !math.IsInf(lp, -1) {
				walk(next)
			}
		}
	}
	walk(sample.Hypothesis{})
	slices.SortStableFunc(all, func(a, b sample.Hypothesis) int {
		if a.LogProb > b.LogProb {
			return -1
		}
		return 1
	})
	got, err := sample.Beam(ctx, lm.Start(song), 1000, length)
	require.NoError(t, err)
	require.Len(t, got, len(all))
	for i := range got {
		require.InDelta(t, all[i].LogProb, got[i].LogProb, 1e-12)
	}
	require.Equal(t, all[0].Tokens, got[0].Tokens)

	narrow, err := sample.Beam(ctx, lm.Start(song), 1, 10)
	require.NoError(t, err)
	greedy, _ := generate(t, sample.Options{}, 1)
	require.Equal(t, greedy, narrow[0].Tokens)
	require.True(t, narrow[0].Ended)

	_, err = sample.Beam(ctx, lm.Start(song), 0, 3)
	require.Error(t, err)
	_, err = sample.Beam(ctx, lm.Start(chain{{math.NaN()}}), 1, 3)
	require.Error(t, err)
	none, err := sample.Beam(ctx, lm.Start(song), 2, 0)
	require.NoError(t, err)
	require.Len(t, none, 1)
}

// The greedy first step leads to a worse continuation, which a beam of width two avoids.
func ExampleBeam() {
	garden := chain{
		{0, 0.6, 0.4},   // the first path looks better,
		{0.5, 0.5, 0},   // but it forks;
		{0.95, 0, 0.05}, // the second path does not
	}
	for width := 1; width <= 2; width++ {
		best, _ := sample.Beam(context.Background(), lm.Start(garden), width, 3)
		fmt.Printf("width %d: %v with probability %.2f\n", width, best[0].Tokens,
			math.Exp(best[0].LogProb))
	}
	// Output:
	// width 1: [1] with probability 0.30
	// width 2: [2] with probability 0.38
}

func BenchmarkDraw(b *testing.B) {
	for _, v := range []int{256, 50257} {
		model := make([]float64, v)
		for i := range model {
			model[i] = -math.Log(float64(i*7919%v) + 1)
		}
		for name, opt := range map[string]sample.Options{"plain": sample.Default,
			"top-k": {Temperature: 1, TopK: 40}, "top-p": {Temperature: 1, TopP: 0.9}} {
			b.Run(fmt.Sprintf("%s/V=%d", name, v), func(b *testing.B) {
				warps, _ := opt.Warps()
				s, probs := sample.New(seeded(1), warps...), make([]float64, v)
				for b.Loop() {
					copy(probs, model)
					if _, err := s.Draw(probs); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
