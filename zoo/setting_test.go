package zoo

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEverySettingHasHelp: a field that can be set has a flag, or names the source of its value.
func TestEverySettingHasHelp(t *testing.T) {
	all, err := Standard().Settings()
	require.NoError(t, err)
	helped := map[string]Setting{}
	for _, s := range all {
		require.NotEmpty(t, s.Help)
		require.NotContains(t, helped, s.Name, "a setting is listed once")
		helped[s.Name] = s
	}
	inFiles := []string{"no_counts"} // set only in a configuration file, to save memory
	for _, s := range Standard() {
		settings, err := s.Settings("")
		require.NoError(t, err)
		for _, name := range settings.Names() {
			known := helped[name].Name != "" || slices.Contains(inFiles, name)
			require.True(t, known, "%s: %s", s.Name, name)
		}
	}
	require.Contains(t, helped["n_layer"].Help, "gpt")
	require.Regexp(t, "^tokens of a training row; mlp: ", helped["context"].Help)
	require.Equal(t, TrainSettings, helped["context"].Group)
	require.Equal(t, CountSettings, helped["order"].Group)
	require.Equal(t, ModelSettings, helped["n_embd"].Group)
}

// TestSettingsOfTheSpecies checks that setting a field that is derived fails with the source of its
// value.
func TestSettingsOfTheSpecies(t *testing.T) {
	s, err := Standard().Find("gru")
	require.NoError(t, err)
	settings, err := s.Settings("")
	require.NoError(t, err)
	err = settings.Set(map[string]any{"cell": "lstm"})
	require.ErrorContains(t, err, "the species: rnn, lstm or gru")
	require.ErrorContains(t, settings.Set(map[string]any{"vocab_size": 3}), "the tokenizer")
	require.ErrorContains(t, settings.Set(map[string]any{"threads": 3}), "--threads")
}
