package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/nn"
)

// hardConfig has every feature that a resumed run could get wrong.
func hardConfig() Config {
	c := testConfig()
	c.Accumulate, c.Steps, c.Threads = 2, 10, 1
	c.SaveEvery, c.EvalEvery = Every{Steps: 5}, Every{Steps: 2}
	return c
}

func hardModel() *bigram {
	m := newBigram(vocab, 1)
	m.dropout = 0.4
	return m
}

// TestResumeIsExact: ten steps equal five steps, a checkpoint, and five more steps in another
// process with another number of threads.
func TestResumeIsExact(t *testing.T) {
	c := hardConfig()
	straight := hardModel()
	a := start(t, straight, testSource(), c)
	a.Clock = ticking(time.Second)
	want := walk(t, a, 10)

	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	b := start(t, hardModel(), testSource(), c)
	b.Clock = ticking(time.Second)
	walk(t, b, 5)
	require.NoError(t, b.Validated(t.Context(), 1.25))
	require.NoError(t, b.Save(path, map[string]string{"data": "abc"}))

	c.Threads = 3
	other := newBigram(vocab, 99)
	other.dropout = 0.4
	r := start(t, other, testSource(), c)
	r.Clock = ticking(time.Second)
	require.NoError(t, r.Resume(path, map[string]string{"data": "abc"}))
	require.Equal(t, b.Stats(), r.Stats())
	require.Equal(t, Best{Nats: 1.25, Step: 5}, r.Best())
	got := walk(t, r, 5)
	require.Equal(t, want, got)
	sameWeights(t, straight, other, "resumed")
	for i := range denseOf(a).pieces {
		require.Equal(t, denseOf(a).pieces[i].carry(), denseOf(r).pieces[i].carry(),
			"the memory of piece %d", i)
		require.NotNil(t, denseOf(a).pieces[i].carry())
	}
}

// TestCarryMatters: the test above would not notice a lost memory if the model did not use its
// memory.
func TestCarryMatters(t *testing.T) {
	c := hardConfig()
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	a := start(t, hardModel(), testSource(), c)
	walk(t, a, 5)
	require.NoError(t, a.Save(path, nil))
	r := start(t, hardModel(), testSource(), c)
	require.NoError(t, r.Resume(path, nil))
	for _, p := range denseOf(r).pieces {
		p.setCarry(nil)
	}
	require.NotEqual(t, walk(t, a, 1).Loss, walk(t, r, 1).Loss)
}

// TestInterruptedRun: a run that is interrupted and resumed ends where an uninterrupted run would
// have.
func TestInterruptedRun(t *testing.T) {
	c := hardConfig()
	straight := hardModel()
	measure := func(m *bigram) Observer {
		return Validate(func(context.Context) (float64, error) { return float64(m.B.Data[0]), nil })
	}
	want, err := Run(t.Context(), straight, testSource(), c, measure(straight))
	require.NoError(t, err)

	for stop := range 10 {
		path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
		ctx, cancel := context.WithCancel(t.Context())
		sum, err := Run(ctx, hardModel(), testSource(), c,
			func(_ context.Context, _ *Trainer, e Event) error {
				if e.Stats.Step == stop {
					cancel()
				}
				return nil
			}, Checkpoint(path, nil))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, fmt.Sprintf("stopped after step %d of 10", stop))
		require.Equal(t, stop, sum.Step)

		m := hardModel()
		tr := start(t, m, testSource(), c)
		require.NoError(t, tr.Resume(path, nil))
		_, err = tr.Run(t.Context(), measure(m), Checkpoint(path, nil))
		require.NoError(t, err)
		sameWeights(t, straight, m, fmt.Sprint("interrupted after ", stop))
	}
	require.NotZero(t, want.BestStep)
}

// TestCancelledValidationIsMadeUpFor: the best model is the same as without the interruption.
func TestCancelledValidationIsMadeUpFor(t *testing.T) {
	c := hardConfig()
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, hardModel(), testSource(), c,
		Validate(func(ctx context.Context) (float64, error) {
			cancel()
			return 0, ctx.Err()
		}), Checkpoint(path, nil))
	require.ErrorIs(t, err, context.Canceled)
	tr := start(t, hardModel(), testSource(), c)
	require.NoError(t, tr.Resume(path, nil))
	var at []int
	_, err = tr.Run(t.Context(), Validate(func(context.Context) (float64, error) {
		at = append(at, tr.Stats().Step)
		return 1, nil
	}))
	require.NoError(t, err)
	require.Equal(t, []int{2, 4, 6, 8, 10}, at)
}

// TestKilledRun checks that a killed process leaves the checkpoints of the last two intervals.
func TestKilledRun(t *testing.T) {
	c := hardConfig()
	c.SaveEvery, c.Steps = Every{Steps: 3}, 100
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	func() {
		defer func() { require.Equal(t, "killed", recover()) }()
		_, _ = Run(t.Context(), hardModel(), testSource(), c, Checkpoint(path, nil),
			func(_ context.Context, _ *Trainer, e Event) error {
				if e.Stats.Step == 8 {
					panic("killed")
				}
				return nil
			})
	}()
	for file, step := range map[string]int{path: 6, PreviousPath(path): 3} {
		tr := start(t, hardModel(), testSource(), c)
		require.NoError(t, tr.Resume(file, nil))
		require.Equal(t, step, tr.Stats().Step)
	}
	require.NoError(t, os.Remove(path)) // killed between two renames
	tr := start(t, hardModel(), testSource(), c)
	require.NoError(t, tr.Resume(path, nil))
	require.Equal(t, 3, tr.Stats().Step)
}

// TestDivergedRunKeepsTheCheckpoint checks that a diverged state is not saved.
func TestDivergedRunKeepsTheCheckpoint(t *testing.T) {
	c := hardConfig()
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	m := hardModel()
	nan := float32(0)
	nan /= nan
	_, err := Run(t.Context(), m, testSource(), c, Checkpoint(path, nil),
		func(_ context.Context, _ *Trainer, e Event) error {
			if e.Kind == Stepped && e.Stats.Step == 7 {
				m.B.Data[0] = nan
			}
			return nil
		})
	require.ErrorIs(t, err, ErrDiverged)
	tr := start(t, hardModel(), testSource(), c)
	require.NoError(t, tr.Resume(path, nil))
	require.Equal(t, 5, tr.Stats().Step)
	m.B.Data[0] = nan
	bad := start(t, m, testSource(), c)
	require.ErrorIs(t, bad.Save(path, nil), ErrDiverged)
	require.NoError(t, tr.Resume(path, nil))
}

// TestDamage: a file with a flipped bit or a cut end is not accepted as a checkpoint, and the
// attempt does not change the trainer.
func TestDamage(t *testing.T) {
	c := testConfig()
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	m := newBigram(3, 1)
	src := cycle{B: 6, T: 8, V: 3}
	a := start(t, m, src, c)
	walk(t, a, 2)
	require.NoError(t, a.Save(path, map[string]string{"data": "abc"}))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)

	r := start(t, newBigram(3, 2), src, c)
	before := append([]float32(nil), r.params[0].Data...)
	refuse := func(data []byte, how string, at int) {
		require.NoError(t, os.WriteFile(path, data, 0o644))
		err := r.Resume(path, map[string]string{"data": "abc"})
		require.Error(t, err, "%s at byte %d", how, at)
		require.ErrorContains(t, err, path)
		require.NotContains(t, err.Error(), "\n")
		require.Equal(t, Stats{}, r.stats)
		require.Equal(t, before, r.params[0].Data)
	}
	for i := range whole {
		if i%3 == 0 {
			refuse(whole[:i], "cut", i)
		}
		if i%2 == 1 && i < len(whole)-32 || whole[i] == ' ' {
			// every other byte is enough; between JSON tokens, a space may become a line break
			// without any effect
			continue
		}
		flipped := append([]byte(nil), whole...)
		flipped[i] ^= 1 << (i % 8)
		refuse(flipped, "flipped", i)
	}
	require.NoError(t, os.WriteFile(path, whole, 0o644))
	require.NoError(t, r.Resume(path, map[string]string{"data": "abc"}))
}

func TestAnothersCheckpoint(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "checkpoint.safetensors")
	c := testConfig()
	a := start(t, newBigram(vocab, 1), testSource(), c)
	walk(t, a, 2)
	require.NoError(t, a.Save(path, map[string]string{"data": "abc"}))

	refuse := func(want string, l learner, facts map[string]string, change func(*Config)) {
		t.Helper()
		c := testConfig()
		change(&c)
		tr := start(t, l, testSource(), c)
		err := tr.Resume(path, facts)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, path)
	}
	nothing := func(*Config) {}
	refuse("parameter model.bigram.weight has shape [9 9]; want [10 10]", newBigram(10, 1), nil,
		nothing)
	refuse("bigram.weight is unknown", &line{W: newBigram(2, 1).U, B: newBigram(2, 1).B}, nil,
		nothing)
	refuse("model.extra is missing", &more{Base: newBigram(vocab, 1), Extra: newBigram(2, 1).U},
		nil, nothing)
	refuse(`data was "abc" when the checkpoint was saved; now it is "abd"`, newBigram(vocab, 1),
		map[string]string{"data": "abd"}, nothing)
	refuse("batch was 6 when the checkpoint was saved; now it is 12", newBigram(vocab, 1), nil,
		func(c *Config) { c.Batch = 12 })
	refuse("seed was 1", newBigram(vocab, 1), nil, func(c *Config) { c.Seed = 2 })
	refuse("pieces was 4", newBigram(vocab, 1), nil, func(c *Config) { c.Pieces = 2 })
	refuse("weight_decay was 0.1", newBigram(vocab, 1), nil, func(c *Config) { c.WeightDecay = 0 })

	longer := testConfig()
	longer.Steps, longer.LR, longer.Threads = 1000, 0.01, 2
	tr := start(t, newBigram(vocab, 1), testSource(), longer)
	require.NoError(t, tr.Resume(path, nil), "longer, slower, with more threads")

	model := filepath.Join(dir, "model.safetensors")
	require.NoError(t, SaveParams(model, newBigram(vocab, 1), nil))
	require.ErrorContains(t, tr.Resume(model, nil), "this is not a checkpoint")
	require.ErrorContains(t, tr.Resume(filepath.Join(dir, "nowhere"), nil), "nowhere")
	require.ErrorContains(t, tr.Resume(dir, nil), "not a regular file")
}

type more struct {
	Base  *bigram          `param:""`
	Extra *autograd.Tensor `param:"extra"`
}

func (m *more) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor { return m.Base.Loss(t, b) }

// TestPreviousIsNamed: if the newest checkpoint is broken, the error names the previous checkpoint.
func TestPreviousIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	tr := start(t, newBigram(vocab, 1), testSource(), testConfig())
	require.NoError(t, tr.Save(path, nil))
	require.NoError(t, tr.Save(path, nil))
	require.NoError(t, os.WriteFile(path, []byte("oops"), 0o644))
	err := tr.Resume(path, nil)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "checkpoint.previous.safetensors")
	require.NoError(t, tr.Resume(PreviousPath(path), nil))
}

func TestUnwritableCheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone", "checkpoint.safetensors")
	c := hardConfig()
	sum, err := Run(t.Context(), hardModel(), testSource(), c, Checkpoint(path, nil))
	require.ErrorContains(t, err, "cannot write "+path)
	require.Equal(t, 1, strings.Count(err.Error(), path), "said once")
	require.Equal(t, 5, sum.Step)
}

func TestParamsOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	m := newBigram(vocab, 1)
	require.NoError(t, SaveParams(path, m, map[string]string{"model": "bigram"}))
	_, f, err := open(path)
	require.NoError(t, err)
	shapes := map[string][]int{}
	for _, info := range f.Tensors {
		shapes[info.Name] = info.Shape
	}
	require.Equal(t, map[string][]int{"bigram.weight": {9, 9}, "memory.weight": {1, 9},
		"bias": {9}}, shapes)

	twin := newBigram(vocab, 2)
	metadata, err := LoadParams(path, twin)
	require.NoError(t, err)
	require.Equal(t, "bigram", metadata["model"])
	sameWeights(t, m, twin, "loaded")
	metadata, err = ReadMetadata(path)
	require.NoError(t, err)
	require.Equal(t, "bigram", metadata["model"])

	small := newBigram(5, 3)
	before := append([]float32(nil), nn.Params(small)[0].Data...)
	_, err = LoadParams(path, small)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "parameter bigram.weight has shape [9 9]; want [5 5]")
	require.Equal(t, before, small.W.Data)
	_, err = LoadParams(filepath.Join(path, "no"), small)
	require.Error(t, err)

	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[len(data)-1] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o644))
	_, err = LoadParams(path, twin)
	require.ErrorContains(t, err, path+" is damaged")
}

// TestChecksumCoversEverything: contents that differ anywhere have different checksums.
func TestChecksumCoversEverything(t *testing.T) {
	type tensor struct {
		name  string
		shape []int
		data  []float32
	}
	sum := func(metadata map[string]string, tensors ...tensor) string {
		c := newChecksum(metadata)
		for _, x := range tensors {
			c.add(x.name, x.shape, x.data)
		}
		return c.hex()
	}
	one, two := []float32{1, 2}, []float32{2, 1}
	seen := map[string]bool{}
	for i, s := range []string{
		sum(nil), sum(map[string]string{"a": "bc"}), sum(map[string]string{"ab": "c"}),
		sum(map[string]string{"a": "b", "c": ""}),
		sum(nil, tensor{"a", []int{2}, one}), sum(nil, tensor{"b", []int{2}, one}), sum(nil,
			tensor{"a", []int{2}, two}),
		sum(nil, tensor{"a", []int{2, 1}, one}), sum(nil, tensor{"a", []int{1, 2}, one}),
		sum(nil, tensor{"a", []int{2}, one}, tensor{"b", []int{2}, two}), sum(nil,
			tensor{"b", []int{2}, one}, tensor{"a", []int{2}, two}),
	} {
		require.False(t, seen[s], "number %d", i)
		seen[s] = true
	}
	require.Equal(t, sum(nil), sum(map[string]string{checksumKey: "itself"}))
}

func TestSaveBest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	c := hardConfig()
	m := hardModel()
	curve := []float64{3, 2, 2.5, 2.2, 2.1}
	var best []float32
	n := 0
	_, err := Run(t.Context(), m, testSource(), c,
		SaveBest(path, map[string]string{"model": "bigram"}),
		Validate(func(context.Context) (float64, error) {
			if n++; n == 2 {
				best = append(best, m.W.Data...)
			}
			return curve[n-1], nil
		}))
	require.NoError(t, err)
	metadata, err := LoadParams(path, m)
	require.NoError(t, err)
	require.Equal(t, best, m.W.Data)
	require.Equal(t, "4", metadata["step"])
	require.Equal(t, "2", metadata["valid"])
	require.Equal(t, "bigram", metadata["model"])
}
