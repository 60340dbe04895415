package train

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// flopsConfig spends the operations of ten steps of the GPT of eras, validated five times.
func flopsConfig(t *testing.T) Config {
	c := testConfig()
	gpt := eras(t)["gpt"]().(Shaped)
	c.Steps, c.Warmup, c.Flops = 0, 0, 10*6*8*gpt.Shape(8).FLOPs
	c.EvalEvery, c.SaveEvery = Every{Share: 0.2}, Every{}
	return c
}

// A budget in operations fixes the number of steps, independently of the clock.
func TestFlopsAreSteps(t *testing.T) {
	c := flopsConfig(t)
	var rates []float64
	for _, second := range []time.Duration{time.Millisecond, time.Hour} {
		m := eras(t)["gpt"]()
		tr := start(t, m, testSource(), c)
		tr.Clock = ticking(second)
		var now []float64
		sum, err := tr.Run(t.Context(), func(_ context.Context, tr *Trainer, e Event) error {
			if e.Kind == Stepped {
				now = append(now, e.Stats.LR)
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 10, sum.Step)
		require.Equal(t, c.Flops, sum.FLOPs)
		require.Equal(t, 1.0, tr.Progress())
		if rates != nil {
			require.Equal(t, rates, now)
		}
		rates = now
	}
	require.Equal(t, c.LR, rates[0])
	require.Less(t, rates[9], c.LR/4)
}

// A run that is stopped at any step, even during a validation, ends with the same bits and is
// validated at the same steps.
func TestFlopsResume(t *testing.T) {
	c := flopsConfig(t)
	straight := eras(t)["gpt"]()
	var at []int
	validate := func(stop int, cancel context.CancelFunc) Observer {
		return Validate(func(ctx context.Context) (float64, error) {
			if cancel != nil && at[len(at)-1] == stop {
				cancel()
				return 0, ctx.Err()
			}
			return 1, nil
		})
	}
	note := func(_ context.Context, tr *Trainer, e Event) error {
		at = append(at, tr.stats.Step)
		return nil
	}
	_, err := Run(t.Context(), straight, testSource(), c, note, validate(-1, nil))
	require.NoError(t, err)
	for _, stop := range []int{2, 4, 8} {
		path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Run(ctx, eras(t)["gpt"](), testSource(), c, note, validate(stop, cancel),
			Checkpoint(path, nil))
		require.ErrorIs(t, err, context.Canceled)
		m := eras(t)["gpt"]()
		tr := start(t, m, testSource(), c)
		require.NoError(t, tr.Resume(path, nil))
		require.Equal(t, stop, tr.Stats().Step)
		var validated []int
		_, err = tr.Run(t.Context(), Validate(func(context.Context) (float64, error) {
			validated = append(validated, tr.Stats().Step)
			return 1, nil
		}))
		require.NoError(t, err)
		var want []int
		for step := stop; step <= 10; step += 2 {
			want = append(want, step)
		}
		require.Equal(t, want, validated)
		sameWeights(t, straight, m, "resumed")
	}
}

func TestFlopsNeedACost(t *testing.T) {
	c := testConfig()
	c.Steps, c.Flops = 0, 1e6
	_, err := NewTrainer(newBigram(vocab, 1), testSource(), c)
	require.ErrorContains(t, err, "operations of *train.bigram are not known; use steps")
	c.Steps = 3
	require.ErrorContains(t, c.Check(), "with steps 3 and budget 0s; want only one of the three")
}

func TestEveryShare(t *testing.T) {
	var e Every
	require.NoError(t, e.Set("12.5%"))
	require.Equal(t, Every{Share: 0.125}, e)
	data, err := e.MarshalJSON()
	require.NoError(t, err)
	var back Every
	require.NoError(t, back.UnmarshalJSON(data))
	require.Equal(t, e, back)
	for _, bad := range []string{"0%", "101%", "-1%", "%", "NaN%"} {
		require.ErrorContains(t, e.Set(bad), "is not an interval", bad)
	}
	c := testConfig()
	c.Steps, c.EvalEvery = 10, Every{Share: 0.1}
	n := 0
	_, err = Run(t.Context(), newBigram(vocab, 1), testSource(), c,
		Validate(func(context.Context) (float64, error) { n++; return 1, nil }))
	require.NoError(t, err)
	require.Equal(t, 10, n)
}
