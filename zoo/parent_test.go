package zoo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/nn"
	"lmzoo/train"
)

// small returns an order of a tiny model of a species, trained for a few steps on a small file.
func small(t *testing.T, species string, dir string) Order {
	t.Helper()
	s, err := Standard().Find(species)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "text.txt")
	text := strings.Repeat("the cat saw the dog and the dog saw the cat\n", 40)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	data := Data{Corpus: file}
	split, err := data.Load(t.Context(), Input{})
	require.NoError(t, err)
	tok, err := corpus.Train("char", split.Train, 0)
	require.NoError(t, err)
	width := "n_embd"
	if species == "llama" {
		width = "hidden_size"
	}
	settings, err := s.SettingsWith("tiny", map[string]any{
		"steps": 6, "batch": 4, "eval_every": 3, "save_every": 2, width: 16,
	})
	require.NoError(t, err)
	for _, window := range []string{"n_positions", "max_position_embeddings"} {
		if intField(settings.Model, window) != nil {
			require.NoError(t, settings.Set(map[string]any{"context": 16}))
			require.Equal(t, 16, *intField(settings.Model, window))
		}
	}
	return Order{
		Species: s, Size: "tiny", Settings: settings, Data: data, Split: split, Tokenizer: tok,
		Seed: 1, Threads: 2, Dir: dir,
	}
}

func weightsOf(m any) map[string][]float32 {
	all := map[string][]float32{}
	for _, p := range nn.Params(m) {
		all[p.Name] = append([]float32(nil), p.Data...)
	}
	return all
}

// TestChildStartsFromParent: a child with a longer vocabulary, a learning rate near 0 and one
// frozen layer starts from the weights of its parent.
func TestChildStartsFromParent(t *testing.T) {
	dir := t.TempDir()
	parent, err := Make(t.Context(), small(t, "gpt", filepath.Join(dir, "parent")))
	require.NoError(t, err)
	o := small(t, "gpt", filepath.Join(dir, "child"))
	o.Tokenizer, err = corpus.WithSpecials(o.Tokenizer, "[MASK]", "[SEP]")
	require.NoError(t, err)
	o.Settings = parent.Settings.Clone()
	o.Settings.Train.LR, o.Settings.Train.MinLR, o.Settings.Train.Warmup = 1e-12, 0, 0
	o.Origin = &Origin{Run: parent, Stage: "continued", Frozen: []string{"h.0.*", "wpe.weight"}}
	child, err := Make(t.Context(), o)
	require.NoError(t, err)
	require.NotEqual(t, parent.Settings.Train.LR, child.Settings.Train.LR, "not shared")

	was, is := weightsOf(parent.Model), weightsOf(child.Model)
	old := parent.Tokenizer.Vocab() * 16
	require.Len(t, is["wte.weight"], old+2*16)
	require.InDeltaSlice(t, was["wte.weight"], is["wte.weight"][:old], 1e-6)
	require.NotZero(t, is["wte.weight"][old], "a new token starts as one of a new model does")
	for name := range was {
		if name != "wte.weight" {
			require.InDeltaSlice(t, was[name], is[name], 1e-6, name)
		}
	}
	require.Equal(t, was["h.0.mlp.c_fc.weight"], is["h.0.mlp.c_fc.weight"], "frozen, to the bit")

	again, err := Standard().Open(child.Dir)
	require.NoError(t, err)
	require.Equal(t, "continued", again.Config.Parent.Stage)
	lineage := Standard().Lineage(again.Config)
	require.Len(t, lineage, 1)
	require.Equal(t, "gpt", lineage[0].Species)
	require.False(t, lineage[0].Changed)

	require.NoError(t, os.WriteFile(filepath.Join(parent.Dir, MetricsFile), nil, 0o666))
	require.False(t, Standard().Lineage(again.Config)[0].Changed, "by its metrics")
	o2 := small(t, "gpt", parent.Dir)
	o2.Seed, o2.Overwrite = 2, true
	_, err = Make(t.Context(), o2)
	require.NoError(t, err)
	require.True(t, Standard().Lineage(again.Config)[0].Changed)
	require.NoError(t, os.RemoveAll(parent.Dir))
	require.Empty(t, Standard().Lineage(again.Config)[0].Species)
	_, err = Standard().Open(child.Dir)
	require.NoError(t, err, "a child does not need its parent to be opened")
}

// TestChildResumes: a stopped run with a parent and frozen parameters resumes to the same bits.
func TestChildResumes(t *testing.T) {
	dir := t.TempDir()
	parent, err := Make(t.Context(), small(t, "lstm", filepath.Join(dir, "parent")))
	require.NoError(t, err)
	from := &Origin{Run: parent, Stage: "continued", Frozen: []string{"encoder.weight"}}
	o := small(t, "lstm", filepath.Join(dir, "whole"))
	o.Origin = from
	whole, err := Make(t.Context(), o)
	require.NoError(t, err)

	for _, stop := range []int{1, 5} { // before the first checkpoint is due, and after it
		o = small(t, "lstm", filepath.Join(dir, "stopped"))
		o.Origin, o.Overwrite = from, true
		ctx, cancel := context.WithCancel(t.Context())
		_, err = Make(ctx, o, func(_ context.Context, _ *train.Trainer, e train.Event) error {
			if e.Stats.Step == stop {
				cancel()
			}
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		if stop == 1 { // as if it had been killed before saving
			require.NoError(t, os.Remove(filepath.Join(o.Dir, CheckpointFile)))
		}
		again, err := Standard().Resume(t.Context(), o.Dir, nil, nil)
		require.NoError(t, err)
		again.Threads = 1
		resumed, err := Make(t.Context(), again)
		require.NoError(t, err)
		require.Equal(t, weightsOf(whole.Model), weightsOf(resumed.Model), "stopped after %d", stop)
		const frozen = "encoder.weight"
		require.Equal(t, weightsOf(parent.Model)[frozen], weightsOf(resumed.Model)[frozen])
		require.Equal(t, whole.Config.Parent, resumed.Config.Parent)
	}
}

// TestAnyParameterFreezes: with any one parameter of any model frozen, the other parameters still
// train.
func TestAnyParameterFreezes(t *testing.T) {
	for _, s := range Standard() {
		if !s.IsNeural() || !s.Causal() {
			continue
		}
		parent, err := Make(t.Context(), small(t, s.Name, filepath.Join(t.TempDir(), "parent")))
		require.NoError(t, err)
		was := weightsOf(parent.Model)
		for name := range was {
			o := small(t, s.Name, "")
			o.Origin = &Origin{Run: parent, Frozen: []string{name}}
			o.Settings.Train.Steps = 2
			child, err := Make(t.Context(), o)
			require.NoError(t, err)
			for _, p := range nn.Params(child.Model) {
				switch {
				case p.Name == name:
					require.Nil(t, p.Grad)
					require.Equal(t, was[name], p.Data, "%s: %s", s.Name, name)
				case p.Grad != nil: // parameters that a species counts have no gradient
					require.NotEqual(t, was[p.Name], p.Data,
						"%s: %s while %s is frozen", s.Name, p.Name, name)
				}
			}
		}
	}
}

func TestParentsThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	parent, err := Make(t.Context(), small(t, "gru", filepath.Join(dir, "parent")))
	require.NoError(t, err)
	refused := func(want string, change func(*Order)) {
		t.Helper()
		o := small(t, "gru", filepath.Join(dir, "child"))
		o.Origin = &Origin{Run: parent}
		change(&o)
		_, err := Make(t.Context(), o)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
		require.NoDirExists(t, o.Dir)
	}
	refused("its tokenizer", func(o *Order) { o.Tokenizer = byteTokenizer(t) })
	refused("has shape", func(o *Order) {
		require.NoError(t, o.Settings.Set(map[string]any{"hidden": 7}))
	})
	refused("no parameter of this model", func(o *Order) {
		*o = withOrigin(small(t, "gpt", o.Dir), parent)
	})
	refused("no parameter matches x.*", func(o *Order) { o.Origin.Frozen = []string{"x.*"} })
	refused("want at least one to train", func(o *Order) { o.Origin.Frozen = []string{"*"} })
	refused("is missing", func(o *Order) { o.Origin.Prefix = "encoder." })
}

func withOrigin(o Order, parent *Run) Order {
	o.Origin = &Origin{Run: parent}
	return o
}

// TestChildReplacesNoParent: a run cannot overwrite its own parent.
func TestChildReplacesNoParent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	parent, err := Make(t.Context(), small(t, "gpt", dir))
	require.NoError(t, err)
	o := small(t, "gpt", dir)
	o.Overwrite, o.Origin = true, &Origin{Run: parent, Stage: "continued"}
	_, err = Make(t.Context(), o)
	require.ErrorContains(t, err, "the new run is made from it")
	_, err = Standard().Open(dir)
	require.NoError(t, err)
}
