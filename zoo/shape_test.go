package zoo

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/nn"
)

// lookedUp names the parameters that are only looked up: embeddings that are not also the output
// layer.
var lookedUp = map[string]bool{
	"C": true, "encoder.weight": true, "forward.encoder.weight": true, "wpe.weight": true,
}

// TestShapes compares the Shape of a configuration with its model, for every species and size.
func TestShapes(t *testing.T) {
	tok := byteTokenizer(t)
	try := func(s *Species, settings *Settings) {
		tok, err := s.Extend(tok)
		require.NoError(t, err)
		m, err := s.Learning.New(settings.Model, tok, rand.New(rand.NewPCG(1, 1)))
		require.NoError(t, err)
		shape, ok := settings.shape(tok.Vocab())
		require.True(t, ok, "%s has no method Shape", s.Name)
		require.EqualValues(t, nn.Count(m), shape.Params, s.Name)
		require.Positive(t, shape.Floats, s.Name)
		require.Positive(t, settings.Memory(tok.Vocab()), s.Name)
		if !s.Causal() {
			return
		}
		multiplied := 0
		for _, p := range nn.Params(m) {
			if !p.Vector && !lookedUp[p.Name] {
				multiplied += p.Rows * p.Cols
			}
		}
		require.EqualValues(t, 4*multiplied, shape.Bytes, s.Name)
		require.GreaterOrEqual(t, shape.FLOPs, 6*float64(multiplied), s.Name)
	}
	for _, s := range Standard() {
		if !s.IsNeural() {
			continue
		}
		for _, size := range s.Sizes {
			settings, err := s.Settings(size)
			require.NoError(t, err)
			try(s, settings)
		}
	}
	for _, variant := range []struct {
		species string
		values  map[string]any
	}{
		{"mlp", map[string]any{"direct": true}},
		{"gpt", map[string]any{"norm": "post", "smear": true}},
		{"bert", map[string]any{"nsp": true}},
		{"llama", map[string]any{"num_key_value_heads": 2}},
		{"lstm", map[string]any{"layers": 3}},
	} {
		s, err := Standard().Find(variant.species)
		require.NoError(t, err)
		settings, err := s.Settings("tiny")
		require.NoError(t, err)
		require.NoError(t, settings.Set(variant.values))
		try(s, settings)
	}
}

// TestShapeOfAnUntiedHead: a separate output layer adds parameters but no operations.
func TestShapeOfAnUntiedHead(t *testing.T) {
	for name, values := range map[string]map[string]any{
		"llama": {"tie_word_embeddings": false}, "gpt": {"untied_head": true},
	} {
		s, err := Standard().Find(name)
		require.NoError(t, err)
		settings, err := s.Settings("small")
		require.NoError(t, err)
		tied, _ := settings.shape(65)
		require.NoError(t, settings.Set(values))
		own, _ := settings.shape(65)
		require.Equal(t, tied.Params+65*128, own.Params)
		require.Equal(t, tied.FLOPs, own.FLOPs)
		m, err := s.Learning.New(settings.Model, byteTokenizer(t), rand.New(rand.NewPCG(1, 1)))
		require.NoError(t, err)
		own, _ = settings.shape(byteTokenizer(t).Vocab())
		require.EqualValues(t, nn.Count(m), own.Params)
	}
}

// TestShapeCountsAttention: attention takes 12·T·C operations in every layer.
func TestShapeCountsAttention(t *testing.T) {
	s, err := Standard().Find("gpt")
	require.NoError(t, err)
	settings, err := s.Settings("small")
	require.NoError(t, err)
	shape, _ := settings.shape(65)
	require.InDelta(t, 6*shape.Bytes/4+12*64*128*4, shape.FLOPs, 1)
}
