package zoo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A run has the same title before and after it is made.
func TestTitles(t *testing.T) {
	for _, c := range []struct {
		species string
		values  map[string]any
		title   string
	}{
		{"ngram", nil, "5-gram modified Kneser-Ney"},
		{"ngram", map[string]any{"order": 7, "smoothing": "witten-bell"}, "7-gram Witten-Bell"},
		{"ngram", map[string]any{"order": 2, "smoothing": "add-k"}, "2-gram add-k"},
		{"bigram", map[string]any{"smoothing": "mle"}, "bigram"},
		{"cache", map[string]any{"order": 3}, "3-gram with a cache"},
		{"gpt", map[string]any{"n_layer": 1}, "GPT"},
	} {
		s, err := Standard().Find(c.species)
		require.NoError(t, err)
		settings, err := s.Settings("")
		require.NoError(t, err)
		require.Equal(t, s.Title, s.TitleOf(settings), "the usual one is the species")
		require.NoError(t, settings.Set(c.values))
		require.Equal(t, c.title, s.TitleOf(settings))
	}
}
