package zoo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/train"
)

// makeRun makes a small run of a species.
func makeRun(t *testing.T, species, dir string, seed uint64, values map[string]any) *Run {
	t.Helper()
	text := []corpus.Document{{Text: strings.Repeat("a small text for small models. ", 20)}}
	tok, err := corpus.Train("char", text, 0)
	require.NoError(t, err)
	s, err := Standard().Find(species)
	require.NoError(t, err)
	settings, err := s.Settings("")
	require.NoError(t, err)
	require.NoError(t, settings.Set(values))
	r, err := Make(t.Context(), Order{
		Species: s, Settings: settings, Split: corpus.Split{Train: text,
			Valid: text}, Tokenizer: tok,
		Seed: seed, Dir: dir,
	})
	require.NoError(t, err)
	return r
}

var smallGPT = map[string]any{
	"n_layer": 1, "n_head": 2, "n_embd": 16, "context": 16, "batch": 2, "steps": 2,
	"eval_every": "2",
}

// edit replaces a text in config.json.
func edit(t *testing.T, dir, old, replacement string) {
	t.Helper()
	path := filepath.Join(dir, ConfigFile)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(data), old)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(data), old, replacement,
		1)), 0o666))
}

// TestEditedConfig: an edited configuration does not belong to the model beside it.
func TestEditedConfig(t *testing.T) {
	for _, c := range []struct {
		species          string
		values           map[string]any
		old, replacement string
	}{
		{"gpt", smallGPT, `"n_head": 2`, `"n_head": 4`},
		{"gpt", smallGPT, `"n_positions": 16`, `"n_positions": 100000000`},
		{"gpt", smallGPT, `"seed": 1`, `"seed": 2`},
		{"gpt", smallGPT, `"valid": `, `"valid": 1`},
		{"ngram", nil, `"order": 5`, `"order": 4`},
		{"ngram", nil, `"modified-kneser-ney"`, `"kneser-ney"`},
		{"cache", nil, `"window": 200`, `"window": 1000000000000000`},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		makeRun(t, c.species, dir, 1, c.values)
		_, err := Standard().Open(dir)
		require.NoError(t, err, c.species)
		edit(t, dir, c.old, c.replacement)
		_, err = Standard().Open(dir)
		require.ErrorContains(t, err, "does not belong to config.json", "%s: %s", c.species,
			c.replacement)
	}
}

// TestFormattedConfig: white space and the order of keys do not matter.
func TestFormattedConfig(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	makeRun(t, "gpt", dir, 1, smallGPT)
	data, err := os.ReadFile(filepath.Join(dir, ConfigFile))
	require.NoError(t, err)
	var values map[string]any
	require.NoError(t, json.Unmarshal(data, &values))
	data, err = json.Marshal(values)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, ConfigFile), data, 0o666))
	_, err = Standard().Open(dir)
	require.NoError(t, err)
}

// TestForeignModel: the model of another run is refused, even if its shapes fit.
func TestForeignModel(t *testing.T) {
	for _, c := range []struct {
		species, file string
		values        map[string]any
	}{{"gpt", WeightsFile, smallGPT}, {"ngram", CountsFile, nil}} {
		a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
		makeRun(t, c.species, a, 1, c.values)
		makeRun(t, c.species, b, 2, c.values)
		require.NoError(t, os.Rename(filepath.Join(b, c.file), filepath.Join(a, c.file)))
		_, err := Standard().Open(a)
		require.ErrorContains(t, err, c.file+" does not belong to config.json")
	}
}

// TestChangedPart: a mixture detects that one of its parts was trained again.
func TestChangedPart(t *testing.T) {
	dir := t.TempDir()
	a, b, ab := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "ab")
	runs := []*Run{
		makeRun(t, "ngram", a, 1, map[string]any{"order": 2}), makeRun(t, "ngram", b, 1,
			map[string]any{"order": 3}),
	}
	mix, err := Mix(t.Context(), runs, []corpus.Document{{Text: "a small text"}})
	require.NoError(t, err)
	l, err := Acquire(ab)
	require.NoError(t, err)
	require.NoError(t, mix.Keep(l, nil))
	_, err = Standard().Open(ab)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(a))
	makeRun(t, "ngram", a, 1, map[string]any{"order": 4})
	_, err = Standard().Open(ab)
	require.ErrorContains(t, err, "is now another run; mix again")
}

// TestShapesBeforeMemory: an edited configuration allocates no memory, even beside weights of
// another tool.
func TestShapesBeforeMemory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := makeRun(t, "gpt", dir, 1, smallGPT)
	require.NoError(t, train.SaveParams(filepath.Join(dir, WeightsFile), r.Model, nil))
	_, err := Standard().Open(dir)
	require.NoError(t, err)
	edit(t, dir, `"n_positions": 16`, `"n_positions": 100000000`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = Standard().Open(dir)
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "one of them was edited")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(10<<20))
}

// TestHugeCache: the window of a cache allocates no memory before it contains tokens.
func TestHugeCache(t *testing.T) {
	r := makeRun(t, "cache", "", 1, map[string]any{"window": 1_000_000_000_000_000})
	m, err := r.LM()
	require.NoError(t, err)
	state := lm.Start(m)
	state.Push(1)
	require.Len(t, state.Clone().NextLogProbs(nil), m.Vocab())
}
