package zoo

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
)

// TestMemory compares the estimate with the peak memory of processes (maximum resident set size on
// Linux, two steps on a small world). The estimate must not refuse a training run that would fit,
// nor allow one that needs several times the available memory.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		species  string
		values   map[string]any
		measured float64
	}{
		{"gpt", map[string]any{"n_embd": 512, "n_layer": 4, "n_head": 8, "batch": 16,
			"context": 128}, 1.70e9},
		{"gpt", map[string]any{"batch": 64, "context": 256}, 1.67e9},
		{"lstm", map[string]any{"hidden": 1024, "layers": 2}, 2.19e9},
		{"mlp", map[string]any{"hidden": 2000, "batch": 32}, 0.368e9},
	} {
		s, err := Standard().Find(c.species)
		require.NoError(t, err)
		settings, err := s.Settings("")
		require.NoError(t, err)
		require.NoError(t, settings.Set(c.values))
		got := settings.Memory(440)
		t.Logf("%s %v: %.2f GB, measured %.2f", c.species, c.values, got/1e9, c.measured/1e9)
		require.InEpsilon(t, c.measured, got, 0.5, "%s %v", c.species, c.values)
	}
}

func TestTooLargeForMemory(t *testing.T) {
	s, err := Standard().Find("gpt")
	require.NoError(t, err)
	settings, err := s.Settings("")
	require.NoError(t, err)
	require.NoError(t, settings.Set(map[string]any{"n_embd": 20_000, "n_head": 4}))
	o := Order{Species: s, Settings: settings, Tokenizer: byteTokenizer(t)}
	require.NoError(t, o.fits(0), "nobody knows how much there is")
	require.NoError(t, o.fits(1e13))
	err = o.fits(16e9)
	require.ErrorAs(t, err, &Misuse{})
	require.ErrorContains(t, err, "GB of memory, but only 16.0 GB are free")
	require.ErrorContains(t, err, "n_embd, n_layer")
}

func byteTokenizer(t *testing.T) corpus.Tokenizer {
	tok, err := corpus.NewByte(0)
	require.NoError(t, err)
	return tok
}
