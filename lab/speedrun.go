package lab

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/train"
	"lmzoo/zoo"
)

// Speedrun changes one thing at a time in the recipe of a small GPT, at equal operations, on the
// world and on a real text. A seed takes about three minutes on one core at full scale.
//
// The real text is Newton's Opticks, which comes with Go, or the text of --text.
func Speedrun() Experiment {
	return Experiment{
		Name: "speedrun", Era: "LLM", Year: 2024,
		Topic: "scale",
		Paper: "Jordan et al. 2024; Hu et al. 2024; Hägele et al. 2024; Smith et al. 2018; " +
			"Li et al. 2022; Press & Wolf 2017",
		Claim: "At equal operations, Muon leaves a GPT nearer to the text than AdamW at its own " +
			"best learning rate, in the world and in a book.",
		Figures: []Figure{{
			Title: "What each change of the training is worth",
			Look:  "A change helps if both of its whiskers are on the left of the dashed line.",
			X:     "change", Y: []string{"world", "book"}, Skip: []string{"baseline"}, Dots: true,
			MarkName: "the baseline", YAxis: "difference in bits per byte",
		}},
		Measures: map[string]string{
			"CHANGE_world": "bits per byte of the world's test part after the change, less those " +
				"of the baseline",
			"CHANGE_book":    "the same for the real text",
			"baseline_world": "bits per byte of the baseline on the world",
			"baseline_book":  "the same on the real text",
		},
		Run: runSpeedrun,
	}
}

// change is one row of the experiment: a difference from the baseline.
type change struct {
	name, what string
	values     map[string]any
	function   bool // it changes the model's function and is not a training recipe
}

// baseline is the quick recipe of the zoo's GPT before this experiment: AdamW and a cosine.
var baseline = map[string]any{
	"n_layer": 2, "n_head": 4, "n_embd": 64, "initializer_range": 0.08,
	"batch": 8, "context": 128, "warmup": 50, "lr": 6e-3, "min_lr": 2e-4, "beta2": 0.98,
	"weight_decay": 0.01, "schedule": "cosine", "optimizer": "adamw", "average": "none",
}

// changes lists the rows. Each has the learning rate that was best on the development seed; see
// speedrunRates.
func changes() []change {
	return []change{
		{name: "linear", what: "schedule: linear to 0", values: map[string]any{
			"schedule": "linear", "min_lr": 0}},
		{name: "wsd", what: "schedule: stable, then linear to 0 in the last fifth",
			values: map[string]any{"schedule": "wsd", "decay_share": 0.2, "min_lr": 0}},
		{name: "constant", what: "schedule: constant", values: map[string]any{
			"schedule": "constant"}},
		{name: "muon", what: "optimizer: Muon", values: map[string]any{
			"optimizer": "muon", "momentum": 0.95}},
		{name: "muon_linear", what: "optimizer: Muon, schedule linear to 0", values: map[string]any{
			"optimizer": "muon", "momentum": 0.95, "schedule": "linear", "min_lr": 0}},
		{name: "batch_4", what: "batch of 4 rows", values: map[string]any{"batch": 4}},
		{name: "batch_16", what: "batch of 16 rows", values: map[string]any{"batch": 16}},
		{name: "batch_growth", what: "batch grows: 4, 8, 16 rows", values: map[string]any{
			"batch": 4, "batch_growth": 4}},
		{name: "accumulate", what: "the same batch in two halves", values: map[string]any{
			"batch": 4, "accumulate": 2}},
		{name: "context_growth", what: "context grows: 32, 64, 128 tokens", values: map[string]any{
			"context_growth": 4}},
		{name: "init_gpt2", what: "initial weights of GPT-2, 0.02", values: map[string]any{
			"initializer_range": 0.02}},
		{name: "ema", what: "average: exponential", values: map[string]any{
			"average": "ema", "ema_decay": 0.98}},
		{name: "tail", what: "average of the last fifth, schedule constant", values: map[string]any{
			"average": "tail", "decay_share": 0.2, "schedule": "constant"}},
		{name: "smear", what: "keys see one token back", function: true, values: map[string]any{
			"smear": true}},
		{name: "untied", what: "output layer of its own", function: true, values: map[string]any{
			"untied_head": true}},
		{name: "context_64", what: "window of 64 tokens", function: true, values: map[string]any{
			"context": 64, "batch": 16}},
	}
}

// settings returns the settings of the baseline with a change, at its learning rate on a text.
func (c change) settings(flops, factor float64) (*zoo.Settings, error) {
	s, err := zoo.Standard().Find("gpt")
	if err != nil {
		return nil, err
	}
	values := map[string]any{"flops": flops, "eval_every": "0", "save_every": "0"}
	for _, more := range []map[string]any{baseline, c.values} {
		for k, v := range more {
			values[k] = v
		}
	}
	if factor == 0 {
		factor = cmp.Or(speedrunRates[c.name], 1)
	}
	values["lr"] = values["lr"].(float64) * factor
	return s.SettingsWith("tiny", values)
}

// course is a text to train on and to evaluate on.
type course struct {
	name  string
	data  zoo.Data
	split corpus.Split
	tok   corpus.Tokenizer
}

// The test parts are cut to these sizes, which take about as long to read as a short training run.
const (
	speedrunTest  = 300_000 // bytes
	speedrunFlops = 2e11
	speedrunQuick = 3e10
)

// courses reads the world and the real text.
func courses(ctx context.Context, env *Env) (all []course, err error) {
	for _, name := range []string{zoo.WorldName, cmp.Or(env.Text, "opticks")} {
		c, err := readCourse(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// readCourse reads a text: the world by words, any other by characters.
func readCourse(ctx context.Context, name string) (c course, err error) {
	c = course{name: "book", data: zoo.Data{Corpus: name}}
	tokenizer := "char"
	if c.data.IsGenerated() {
		c.name, c.data.Tokens, tokenizer = "world", 600_000, "word"
	}
	if c.split, err = c.data.Load(ctx, zoo.Input{Tokenizer: tokenizer}); err != nil {
		return c, err
	}
	c.tok, err = corpus.Train(tokenizer, c.split.Train, 0)
	c.split.Valid, c.split.Test = head(c.split.Valid), head(c.split.Test)
	return c, err
}

// head returns the beginning of a text.
func head(docs []corpus.Document) []corpus.Document {
	bytes := 0
	for i, d := range docs {
		if bytes += d.Bytes(); bytes > speedrunTest && i > 0 {
			return docs[:i]
		}
	}
	return docs
}

// run trains a GPT with a change and returns its bits per byte of held-out documents.
func (c course) run(
	ctx context.Context, ch change, flops, factor float64, seed uint64, docs []corpus.Document,
) (float64, error) {
	settings, err := ch.settings(flops, factor)
	if err != nil {
		return 0, err
	}
	split := c.split
	split.Valid = nil
	s, err := zoo.Standard().Find("gpt")
	if err != nil {
		return 0, err
	}
	r, err := zoo.Make(ctx, zoo.Order{
		Species: s, Size: "tiny", Settings: settings, Data: c.data, Split: split, Tokenizer: c.tok,
		Seed: seed, Threads: 1,
	})
	if err != nil {
		return 0, fmt.Errorf("%s on %s: %w", ch.name, c.name, err)
	}
	m, err := r.LM()
	if err != nil {
		return 0, err
	}
	report, err := eval.Run(ctx, m, c.tok, docs, eval.Options{Threads: 1})
	if err != nil {
		return 0, err
	}
	return report.BitsPerByte(), nil
}

// lap is a run of the experiment: a change, a text and a seed.
type lap struct {
	change change
	course course
	seed   uint64
	bits   float64
}

func runSpeedrun(ctx context.Context, env *Env) (*Result, error) {
	all, err := courses(ctx, env)
	if err != nil {
		return nil, err
	}
	flops := pick(env, speedrunFlops, speedrunQuick)
	rows := append([]change{{name: "baseline", what: "baseline"}}, changes()...)
	var laps []*lap
	for _, seed := range env.Seeds {
		for _, c := range all {
			for _, ch := range rows {
				laps = append(laps, &lap{change: ch, course: c, seed: seed})
			}
		}
	}
	err = each(ctx, env, len(laps), func(ctx context.Context, i int) error {
		l := laps[i]
		env.say("speedrun: %d of %d, %s on %s", i+1, len(laps), l.change.name, l.course.name)
		settings, err := l.change.settings(flops, 0)
		if err != nil {
			return err
		}
		inputs := []any{"bits per byte", settings, l.course.data, l.seed}
		l.bits, err = env.Store.measured(inputs, func() (float64, error) {
			return l.course.run(ctx, l.change, flops, 0, l.seed, l.course.split.Test)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	costs, err := speedrunCosts(ctx, all[0], rows, pick(env, 12, 3))
	if err != nil {
		return nil, err
	}
	return &Result{Tables: []Table{speedrunTable(rows, all, laps, costs)},
		Seeds: speedrunVerdicts(env.Seeds, laps)}, nil
}

// speedrunVerdicts returns the differences from the baseline for every seed.
func speedrunVerdicts(seeds []uint64, laps []*lap) (verdicts []Verdict) {
	for _, seed := range seeds {
		m := map[string]float64{}
		for _, l := range laps {
			if l.seed != seed {
				continue
			}
			key := l.change.name + "_" + l.course.name
			if m[key] = l.bits; l.change.name != "baseline" {
				m[key] -= m["baseline_"+l.course.name]
			}
		}
		verdicts = append(verdicts, Verdict{seed, m["muon_world"] < 0 && m["muon_book"] < 0, m})
	}
	return verdicts
}

// speedrunTable returns a table with a row for every change: its difference from the baseline over
// the seeds, the cost of its steps, and the conclusion from the interval.
func speedrunTable(rows []change, all []course, laps []*lap, costs []float64) Table {
	t := Table{
		Title: "bits per byte at equal operations: the baseline, and the difference that each " +
			"change makes, mean over the seeds ± 95 %",
		Columns: []string{"change", "learning rate", "world", "book", "seconds", "verdict"},
	}
	for i, ch := range rows {
		cells := []string{ch.what, rateText(ch)}
		var high, low []float64
		for _, c := range all {
			var d []float64
			for _, l := range laps {
				if l.change.name == ch.name && l.course.name == c.name {
					d = append(d, l.bits)
					if ch.name != "baseline" {
						d[len(d)-1] -= lapBits(laps, "baseline", c.name, l.seed)
					}
				}
			}
			mean, from, to := eval.Mean(d)
			low, high = append(low, from), append(high, to)
			cell := interval(mean, from, to)
			if ch.name == "baseline" {
				cell = cell[1:] // no difference, so no sign
			}
			cells = append(cells, cell)
		}
		cells = append(cells, fmt.Sprintf("%.2f", costs[i]))
		t.add(append(cells, judge(ch, low, high))...)
	}
	return t
}

// interval formats a mean with half of its interval, if it has one.
func interval(mean, low, high float64) string {
	if math.IsNaN(low) {
		return fmt.Sprintf("%+.4f", mean)
	}
	return fmt.Sprintf("%+.4f ± %.4f", mean, (high-low)/2)
}

// rateText formats the learning rate of a change.
func rateText(ch change) string {
	return fmt.Sprintf("%g", baseline["lr"].(float64)*cmp.Or(speedrunRates[ch.name], 1))
}

// judge accepts a change that helps on every text, and rejects a change that harms on every text.
func judge(ch change, low, high []float64) string {
	negative := func(x float64) bool { return x < 0 }
	positive := func(x float64) bool { return x > 0 }
	all := func(x []float64, ok func(float64) bool) bool {
		return !slices.ContainsFunc(x, func(v float64) bool { return !ok(v) })
	}
	switch {
	case ch.name == "baseline":
		return "–"
	case math.IsNaN(low[0]):
		return "one seed"
	case all(high, negative) && ch.function:
		return "helps, another function"
	case all(high, negative):
		return "kept"
	case all(low, positive):
		return "rejected"
	case slices.ContainsFunc(high, negative) && !slices.ContainsFunc(low, positive):
		return "helps on one text"
	case slices.ContainsFunc(low, positive) && !slices.ContainsFunc(high, negative):
		return "harms on one text"
	case slices.ContainsFunc(low, positive):
		return "helps on one, harms on one"
	}
	return "no difference"
}

func lapBits(laps []*lap, name, course string, seed uint64) float64 {
	for _, l := range laps {
		if l.change.name == name && l.course.name == course && l.seed == seed {
			return l.bits
		}
	}
	return 0
}

// speedrunCosts measures the seconds of an operation of every row, as a multiple of the baseline's.
// The rows take turns, so that other load on the machine affects all rows equally. A ratio is the
// median over the rounds.
func speedrunCosts(
	ctx context.Context, c course, rows []change, rounds int,
) ([]float64, error) {
	var trainers []*train.Trainer
	docs := corpus.EncodeDocuments(c.tok, c.split.Train)
	for _, ch := range rows {
		tr, err := c.trainer(ch, docs)
		if err != nil {
			return nil, err
		}
		trainers = append(trainers, tr)
	}
	ratios := make([][]float64, len(rows))
	for range rounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		base := 0.0
		for i, tr := range trainers {
			// every row makes steps of at least as many operations as the baseline
			before, began := tr.Stats().FLOPs, time.Now()
			for tr.Stats().FLOPs-before < costFlops {
				if _, err := tr.Step(); err != nil {
					return nil, err
				}
			}
			cost := time.Since(began).Seconds() / (tr.Stats().FLOPs - before)
			if i == 0 {
				base = cost
			}
			ratios[i] = append(ratios[i], cost/base)
		}
	}
	costs := make([]float64, len(rows))
	for i, r := range ratios {
		slices.Sort(r)
		costs[i] = r[len(r)/2]
	}
	return costs, nil
}

const costFlops = 5e9 // operations of a turn

// trainer prepares a trainer for measuring the speed of a change.
func (c course) trainer(ch change, docs [][]lm.Token) (*train.Trainer, error) {
	settings, err := ch.settings(1e12, 0)
	if err != nil {
		return nil, err
	}
	s, err := zoo.Standard().Find("gpt")
	if err != nil {
		return nil, err
	}
	m, err := s.Learning.New(settings.Model, c.tok, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		return nil, err
	}
	text := &zoo.Text{Tokenizer: c.tok, Train: docs, Seed: 1, Threads: 1}
	t, err := s.Learning.Start(m, text, *settings.Train)
	return t.Trainer, err
}
