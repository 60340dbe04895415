package lab

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/corpus/world"
)

// Each dirty text has its dirt, and its steps remove it and little else.
func TestDirtyTexts(t *testing.T) {
	w, rng := world.New(world.DefaultSeed), rand.New(rand.NewPCG(1, 1))
	draw := func(n int) []corpus.Document {
		docs := make([]corpus.Document, n)
		for i := range docs {
			docs[i] = w.Document(rng)
		}
		return docs
	}
	leaked, trusted, clean := draw(20), draw(200), draw(500)
	count := func(docs []corpus.Document, of []corpus.Document) (n int) {
		for _, d := range docs {
			if slices.ContainsFunc(of, func(c corpus.Document) bool { return c.Text == d.Text }) {
				n++
			}
		}
		return n
	}
	for _, d := range dirtyTexts(rng, clean, leaked) {
		kept, account, err := d.refine(t.Context(), trusted, leaked)
		require.NoError(t, err)
		require.Equal(t, len(d.docs), account.Documents, d.name)
		switch d.name {
		case "noise":
			require.Equal(t, 300, count(d.docs, clean))
			precision, recall := d.found(kept)
			require.Greater(t, precision, .8)
			require.Greater(t, recall, .9)
		case "duplicates":
			require.Less(t, len(kept), 260+40)
			require.GreaterOrEqual(t, count(kept, clean), 240)
		case "leak":
			require.Equal(t, 125, count(d.docs, leaked))
			require.Zero(t, count(kept, leaked))
			require.Greater(t, count(kept, clean), 350)
		}
	}
}

// The same step is always the same batch, and two orders of equal shares have the same rows.
func TestMix(t *testing.T) {
	a := world.New(1).Split(1, 20_000, 0, 0).Train
	b := world.NewReviews(1).Split(1, 20_000, 0, 0).Train
	tok, err := corpus.Train("word", append(slices.Clone(a), b...), 0)
	require.NoError(t, err)
	k := &trial{tok: tok, steps: 10, seed: 1}
	materials, err := k.mixtures(a, b)
	require.NoError(t, err)
	rows := func(m material) map[string]int {
		seen := map[string]int{}
		var batch, again corpus.Batch
		for step := range k.steps {
			m.source.Batch(&batch, step)
			m.source.Batch(&again, 3)
			for i := range batch.B {
				seen[fmt.Sprint(batch.X[i*batch.T:][:batch.T])]++
			}
			m.source.Batch(&again, step)
			require.Equal(t, batch, again)
		}
		return seen
	}
	half := rows(materials[len(shares)/2])
	require.Equal(t, half, rows(materials[len(shares)]))
	require.Equal(t, half, rows(materials[len(shares)+1]))
	require.NotEqual(t, half, rows(materials[0]))
}

// A trained model costs less than an untrained one, and the limit costs least.
func TestTrial(t *testing.T) {
	a := world.New(1).Split(1, 20_000, 0, 3000)
	tok, err := corpus.Train("word", a.Train, 0)
	require.NoError(t, err)
	k := &trial{tok: tok, steps: 8, seed: 1}
	materials := []material{{name: "some", docs: a.Train}}
	got, err := k.trainAll(t.Context(), &Env{Threads: 2}, "trial", materials, a.Test)
	require.NoError(t, err)
	source, err := world.NewSource(world.New(1), tok)
	require.NoError(t, err)
	limit := k.measure(source, a.Test)
	require.InDelta(t, 0, limit.gap(), 1e-9)
	require.Greater(t, got[0][0].gap(), 1.0)
	delta, low, high := got[0][0].less(limit)
	require.InDelta(t, got[0][0].gap(), delta, 1e-9)
	require.True(t, low > 0 && low < delta && delta < high)
}

// Each verdict fails if any one of its conditions does.
func TestDataVerdicts(t *testing.T) {
	data := func() map[string]float64 {
		m := map[string]float64{"leak_gain": .1, "leak_gain_low": .08, "leak_left_high": .02}
		for _, dirt := range []string{"noise", "duplicates", "all"} {
			m[dirt], m[dirt+"_low"], m[dirt+"_back"], m[dirt+"_back_low"] = .1, .09, .06, .05
		}
		return m
	}
	mixture := func() map[string]float64 {
		m := map[string]float64{}
		for _, s := range mixtureSources {
			m[s+"_quarter"], m[s+"_first"], m[s+"_first_low"] = .9, 1, .9
			m[s+"_last"], m[s+"_last_low"] = .1, .05
		}
		return m
	}
	require.True(t, dataVerdict(1, data()).Held)
	require.True(t, mixtureVerdict(1, mixture()).Held)
	for name, x := range map[string]float64{
		"leak_gain_low": -.01, "leak_left_high": .06, "noise_low": 0, "duplicates_back": .04,
		"all_back_low": -.01,
	} {
		m := data()
		m[name] = x
		require.False(t, dataVerdict(1, m).Held, name)
	}
	for name, x := range map[string]float64{
		"world_quarter": .4, "reviews_first_low": -.1, "world_last_low": -.1, "reviews_last": 2,
	} {
		m := mixture()
		m[name] = x
		require.False(t, mixtureVerdict(1, m).Held, name)
	}
}
