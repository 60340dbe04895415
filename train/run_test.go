package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ticking is a clock that advances by d at every call, so that every step takes that long.
func ticking(d time.Duration) func() time.Time {
	now := time.Unix(0, 0)
	return func() time.Time { now = now.Add(d); return now }
}

func TestRunSteps(t *testing.T) {
	c := testConfig()
	c.Steps = 12
	var events []string
	sum, err := Run(t.Context(), newBigram(vocab, 1), testSource(), c,
		func(_ context.Context, tr *Trainer, e Event) error {
			events = append(events, fmt.Sprint(e.Kind, e.Stats.Step))
			require.Equal(t, e.Stats, tr.Stats())
			return nil
		})
	require.NoError(t, err)
	require.Equal(t, 12, sum.Step)
	require.Equal(t, fmt.Sprint(Started, 0), events[0])
	require.Equal(t, fmt.Sprint(Stepped, 1), events[1])
	require.Equal(t, []string{fmt.Sprint(Stepped, 12), fmt.Sprint(Ended, 12)}, events[12:])
	require.Less(t, sum.Loss, math.Log(vocab))
}

func TestScheduleOfARun(t *testing.T) {
	c := testConfig()
	c.Steps, c.Warmup, c.LR, c.MinLR = 20, 4, 1, 0.1
	var rates []float64
	_, err := Run(t.Context(), newBigram(vocab, 1), testSource(), c,
		func(_ context.Context, tr *Trainer, e Event) error {
			if e.Kind == Stepped {
				rates = append(rates, e.Stats.LR)
			}
			return nil
		})
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{0.2, 0.4, 0.6, 0.8, 1}, rates[:5], 1e-9)
	require.InDelta(t, 0.55, rates[12], 1e-9, "halfway down")
	for i := 5; i < 20; i++ {
		require.Less(t, rates[i], rates[i-1])
	}
}

func TestBudget(t *testing.T) {
	for _, c := range []struct {
		budget, step time.Duration
		steps, want  int
	}{
		{10 * time.Second, time.Second, 0, 10},
		{10 * time.Second, 3 * time.Second, 0, 3}, // a fourth step would end too late
		{10 * time.Second, time.Minute, 0, 1},     // every run makes at least one step
		{time.Hour, time.Second, 7, 7},            // whichever limit is reached first
		{100 * time.Second, 100 * time.Millisecond, 0, 1000},
	} {
		cfg := testConfig()
		cfg.Budget, cfg.Steps, cfg.Warmup = Duration(c.budget), c.steps, 20
		tr := start(t, newBigram(vocab, 1), testSource(), cfg)
		tr.Clock = ticking(c.step)
		var rates []float64
		sum, err := tr.Run(t.Context(), func(_ context.Context, tr *Trainer, e Event) error {
			tr.Clock() // the time that observers take is not counted
			rates = append(rates, e.Stats.LR)
			return nil
		})
		require.NoError(t, err)
		require.InDelta(t, c.want, sum.Step, 1, "%s by %s", c.budget, c.step)
		if sum.Step > 1 {
			require.LessOrEqual(t, sum.Seconds, c.budget.Seconds()+1e-6)
		}
		if c.want == 1000 {
			require.InDelta(t, cfg.LR/21, rates[1], 1e-9)
			require.InDelta(t, cfg.LR, rates[22], 1e-3, "warm after 20 steps")
			require.InDelta(t, (cfg.LR+cfg.MinLR)/2, rates[510], 1e-3)
			require.InDelta(t, cfg.MinLR, rates[1000], 1e-3)
		}
	}
}

func TestWarmupFitsABudget(t *testing.T) {
	c := testConfig()
	c.Steps, c.Budget, c.Warmup = 0, Duration(20*time.Second), 1000
	tr := start(t, newBigram(vocab, 1), testSource(), c)
	tr.Clock = ticking(time.Second)
	highest := 0.0
	_, err := tr.Run(t.Context(), func(_ context.Context, _ *Trainer, e Event) error {
		highest = max(highest, e.Stats.LR)
		return nil
	})
	require.NoError(t, err)
	require.InEpsilon(t, c.LR, highest, 0.05, "a slow model gets warm too")
}

func TestValidation(t *testing.T) {
	c := testConfig()
	c.Steps, c.EvalEvery = 11, Every{Steps: 3}
	m := newBigram(vocab, 1)
	curve := []float64{2, 1, math.NaN(), 1.5} // after 3, 6, 9 and the last step
	var at []int
	var keeper Keeper
	var best []float32
	var lines bytes.Buffer
	sum, err := Run(t.Context(), m, testSource(), c, Metrics(&lines), keeper.Observe,
		Validate(func(context.Context) (float64, error) { return curve[len(at)], nil }),
		func(_ context.Context, tr *Trainer, e Event) error {
			if e.Kind == Evaluated {
				at = append(at, e.Stats.Step)
				require.Equal(t, len(at) <= 2, e.Best)
				if e.Best {
					best = append([]float32(nil), m.W.Data...)
				}
			}
			return nil
		})
	require.NoError(t, err)
	require.Equal(t, []int{3, 6, 9, 11}, at)
	require.Equal(t, 1.0, sum.Valid)
	require.Equal(t, 6, sum.BestStep)
	require.NotEqual(t, best, m.W.Data)
	require.True(t, keeper.Restore(m))
	require.Equal(t, best, m.W.Data)
	require.False(t, new(Keeper).Restore(m))

	var last map[string]any
	steps, valid := 0, 0
	for line := range strings.Lines(lines.String()) {
		last = nil
		require.NoError(t, json.Unmarshal([]byte(line), &last))
		if last["valid"] == nil {
			steps++
			require.Equal(t, float64(steps), last["step"])
			for _, k := range []string{"loss", "lr", "grad_norm", "tokens", "seconds"} {
				require.Contains(t, last, k)
			}
		} else {
			valid++
		}
	}
	require.Equal(t, 11, steps)
	require.Equal(t, 3, valid, "NaN is no JSON")
	require.Equal(t, 1.5, last["valid"])
}

func TestValidationByTime(t *testing.T) {
	c := testConfig()
	c.Steps, c.EvalEvery = 10, Every{Time: Duration(3 * time.Second)}
	tr := start(t, newBigram(vocab, 1), testSource(), c)
	tr.Clock = ticking(time.Second)
	var at []int
	_, err := tr.Run(t.Context(), Validate(func(context.Context) (float64, error) {
		at = append(at, tr.Stats().Step)
		return 1, nil
	}))
	require.NoError(t, err)
	require.Equal(t, []int{3, 6, 9, 10}, at)
}

func TestObserversErrorEndsTheRun(t *testing.T) {
	broken := errors.New("broken")
	ended := false
	sum, err := Run(t.Context(), newBigram(vocab, 1), testSource(), testConfig(),
		func(_ context.Context, _ *Trainer, e Event) error {
			if e.Stats.Step == 3 {
				return broken
			}
			return nil
		},
		func(_ context.Context, _ *Trainer, e Event) error {
			if e.Kind == Ended {
				ended = true
				require.ErrorIs(t, e.Err, broken)
			}
			return nil
		})
	require.ErrorIs(t, err, broken)
	require.Equal(t, "broken", err.Error(), "said once")
	require.Equal(t, 3, sum.Step)
	require.True(t, ended)
}

func TestConfigCheck(t *testing.T) {
	require.NoError(t, Default().Check())
	for field, change := range map[string]func(*Config){
		"batch":        func(c *Config) { c.Batch = 0 },
		"context":      func(c *Config) { c.Context = -1 },
		"lr":           func(c *Config) { c.LR = 0 },
		"min_lr":       func(c *Config) { c.MinLR = 1 },
		"warmup":       func(c *Config) { c.Warmup = -1 },
		"beta1":        func(c *Config) { c.Beta1 = 1 },
		"beta2":        func(c *Config) { c.Beta2 = math.NaN() },
		"eps":          func(c *Config) { c.Eps = 0 },
		"weight_decay": func(c *Config) { c.WeightDecay = -1 },
		"clip":         func(c *Config) { c.Clip = math.Inf(1) },
		"accumulate":   func(c *Config) { c.Accumulate = 0 },
		"pieces":       func(c *Config) { c.Pieces = 0 },
		"steps":        func(c *Config) { c.Steps = 0 },
		"budget":       func(c *Config) { c.Budget = -1 },
		"eval_every":   func(c *Config) { c.EvalEvery.Steps = -1 },
		"save_every":   func(c *Config) { c.SaveEvery.Time = -1 },
		"threads":      func(c *Config) { c.Threads = -1 },
	} {
		c := Default()
		change(&c)
		require.ErrorContains(t, c.Check(), field+" is ")
		_, err := NewTrainer(newBigram(vocab, 1), testSource(), c)
		require.Error(t, err)
	}
}

func TestConfigJSON(t *testing.T) {
	c := Default()
	c.Budget, c.SaveEvery = Duration(90*time.Second), Every{Time: Duration(time.Minute)}
	data, err := json.Marshal(c)
	require.NoError(t, err)
	require.Contains(t, string(data), `"budget":"1m30s","eval_every":250,"save_every":"1m0s"`)
	var back Config
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, c, back)
	require.NoError(t, json.Unmarshal([]byte(`{"eval_every":"40","budget":""}`), &back))
	require.Equal(t, Every{Steps: 40}, back.EvalEvery)
	require.Zero(t, back.Budget)
	for _, bad := range []string{`{"budget":"soon"}`, `{"budget":"-3s"}`, `{"eval_every":"often"}`,
		`{"eval_every":-1}`, `{"eval_every":""}`, `{"save_every":1.5}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &back), bad)
	}
}

func TestOpenMetrics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	require.NoError(t,
		os.WriteFile(path,
			[]byte("{\"step\":1}\n{\"step\":2}\n{\"step\":2,\"valid\":1}\n{\"step\":3}\n{\"st"),
			0o644))
	tr := &Trainer{stats: Stats{Step: 2}, validated: 2}
	f, err := tr.OpenMetrics(path)
	require.NoError(t, err)
	_, err = f.WriteString("{\"step\":3,\"again\":true}\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t,
		"{\"step\":1}\n{\"step\":2}\n{\"step\":2,\"valid\":1}\n{\"step\":3,\"again\":true}\n",
		string(data))
	tr.validated = 1 // the validation of step 2 is repeated
	f, err = tr.OpenMetrics(path)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	data, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "{\"step\":1}\n{\"step\":2}\n", string(data))
	tr = &Trainer{}
	f, err = tr.OpenMetrics(path)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	data, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, data)
	_, err = tr.OpenMetrics(filepath.Join(path, "no"))
	require.Error(t, err)
}
