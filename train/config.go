package train

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lmzoo/train/optim"
)

// Config holds the hyperparameters of a training run, under nanoGPT's names where nanoGPT has one.
type Config struct {
	Batch   int `json:"batch" help:"rows of a training batch"`   // B
	Context int `json:"context" help:"tokens of a training row"` // T

	LR          float64 `json:"lr" help:"maximum learning rate"`
	MinLR       float64 `json:"min_lr" help:"final learning rate"`
	Warmup      int     `json:"warmup" help:"warm-up steps"`
	Schedule    string  `json:"schedule,omitempty" help:"rate: cosine, wsd, linear or constant"`
	DecayShare  float64 `json:"decay_share,omitempty" help:"share at the end for wsd and tail"`
	Optimizer   string  `json:"optimizer,omitempty" help:"adamw, or muon for hidden matrices"`
	Momentum    float64 `json:"momentum,omitempty" help:"Muon's decay rate for the gradient"`
	Beta1       float64 `json:"beta1" help:"AdamW's decay rate for the first moment"`
	Beta2       float64 `json:"beta2" help:"AdamW's decay rate for the second moment"`
	Eps         float64 `json:"eps" help:"AdamW's epsilon"`
	WeightDecay float64 `json:"weight_decay" help:"weight decay of matrices"`
	Clip        float64 `json:"clip" help:"maximum gradient norm (0 disables clipping)"`

	Average  string  `json:"average,omitempty" help:"kept weights: none (the last), ema or tail"`
	EMADecay float64 `json:"ema_decay,omitempty" help:"decay rate of the average ema"`

	Accumulate int `json:"accumulate" help:"batches per step"`
	Pieces     int `json:"pieces" help:"parts of a batch that may run concurrently"`

	BatchGrowth   int `json:"batch_growth,omitempty" help:"factor by which a step grows: 2, 4, …"`
	ContextGrowth int `json:"context_growth,omitempty" help:"pieces of a row at first: 2, 4, …"`

	Steps  int      `json:"steps" help:"training steps (0: until the budget is spent)"`
	Budget Duration `json:"budget" help:"training time, such as 90s (0: all steps)"`
	Flops  float64  `json:"flops,omitempty" help:"operations, such as 2e12 (0: no limit)"`

	EvalEvery Every  `json:"eval_every" help:"interval of validation: 250 (steps), 15s or 10%"`
	SaveEvery Every  `json:"save_every" help:"interval of checkpoints: 250 (steps), 15s or 10%"`
	Seed      uint64 `json:"seed"`    // of dropout
	Threads   int    `json:"threads"` // affects no result; 0 means 1
}

// Default returns a configuration that trains small models well.
func Default() Config {
	return Config{
		Batch: 12, Context: 64,
		LR: 1e-3, MinLR: 1e-4, Warmup: 100, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, WeightDecay: 0.1,
		Schedule: optim.CosineSchedule, DecayShare: 0.2, Optimizer: AdamW, Momentum: 0.95,
		Average: optim.NoAverage, EMADecay: 0.99,
		Clip: 1, Accumulate: 1, Pieces: 4, BatchGrowth: 1, ContextGrowth: 1, Steps: 2000,
		EvalEvery: Every{Steps: 250}, SaveEvery: Every{Steps: 250}, Seed: 1, Threads: 1,
	}
}

// The optimizers.
const (
	AdamW = "adamw" // for all parameters; "" means it, too
	Muon  = "muon"  // for the matrices between hidden vectors, AdamW for all others
)

// rule is a condition on a field of a Config.
type rule struct {
	ok       bool
	field    string
	value    any
	expected string
}

// oneOf is the rule that a field has one of the names, or none.
func oneOf(field, value string, names ...string) rule {
	last := len(names) - 1
	return rule{value == "" || slices.Contains(names, value), field, strconv.Quote(value),
		strings.Join(names[:last], ", ") + " or " + names[last]}
}

// Check reports the first invalid field.
func (c Config) Check() error {
	for _, r := range []rule{
		{c.Batch >= 1, "batch", c.Batch, "at least 1 row"},
		{c.Context >= 1, "context", c.Context, "at least 1 token"},
		{c.Batch <= maxBatch/max(c.Context, 1), "batch × context",
			fmt.Sprintf("%d × %d", c.Batch, c.Context), fmt.Sprintf("at most %d tokens; a larger "+
				"step is made of several batches by accumulate", maxBatch)},
		{c.LR > 0 && c.LR <= maxLR, "lr", c.LR,
			"a learning rate above 0 and at most 1000, such as 1e-3"},
		{c.MinLR >= 0 && c.MinLR <= c.LR, "min_lr", c.MinLR, fmt.Sprintf("0 to lr, %g", c.LR)},
		{c.Warmup >= 0, "warmup", c.Warmup, "0 or more steps"},
		oneOf("schedule", c.Schedule, optim.Schedules()...),
		oneOf("optimizer", c.Optimizer, AdamW, Muon),
		oneOf("average", c.Average, optim.Averages()...),
		{c.DecayShare >= 0 && c.DecayShare <= 1, "decay_share", c.DecayShare,
			"a share of the run above 0 and at most 1, such as 0.2"},
		{c.DecayShare > 0 || c.Schedule != optim.WSDSchedule && c.Average != optim.TailAverage,
			"decay_share", c.DecayShare, "a share of the run, such as 0.2"},
		{c.Momentum >= 0 && c.Momentum < 1, "momentum", c.Momentum,
			"0 or more and less than 1, such as 0.95"},
		{c.EMADecay >= 0 && c.EMADecay < 1, "ema_decay", c.EMADecay,
			"0 or more and less than 1, such as 0.99"},
		{isGrowth(c.BatchGrowth), "batch_growth", c.BatchGrowth, wantGrowth},
		{isGrowth(c.ContextGrowth), "context_growth", c.ContextGrowth, wantGrowth},
		{c.Context%max(c.ContextGrowth, 1) == 0, "context_growth", c.ContextGrowth,
			fmt.Sprintf("a divisor of context, %d", c.Context)},
		{c.Beta1 >= 0 && c.Beta1 < 1, "beta1", c.Beta1, "0 or more and less than 1, such as 0.9"},
		{c.Beta2 >= 0 && c.Beta2 < 1, "beta2", c.Beta2, "0 or more and less than 1, such as 0.99"},
		{c.Eps > 0 && c.Eps < 1, "eps", c.Eps, "more than 0 and less than 1, such as 1e-8"},
		{c.WeightDecay >= 0 && c.LR*c.WeightDecay <= 1, "weight_decay", c.WeightDecay,
			"0 or more, and at most 1/lr"},
		{c.Clip >= 0 && c.Clip <= maxLR, "clip", c.Clip, "0 (off) or a positive length, such as 1"},
		{c.Accumulate >= 1 && c.Accumulate <= maxAccumulate, "accumulate", c.Accumulate,
			fmt.Sprintf("1 to %d batches", maxAccumulate)},
		{c.Pieces >= 1, "pieces", c.Pieces, "at least 1"},
		{c.Steps >= 0, "steps", c.Steps, "1 or more, or 0 with a budget"},
		{c.Budget >= 0, "budget", c.Budget, "a time such as 90s"},
		{c.Flops >= 0 && c.Flops <= maxFlops, "flops", c.Flops,
			"operations such as 2e12, or 0 for no such budget"},
		{c.Flops == 0 || c.Steps == 0 && c.Budget == 0, "flops",
			fmt.Sprintf("%g, with steps %d and budget %s", c.Flops, c.Steps, c.Budget),
			"only one of the three"},
		{c.Steps > 0 || c.Budget > 0 || c.Flops > 0, "steps", c.Steps,
			"1 or more, or a budget such as 90s, or flops such as 2e12"},
		{c.EvalEvery.ok(), "eval_every", c.EvalEvery, wantEvery},
		{c.SaveEvery.ok(), "save_every", c.SaveEvery, wantEvery},
		{c.Threads >= 0 && c.Threads <= maxThreads, "threads", c.Threads,
			fmt.Sprintf("0 to %d", maxThreads)},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v; want %s", r.field, r.value, r.expected)
		}
	}
	return nil
}

const (
	maxLR         = 1000    // finite, though useless
	maxBatch      = 1 << 20 // tokens; more is a typing error that would fill the memory
	maxAccumulate = 1 << 14
	maxThreads    = 1 << 10
	maxFlops      = 1e30
)

// progress returns the fraction of the run that is done.
func (c Config) progress(s Stats) float64 {
	p := 0.0
	if c.Steps > 0 {
		p = float64(s.Step) / float64(c.Steps)
	}
	if c.Budget > 0 {
		p = max(p, s.Seconds/time.Duration(c.Budget).Seconds())
	}
	if c.Flops > 0 {
		p = max(p, s.FLOPs/c.Flops)
	}
	return min(p, 1)
}

// rate returns the learning rate of the next step.
func (c Config) rate(s Stats) float64 {
	p := c.progress(s)
	one := firstStep // the fraction of the run that one step takes
	fixed := c.Budget == 0 && c.Flops == 0
	switch {
	case fixed:
		one = 1 / float64(c.Steps)
	case s.Step > 0:
		one = p / float64(s.Step) // estimated from the steps so far
	}
	warmup := float64(c.Warmup) * one
	if !fixed {
		warmup = min(warmup, warmupMost)
	}
	return optim.Schedule{Shape: c.Schedule, Max: c.LR, Min: c.MinLR, Warmup: warmup,
		Decay: c.DecayShare}.Rate(p, one)
}

const (
	warmupMost = 0.1 // of a budget
	// any small number, because the length of a step is not known before the first step
	firstStep = 1e-9
)

// Duration is a time.Duration that JSON writes as "90s" or "5m".
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes "1m30s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "90s".
func (d *Duration) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	t, err := time.ParseDuration(string(text))
	if err != nil || t < 0 {
		return fmt.Errorf("%q is not a duration; want a time such as 90s or 5m", text)
	}
	*d = Duration(t)
	return nil
}

// Every is an interval in steps, in training time, or as a share of the run; if all three are 0,
// the event never happens. It reads "100", "10s" and "10%", and implements pflag.Value.
type Every struct {
	Steps int
	Time  Duration
	Share float64 // of the run, 0 … 1
}

// wantEvery describes the valid intervals.
const wantEvery = "steps such as 100, a time such as 10s, or a share of the run such as 10%"

func (e Every) ok() bool {
	return e.Steps >= 0 && e.Time >= 0 && e.Share >= 0 && e.Share <= 1
}

func (e Every) String() string {
	switch {
	case e.Share > 0:
		return strconv.FormatFloat(100*e.Share, 'g', 12, 64) + "%"
	case e.Time > 0:
		return e.Time.String()
	}
	return strconv.Itoa(e.Steps)
}

// Set reads "100" (steps), "10s" (time) or "10%" (a share of the run).
func (e *Every) Set(s string) error {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 {
		*e = Every{Steps: n}
		return nil
	}
	if text, ok := strings.CutSuffix(s, "%"); ok {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || !(x > 0 && x <= 100) {
			return fmt.Errorf("%q is not an interval; want %s", s, wantEvery)
		}
		*e = Every{Share: x / 100}
		return nil
	}
	var d Duration
	if err := d.UnmarshalText([]byte(s)); err != nil || s == "" {
		return fmt.Errorf("%q is not an interval; want %s", s, wantEvery)
	}
	*e = Every{Time: d}
	return nil
}

// Type returns the name of the value in help texts.
func (e *Every) Type() string { return "steps|time|share" }

// MarshalJSON writes a number of steps, or a time or a share as text.
func (e Every) MarshalJSON() ([]byte, error) {
	if e.Time > 0 || e.Share > 0 {
		return json.Marshal(e.String())
	}
	return json.Marshal(e.Steps)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Every) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) != nil {
		s = string(data)
	}
	return e.Set(s)
}
