package nntest

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/nn"
)

// Build returns a model in which every part matters; build is the function New of its package.
func Build[C, M any](t require.TestingT, build func(C, *rand.Rand) (M, error), cfg C) M {
	m, err := build(cfg, Rand())
	require.NoError(t, err)
	return Loud(m)
}

// CheckConfig tests that Validate accepts good and, after each of the changes, refuses it with a
// one-line error that contains the key.
func CheckConfig[C interface{ Validate() error }](t testing.TB, good C,
	changes map[string]func(*C)) {
	t.Helper()
	require.NoError(t, good.Validate())
	for want, change := range changes {
		cfg := good
		change(&cfg)
		err := cfg.Validate()
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
}

// CheckPresets tests that every size is a valid Config once vocab has set its vocabulary, and that
// any other size is refused with an error that lists the valid sizes.
func CheckPresets[C interface{ Validate() error }](t testing.TB,
	preset func(size string) (C, error), vocab func(*C)) {
	t.Helper()
	for _, size := range nn.Sizes() {
		cfg, err := preset(size)
		require.NoError(t, err)
		vocab(&cfg)
		require.NoError(t, cfg.Validate())
	}
	_, err := preset("huge")
	require.ErrorContains(t, err, "tiny, small, base")
}

// CheckQuantized tests that a model of one-byte weights makes nearly the same predictions as before
// and satisfies the contract: whole texts are scored in float32 with the weights that the bytes
// represent.
func CheckQuantized(t testing.TB, m interface {
	lm.Model
	Quantize()
	SetThreads(int)
}, contract func(tol float64)) {
	t.Helper()
	before := m.NextLogProbs(nil, []lm.Token{1, 2, 3})
	m.Quantize()
	m.SetThreads(2)
	contract(1e-4)
	after := m.NextLogProbs(nil, []lm.Token{1, 2, 3})
	require.NotEqual(t, before, after)
	require.InDeltaSlice(t, before, after, 0.5)
}
