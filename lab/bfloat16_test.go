package lab

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/corpus"
)

func TestToBFloat16(t *testing.T) {
	for x, want := range map[float32]float32{
		1: 1, -2.5: -2.5, 1 + 1.0/256: 1, 1 + 3.0/256: 1 + 2.0/128, 1 + 1.1/256: 1 + 1.0/128,
		float32(math.Inf(1)): float32(math.Inf(1)), 0: 0, 3.3895314e38: 3.3895314e38,
	} {
		require.Equal(t, want, toBFloat16(x), "%g", x)
	}
	require.True(t, math.IsNaN(float64(toBFloat16(float32(math.NaN())))))
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float32Range(-1e30, 1e30).Draw(t, "x")
		y := toBFloat16(x)
		require.Zero(t, math.Float32bits(y)&0xffff, "16 bits")
		require.LessOrEqual(t, math.Abs(float64(x-y)), math.Abs(float64(x))/256+1e-38)
		require.Equal(t, y, toBFloat16(y))
	})
}

// Stochastic rounding keeps the mean.
func TestStochastic(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const x = 1 + 0.3/128
	sum := 0.0
	for range 20000 {
		y := stochastic(x, rng)
		require.Zero(t, math.Float32bits(y)&0xffff)
		sum += float64(y)
	}
	require.InDelta(t, x, sum/20000, 1e-4)
}

// Every precision trains; the master weights are restored after a step; float32 is ordinary
// training.
func TestPrecisions(t *testing.T) {
	c := smallCourse(t)
	got := map[string]float64{}
	for _, p := range precisions() {
		bits, lost, err := p.run(t.Context(), c, 2e8, 1)
		require.NoError(t, err, p.name)
		require.Less(t, bits, 4.0, p.name)
		require.Equal(t, p.update != nil, lost > 0.05, "%s lost %g", p.name, lost)
		got[p.name] = bits
	}
	require.Len(t, got, 5)
	seen := map[float64]string{}
	for name, bits := range got {
		require.Empty(t, seen[bits], "%s is %s", name, seen[bits])
		seen[bits] = name
	}
}

// The estimate of operations is close to the number in the products of a step, and the memory in
// use is below the estimate, which leaves room for saving.
func TestEstimates(t *testing.T) {
	c := smallCourse(t)
	docs := corpus.EncodeDocuments(c.tok, c.split.Train)
	for _, species := range []string{"mlp", "lstm", "gpt", "llama"} {
		e, err := estimate(c, docs, species, "tiny")
		require.NoError(t, err)
		require.InDelta(t, 1, e.expected/e.counted, 0.15, "%s: %g, counted %g", species,
			e.expected, e.counted)
		require.Greater(t, e.memory, e.used, species)
		require.Greater(t, e.used, e.memory/10, species)
	}
}
