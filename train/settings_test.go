package train

import (
	"context"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
	"lmzoo/transformer"
)

// recipes are the settings of a run one by one, and all at once.
func recipes() map[string]func(*Config) {
	each := map[string]func(*Config){
		"wsd":            func(c *Config) { c.Schedule, c.DecayShare = "wsd", 0.4 },
		"linear":         func(c *Config) { c.Schedule = "linear" },
		"constant":       func(c *Config) { c.Schedule = "constant" },
		"muon":           func(c *Config) { c.Optimizer = Muon },
		"ema":            func(c *Config) { c.Average, c.EMADecay = "ema", 0.8 },
		"tail":           func(c *Config) { c.Average, c.DecayShare = "tail", 0.7 },
		"batch growth":   func(c *Config) { c.BatchGrowth = 4 },
		"context growth": func(c *Config) { c.ContextGrowth = 4 },
	}
	all := maps.Clone(each)
	all["all"] = func(c *Config) {
		for _, name := range slices.Sorted(maps.Keys(each)) {
			each[name](c)
		}
	}
	return all
}

func recipe(change func(*Config)) Config {
	c := testConfig()
	c.Steps, c.LR, c.MinLR, c.Accumulate = 12, 1e-2, 1e-3, 2
	c.EvalEvery, c.SaveEvery = Every{}, Every{}
	change(&c)
	return c
}

// Every recipe learns, gives the same bits on any number of threads, and resumes exactly from any
// step.
func TestRecipesAreExact(t *testing.T) {
	for name, change := range recipes() {
		for _, era := range []string{"gpt", "lstm"} {
			c := recipe(change)
			if era == "lstm" {
				c.ContextGrowth = 1
			}
			build := eras(t)[era]
			straight := build()
			tr := start(t, straight, testSource(), c)
			var first, last Stats
			_, err := tr.Run(t.Context(), func(_ context.Context, _ *Trainer, e Event) error {
				if e.Stats.Step == 1 {
					first = e.Stats
				}
				last = e.Stats
				return nil
			})
			require.NoError(t, err, name)
			require.Equal(t, 12, last.Step, name)
			require.Less(t, last.Loss, first.Loss, name)
			for _, stop := range []int{1, 5, 11} {
				path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
				c.Threads = 1 + stop%3
				before := start(t, build(), testSource(), c)
				walk(t, before, stop)
				require.NoError(t, before.Save(path, nil))
				c.Threads = 3
				m := build()
				after := start(t, m, testSource(), c)
				require.NoError(t, after.Resume(path, nil), name)
				sum, err := after.Run(t.Context())
				require.NoError(t, err)
				require.Equal(t, last.Loss, sum.Loss, name)
				sameWeights(t, straight, m, name)
			}
		}
	}
}

func TestRecipesAllocateNothing(t *testing.T) {
	if nntest.Racing {
		t.Skip("the race detector allocates")
	}
	for name, change := range recipes() {
		c := recipe(change)
		c.Threads, c.Steps = 2, 100
		tr := start(t, eras(t)["gpt"](), testSource(), c)
		walk(t, tr, 70) // through the first stages of growth
		require.Zero(t, allocations(tr), name)
	}
}

// TestGrowth: the steps take 1, 2 and 4 times as many batches, each for a third of the run, and no
// batch is taken twice or left out.
func TestGrowth(t *testing.T) {
	c := testConfig()
	c.Steps, c.BatchGrowth = 12, 4
	src := &asked{cycle: testSource()}
	walk(t, start(t, newBigram(vocab, 1), src, c), 12)
	require.Len(t, src.steps, 4*1+4*2+4*4)
	for i, n := range src.steps {
		require.Equal(t, i, n)
	}
}

// TestContextGrowth: rows are cut into four, then into two, and are whole at the end; the number of
// tokens stays the same.
func TestContextGrowth(t *testing.T) {
	b := corpus.Batch{B: 2, T: 8, X: make([]int32, 16), Y: make([]int32, 16), N: 16}
	for i := range b.X {
		b.X[i], b.Y[i] = int32(i), int32(i+1)
	}
	narrow := b.Narrow(4)
	require.Equal(t, 8, narrow.B)
	require.Equal(t, 2, narrow.T)
	require.Equal(t, b.X, narrow.X)
	require.Equal(t, 16, narrow.N)
	require.NoError(t, narrow.Validate())

	for progress, want := range map[float64][2]int{
		0: {2, 4}, 0.3: {2, 4}, 0.34: {4, 2}, 0.66: {4, 2}, 0.67: {8, 1}, 1: {8, 1},
	} {
		c := Config{Accumulate: 2, BatchGrowth: 4, ContextGrowth: 4}
		batches, cut := c.take(progress)
		require.Equal(t, [2]int{2 * want[0] / 2, want[1]}, [2]int{batches, cut}, "%g", progress)
	}

	c := recipe(func(c *Config) { c.ContextGrowth = 2 })
	_, err := NewTrainer(eras(t)["lstm"](), testSource(), c)
	require.ErrorContains(t, err, "cannot be cut into shorter ones; leave it out")
}

// TestMuonOwnsHiddenMatrices: embeddings, output layers and vectors stay with AdamW.
func TestMuonOwnsHiddenMatrices(t *testing.T) {
	want := map[string]int{"gpt": 2 * (3 + 1 + 1 + 1), "lstm": 2 * 2 * 4, "gru": 2 * 2 * 3,
		"elman": 2 * 2}
	for era, blocks := range want {
		m := eras(t)[era]()
		c := recipe(func(c *Config) { c.Optimizer = Muon })
		w := denseOf(start(t, m, testSource(), c)).weights
		n := 0
		for _, lane := range w.muon.blocks {
			n += len(lane)
		}
		require.Equal(t, blocks, n, era)
		for i, p := range nn.Params(m) {
			require.Equal(t, w.v[i] == nil, w.muon.owns(i))
			if p.Vector || p.Rows == vocab {
				require.False(t, w.muon.owns(i), p.Name)
			}
		}
	}
	c := recipe(func(c *Config) { c.Optimizer = Muon })
	_, err := newMuonWeights(nil, nn.Params(newBigram(vocab, 1)), c)
	require.ErrorContains(t, err, "no matrix between hidden vectors to train; want adamw")
	_, err = NewTrainerOf(newSparse(), c)
	require.ErrorContains(t, err, "optimizer is muon, but *train.sparse makes its own steps")
}

// TestMuonWithASquareVocabulary: a vocabulary as large as a hidden vector, or as its queries, keys
// and values together, hides no matrix from Muon.
func TestMuonWithASquareVocabulary(t *testing.T) {
	for _, vocab := range []int{16, 3 * 16, 5} {
		m, err := transformer.New(transformer.Config{VocabSize: vocab, NPositions: 8, NEmbd: 16,
			NLayer: 1, NHead: 2, UntiedHead: true}, rand.New(rand.NewPCG(1, 1)))
		require.NoError(t, err)
		w, err := newMuonWeights(m, nn.Params(m), testConfig())
		require.NoError(t, err)
		var owned []string
		for i, p := range nn.Params(m) {
			if w.owns(i) {
				owned = append(owned, p.Name)
			}
		}
		require.Equal(t, []string{"h.0.attn.c_attn.weight", "h.0.attn.c_proj.weight",
			"h.0.mlp.c_fc.weight", "h.0.mlp.c_proj.weight"}, owned)
	}
}

// TestAverageIsWhatIsKept: validation, the best weights and the final model use the average, and
// training goes on from the last weights.
func TestAverageIsWhatIsKept(t *testing.T) {
	c := testConfig()
	c.Steps, c.Average, c.DecayShare, c.EvalEvery = 10, "tail", 0.5, Every{Steps: 5}
	var sum []float64 // of a weight over the second half
	m := newBigram(vocab, 1)
	plain := newBigram(vocab, 1)
	p := c
	p.Average = ""
	_, err := Run(t.Context(), plain, testSource(), p,
		func(_ context.Context, _ *Trainer, e Event) error {
			if e.Kind == Stepped && e.Stats.Step >= 5 {
				sum = append(sum, float64(plain.W.Data[0]))
			}
			return nil
		})
	require.NoError(t, err)
	mean := 0.0
	for _, x := range sum {
		mean += x / float64(len(sum))
	}
	var keeper Keeper
	var validated []float64
	_, err = Run(t.Context(), m, testSource(), c, keeper.Observe,
		Validate(func(context.Context) (float64, error) {
			validated = append(validated, float64(m.W.Data[0]))
			return -float64(len(validated)), nil
		}))
	require.NoError(t, err)
	require.InDelta(t, mean, validated[1], 1e-6)
	require.InDelta(t, mean, m.W.Data[0], 1e-6)
	m.W.Data[0] = 99
	require.True(t, keeper.Restore(m))
	require.InDelta(t, mean, m.W.Data[0], 1e-6)
}
