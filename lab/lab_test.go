package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus/world"
	"lmzoo/eval"
	"lmzoo/task"
)

func quickEnv(t testing.TB, dir string) *Env {
	t.Helper()
	return &Env{Seeds: []uint64{1}, Threads: 2, Scale: Quick, Store: NewStore(dir)}
}

// TestExperiments checks that every experiment states its claim, describes its measures and has a
// unique name.
func TestExperiments(t *testing.T) {
	seen := map[string]bool{}
	year := 0
	for _, e := range All() {
		require.NotEmpty(t, e.Claim, e.Name)
		require.NotEmpty(t, e.Paper, e.Name)
		require.NotEmpty(t, e.Measures, e.Name)
		require.NotNil(t, e.Run, e.Name)
		require.False(t, seen[e.Name], e.Name)
		require.GreaterOrEqual(t, e.Year, year, "in historical order")
		seen[e.Name], year = true, e.Year
		found, err := Find(e.Name)
		require.NoError(t, err)
		require.Equal(t, e.Claim, found.Claim)
	}
	_, err := Find("lables")
	require.ErrorContains(t, err, `unknown experiment "lables"; did you mean "labels"?`)
	_, err = Find("zzz")
	require.ErrorContains(t, err, "want one of: labels senses transfer objectives")
}

// TestEach checks that all jobs run, on any number of threads, and that the first error stops the
// others.
func TestEach(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		env := &Env{Threads: threads}
		done := make([]int, 20)
		require.NoError(t, each(t.Context(), env, len(done), func(_ context.Context, i int) error {
			done[i]++
			return nil
		}))
		for _, n := range done {
			require.Equal(t, 1, n)
		}
		broken := errors.New("broken")
		require.ErrorIs(t, each(t.Context(), env, 20, func(_ context.Context, i int) error {
			if i == 3 {
				return broken
			}
			return nil
		}), broken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := each(ctx, &Env{Threads: 2}, 5, func(context.Context, int) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
}

// TestStore checks that a model is trained once per fingerprint, found again by another process,
// and trained again for other settings or another seed.
func TestStore(t *testing.T) {
	dir := t.TempDir()
	small := func(seed uint64, width int) Pretraining {
		p := pretrainedReviews("word2vec", seed, 1, map[string]any{"steps": 3, "n_embd": width})
		p.Tokens = 3000
		return p
	}
	env := quickEnv(t, dir)
	first, err := env.Store.Pretrained(t.Context(), env, small(1, 4))
	require.NoError(t, err)
	again, err := env.Store.Pretrained(t.Context(), env, small(1, 4))
	require.NoError(t, err)
	require.Same(t, first, again)
	other := quickEnv(t, dir)
	opened, err := other.Store.Pretrained(t.Context(), other, small(1, 4))
	require.NoError(t, err)
	require.Equal(t, first.Dir, opened.Dir)
	require.Equal(t, first.Config.Result, opened.Config.Result, "opened, not trained")
	for _, p := range []Pretraining{small(2, 4), small(1, 5)} {
		r, err := env.Store.Pretrained(t.Context(), env, p)
		require.NoError(t, err)
		require.NotEqual(t, first.Dir, r.Dir)
	}

	require.NoError(t, os.Remove(filepath.Join(first.Dir, "config.json")))
	require.NoError(t, os.WriteFile(filepath.Join(first.Dir, "tokenizer.json"), []byte("{"), 0o666))
	third := quickEnv(t, dir)
	healed, err := third.Store.Pretrained(t.Context(), third, small(1, 4))
	require.NoError(t, err, "what a killed process left is replaced")
	require.Equal(t, first.Dir, healed.Dir)
}

// TestContender checks that a contender gets the same accuracy whatever else runs, starts from
// pre-trained or random weights as specified, and does not change the pre-trained weights.
func TestContender(t *testing.T) {
	env := quickEnv(t, "")
	p := pretrainedReviews("gpt", 1, 1, map[string]any{"steps": 2, "n_embd": 8, "n_layer": 1})
	p.Tokens = 3000
	r, err := env.Store.Pretrained(t.Context(), env, p)
	require.NoError(t, err)
	w := task.NewWorld(1, 100, 20, 20)
	before := fmt.Sprint(r.Model)
	short := func(int) recipe { return recipe{steps: 3, head: 1e-2, body: 1e-3} }
	all := []contender{
		{name: "tuned", run: r, pool: task.Mean, recipe: short},
		{name: "random", run: r, random: true, pool: task.Mean, recipe: short},
		{name: "frozen", run: r, frozen: true, pool: task.Mean, recipe: short},
	}
	one, err := fits(t.Context(), &Env{Threads: 1}, all, w, w.Test, 10, 2, 1)
	require.NoError(t, err)
	two, err := fits(t.Context(), &Env{Threads: 2}, all, w, w.Test, 10, 2, 1)
	require.NoError(t, err)
	require.Equal(t, one, two)
	require.Equal(t, before, fmt.Sprint(r.Model))

	same, err := all[0].body(1)
	require.NoError(t, err)
	require.NotSame(t, r.Model, same)
	tokens := all[0].inputs(w.Test)[0].Tokens
	pre, err := r.Encoder()
	require.NoError(t, err)
	random, err := all[1].body(1)
	require.NoError(t, err)
	require.Equal(t, task.Vectors(pre, tokens), task.Vectors(same, tokens))
	require.NotEqual(t, task.Vectors(pre, tokens), task.Vectors(random, tokens))
}

// TestLabelsVerdict checks that the verdict on labels fails if any one of its conditions does.
func TestLabelsVerdict(t *testing.T) {
	make := func(change func(acc scores)) bool {
		acc := scores{of: map[string]map[int][]float64{}}
		set := func(name string, at50, at1000 float64) {
			acc.of[name] = map[int][]float64{
				50: {at50, at50 + .01, at50}, 1000: {at1000, at1000, at1000},
			}
		}
		for _, name := range tested {
			set(name, .90, .96)
			set(name+" from scratch", .60, .80)
		}
		for _, name := range bagsOfWords {
			set(name, .6, .8)
		}
		if change != nil {
			change(acc)
		}
		return labelsVerdict(1, .975, acc).Held
	}
	require.True(t, make(nil))
	for _, name := range tested {
		require.False(t, make(func(a scores) { a.of[name][1000] = []float64{.94, .94, .94} }))
		require.False(t, make(func(a scores) { a.of[name][50] = []float64{.55, .9, .58} }))
	}
	require.False(t, make(func(a scores) {
		a.of["naive Bayes"][1000] = []float64{.965, .965, .965}
	}))
}

func TestSensesVerdict(t *testing.T) {
	base := func() map[string]float64 {
		m := map[string]float64{"GPT-1_left": 1, "GPT-1_right": .5}
		for _, side := range world.Sides() {
			m["word2vec_"+string(side)], m["BERT_"+string(side)] = .5, .99
			m["BERT_random_"+string(side)] = .6
		}
		return m
	}
	require.True(t, sensesVerdict(1, base()).Held)
	for name, x := range map[string]float64{
		"GPT-1_left": .9, "GPT-1_right": .7, "word2vec_left": .7, "BERT_right": .9,
		"BERT_random_both": .9,
	} {
		m := base()
		m[name] = x
		require.False(t, sensesVerdict(1, m).Held, name)
	}
}

// TestSampleOfLabels repeats some of the committed measurements, of the classifiers that need no
// pre-training.
func TestSampleOfLabels(t *testing.T) {
	data, err := os.ReadFile("../docs/lab/labels.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("docs/lab/labels.json does not exist; make lab writes it")
	}
	require.NoError(t, err)
	var res Result
	require.NoError(t, json.Unmarshal(data, &res))
	rows := map[string][]string{}
	for _, row := range res.Tables[0].Rows {
		if row[0] == "1" {
			rows[row[1]] = row[2:]
		}
	}
	w, test := reviewTask(1, world.Test)
	for _, b := range bags[1:4] { // the n-grams take longer
		var acc []float64
		for d := range 5 {
			drawn, err := w.Train.Draw(50, drawSeed(1, d))
			require.NoError(t, err)
			a, err := bagAccuracy(b.train, drawn, test)
			require.NoError(t, err)
			acc = append(acc, a)
		}
		require.Equal(t, rows[b.name][1], meanText(acc), b.name)
	}
	limit, err := task.Evaluate(w.Limit(), test, 1)
	require.NoError(t, err)
	require.InDelta(t, res.Seeds[0].Measures["limit"], limit.Accuracy, 1e-12)
	m, _, _ := eval.Mean([]float64{limit.Accuracy})
	require.Equal(t, fmt.Sprintf("%.3f", m), rows["the limit"][1])
}
