package zoo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
)

func TestParseMixture(t *testing.T) {
	sources, err := parseMixture(`world=0.7,a=b.txt=3,odd\,name=1e-1`)
	require.NoError(t, err)
	var names []string
	for _, s := range sources {
		names = append(names, s.Corpus)
		require.Equal(t, s.Weight, s.End)
	}
	require.Equal(t, []string{"world", "a=b.txt", "odd,name"}, names)
	require.Equal(t, 3.0, sources[1].Weight)
	for text, why := range map[string]string{
		"a=x":       `weight "x" of a is not a number`,
		"a=1,b=NaN": `weight "NaN" of b is not a number`,
		"a=1,b":     `"b" has no weight`,
		"a=1,":      `"" has no weight`,
		"=1":        `"=1" has no weight`,
		"a=-1,b=2":  "weight of a is -1; want 0 or more",
		"a=0,b=0":   "all weights are 0",
		"a=1,a=2":   "a occurs twice",
		"a=1,-=2":   "standard input cannot be a source",
	} {
		_, err := parseMixture(text)
		require.ErrorContains(t, err, why, text)
		require.NotContains(t, err.Error(), "\n")
	}
	d := Data{Corpus: "a=1,b=2", MixEnd: "b=1,a=0"}
	require.NoError(t, d.ParseMixture())
	require.Equal(t, []corpus.Share{{Start: 1, End: 0}, {Start: 2, End: 1}}, d.Mixture.shares())
	require.True(t, d.Mixture.changes())
	for end, why := range map[string]string{
		"a=1": "it has no weight for b", "a=1,b=1,c=1": "c is not a source of --corpus",
	} {
		d := Data{Corpus: "a=1,b=2", MixEnd: end}
		require.ErrorContains(t, d.ParseMixture(), why)
	}
}

// A file whose name looks like a mixture is a file.
func TestAFileIsNoMixture(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a=1")
	require.True(t, IsMixture(path))
	require.NoError(t, os.WriteFile(path, []byte("text"), 0o666))
	require.False(t, IsMixture(path))
}

// mixedOrder is a small run on the world and a file.
func mixedOrder(t *testing.T, species, dir, file string) Order {
	t.Helper()
	o := small(t, species, dir)
	o.Data = Data{Corpus: "world=1," + file + "=1", MixEnd: "world=0," + file + "=1", Tokens: 3000}
	require.NoError(t, o.Settings.Set(map[string]any{"steps": 12, "save_every": 5}))
	var err error
	o.Split, err = o.Data.Load(t.Context(), Input{Tokenizer: "char"})
	require.NoError(t, err)
	o.Tokenizer, err = corpus.Train("char", o.Split.Train, 0)
	require.NoError(t, err)
	return o
}

// A run on a mixture resumes exactly, says how often it read each source, and notices a source that
// has changed.
func TestMixtureResumes(t *testing.T) {
	for _, species := range []string{"gpt", "gru", "mlp"} {
		file := filepath.Join(t.TempDir(), "book.txt")
		text := strings.Repeat("a line of a book, and another one\n", 60)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
		whole, parts := t.TempDir(), t.TempDir()
		want, err := Make(t.Context(), mixedOrder(t, species, whole, file))
		require.NoError(t, err)
		_, err = Make(t.Context(), mixedOrder(t, species, parts, file))
		require.NoError(t, err)
		require.NoError(t, os.Rename(filepath.Join(parts, previousCheckpoint),
			filepath.Join(parts, CheckpointFile)))
		o, err := Standard().Resume(t.Context(), parts, nil, nil)
		require.NoError(t, err)
		got, err := Make(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, weightsOf(want.Model), weightsOf(got.Model), species)
		require.Equal(t, want.Config.Result.Sources, got.Config.Result.Sources)
		sources := got.Config.Result.Sources
		require.Len(t, sources, 2)
		require.Equal(t, file, sources[1].Corpus)
		require.Positive(t, sources[0].Epochs)
		require.Greater(t, sources[1].Epochs, sources[0].Epochs)

		require.NoError(t, os.WriteFile(file, []byte(text+"!"), 0o666))
		_, err = Standard().Resume(t.Context(), parts, nil, nil)
		require.ErrorContains(t, err, "has changed since the model was trained")
	}
}

// The parts for validation have documents of all sources from the beginning.
func TestMixtureAlternates(t *testing.T) {
	a, b := []corpus.Document{{Text: "1"}, {Text: "2"}}, []corpus.Document{{Text: "3"}}
	require.Equal(t, []corpus.Document{{Text: "1"}, {Text: "3"}, {Text: "2"}},
		alternate([][]corpus.Document{a, b}))
}

func TestMixtureIsRefused(t *testing.T) {
	for name, why := range map[string]string{
		"ngram": "counts every text once", "bert": "cannot be trained on a mixture",
		"word2vec": "cannot be trained on a mixture",
	} {
		s, err := Standard().Find(name)
		require.NoError(t, err)
		require.ErrorContains(t, s.CheckMixture(Data{Corpus: "a=1,b=1"}), why)
	}
	file := filepath.Join(t.TempDir(), "book.txt")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("a line\n", 50)), 0o666))
	o := mixedOrder(t, "gpt", "", file)
	require.NoError(t, o.Settings.Set(map[string]any{"budget": "1s"}))
	_, err := Make(t.Context(), o)
	require.ErrorContains(t, err, "whose length does not depend on the clock")
	link := filepath.Join(t.TempDir(), "again.txt")
	require.NoError(t, os.Link(file, link))
	d := Data{Corpus: file + "=1," + link + "=1"}
	_, err = d.Load(t.Context(), Input{})
	require.ErrorContains(t, err, "are the same text; leave one out")
}
