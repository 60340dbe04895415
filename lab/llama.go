package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/train"
	"lmzoo/transformer"
	"lmzoo/zoo"
)

// Llama measures the effect of each change from GPT-2 to Llama. At full scale a seed takes about a
// minute on two cores, and as long again for a text.
func Llama() Experiment {
	return Experiment{
		Name: "llama", Era: "LLM", Year: 2023,
		Topic: "scale",
		Paper: "Touvron et al. 2023a, §2.2; Su et al. 2021; Shazeer 2020; Ainslie et al. 2023",
		Claim: "At equal operations, Llama's changes to GPT-2 together lower the bits per byte, " +
			"and rotary positions alone lower them by more than other initial weights do.",
		Figures: []Figure{{
			Title: "From GPT-2 to Llama, change by change",
			Look: "Each row adds one change to the row above it; rotary positions make " +
				"the largest step to the left.",
			X: "change", Y: []string{"bits/byte"}, Dots: true, YAxis: "bits per byte",
		}},
		Measures: map[string]string{
			"gpt2":      "bits per byte of GPT-2 on held-out documents",
			"llama":     "bits per byte of Llama",
			"gain":      "bits per byte of gpt2 less those of llama",
			"gain_low":  "lower end of its 95 % interval, paired over documents",
			"gain_high": "upper end",
			"noise": "absolute difference of the control, GPT-2 from other initial weights, to " +
				"gpt2",
			"CHANGE_gain": "bits per byte before a change less those after it; for the control, " +
				"gpt2 less its own",
			"CHANGE_low, CHANGE_high": "its 95 % interval",
			"text_MEASURE":            "the same on the text of --text",
		},
		Run: runLlama,
	}
}

// llamaStep is a model on the path from GPT-2 to Llama, with all changes up to its own.
type llamaStep struct {
	name, title string
	change      func(*transformer.Changes)
}

// llamaSteps lists the steps of the path, with the control at the end.
var llamaSteps = []llamaStep{
	{"gpt2", "GPT-2", func(*transformer.Changes) {}},
	{"rotary", "rotary positions", func(c *transformer.Changes) { c.Rotary = true }},
	{"rmsnorm", "RMSNorm", func(c *transformer.Changes) { c.RMSNorm = true }},
	{"swiglu", "SwiGLU", func(c *transformer.Changes) { c.SwiGLU = true }},
	{"nobias", "no biases", func(c *transformer.Changes) { c.NoBias = true }},
	{"shared", "shared keys and values", func(c *transformer.Changes) { c.SharedKeys = true }},
	{"llama", "plain initial weights: Llama", func(c *transformer.Changes) { c.PlainInit = true }},
	{"control", "GPT-2 from other initial weights", func(c *transformer.Changes) {
		*c = transformer.Changes{}
	}},
}

// llamaShape is the quick size of gpt and llama. The rates were chosen on the validation text of
// another draw of the world, seed 100; see docs/decisions.md.
var llamaShape = transformer.LlamaConfig{
	MaxPositionEmbeddings: 128, HiddenSize: 64, NumHiddenLayers: 2, NumAttentionHeads: 4,
	NumKeyValueHeads: 2, InitializerRange: 0.08,
}

// llamaRecipe returns a training that spends the given number of operations.
func llamaRecipe(flops float64, seed uint64) train.Config {
	c := train.Default()
	c.Batch, c.Context, c.Pieces = 8, llamaShape.MaxPositionEmbeddings, 1
	c.LR, c.MinLR, c.Warmup, c.Beta2, c.WeightDecay = 6e-3, 2e-4, 50, 0.98, 0.01
	c.Steps, c.Flops, c.Seed = 0, flops, seed
	c.EvalEvery, c.SaveEvery = train.Every{}, train.Every{}
	return c
}

// llamaText is the text on which the models are trained and tested.
type llamaText struct {
	tok   corpus.Tokenizer
	train [][]lm.Token
	held  []corpus.Document
}

// newLlamaText returns a corpus, and its tokenizer: words for the world, characters for any other
// corpus.
func newLlamaText(ctx context.Context, data zoo.Data) (*llamaText, error) {
	split, err := data.Load(ctx, zoo.Input{})
	if err != nil {
		return nil, err
	}
	kind := "char"
	if data.Corpus == "world" {
		kind = "word"
	}
	tok, err := corpus.Train(kind, split.Train, 0)
	if err != nil {
		return nil, err
	}
	return &llamaText{tok, corpus.EncodeDocuments(tok, split.Train), split.Test}, nil
}

// llamaModel is a trained model on the path from GPT-2 to Llama.
type llamaModel struct {
	params, steps int
	report        *eval.Report
}

// learn trains a model with some of the changes and evaluates it.
func (x *llamaText) learn(
	ctx context.Context, shape transformer.LlamaConfig, changes transformer.Changes,
	c train.Config,
) (m llamaModel, err error) {
	shape.VocabSize = x.tok.Vocab()
	net, err := transformer.NewHybrid(shape, changes, rand.New(rand.NewPCG(c.Seed, 1)))
	if err != nil {
		return m, err
	}
	src, err := corpus.NewWindows(x.train, c.Batch, c.Context, c.Seed)
	if err != nil {
		return m, err
	}
	tr, err := train.NewTrainer(net, src, c)
	if err != nil {
		return m, err
	}
	sum, err := tr.Run(ctx)
	if err != nil {
		return m, err
	}
	m.params, m.steps = int(net.Shape(c.Context).Params), sum.Step
	m.report, err = eval.Run(ctx, net, x.tok, x.held, eval.Options{Threads: 1, Seed: c.Seed})
	return m, err
}

func runLlama(ctx context.Context, env *Env) (*Result, error) {
	tokens := pick(env, 1_500_000, 200_000)
	title := "from GPT-2 to Llama, one change at a time, at equal operations"
	res := &Result{Tables: []Table{llamaTable(title, "gap to the limit")}}
	if env.Text != "" {
		name := filepath.Base(env.Text)
		res.Tables = append(res.Tables, llamaTable("the same on "+name))
	}
	for _, seed := range env.Seeds {
		world := zoo.Data{Corpus: "world", Tokens: tokens, Seed: seed}
		v, err := llamaSeed(ctx, env, world, seed, &res.Tables[0])
		if err != nil {
			return nil, err
		}
		if env.Text != "" {
			other, err := llamaSeed(ctx, env, zoo.Data{Corpus: env.Text}, seed, &res.Tables[1])
			if err != nil {
				return nil, err
			}
			for name, x := range other.Measures {
				v.Measures["text_"+name] = x
			}
		}
		res.Seeds = append(res.Seeds, v)
	}
	return res, nil
}

func llamaTable(title string, more ...string) Table {
	columns := []string{"seed", "change", "parameters", "steps", "bits/byte", "gain"}
	return Table{Title: title, Columns: append(columns, more...)}
}

// llamaSeed trains and compares the models of the path on one corpus.
func llamaSeed(
	ctx context.Context, env *Env, data zoo.Data, seed uint64, table *Table,
) (Verdict, error) {
	text, err := newLlamaText(ctx, data)
	if err != nil {
		return Verdict{}, err
	}
	models, err := llamaPath(ctx, env, text, pick(env, 5e11, 1e11), seed)
	if err != nil {
		return Verdict{}, err
	}
	return llamaVerdict(seed, models, table)
}

// llamaPath trains every model of the path and the control.
func llamaPath(
	ctx context.Context, env *Env, text *llamaText, flops float64, seed uint64,
) ([]llamaModel, error) {
	models := make([]llamaModel, len(llamaSteps))
	var done atomic.Int64
	err := each(ctx, env, len(models), func(ctx context.Context, i int) (err error) {
		var changes transformer.Changes
		for _, s := range llamaSteps[:i+1] {
			s.change(&changes)
		}
		c := llamaRecipe(flops, seed)
		if llamaSteps[i].name == "control" {
			c.Seed += 1000
		}
		if models[i], err = text.learn(ctx, llamaShape, changes, c); err != nil {
			return fmt.Errorf("%s: %w", llamaSteps[i].title, err)
		}
		env.say("llama, seed %d: %d of %d models", seed, done.Add(1), len(models))
		return nil
	})
	return models, err
}

// llamaVerdict compares every model with the one before it, and the last with the first.
func llamaVerdict(seed uint64, models []llamaModel, table *Table) (Verdict, error) {
	v := Verdict{Seed: seed, Measures: map[string]float64{}}
	first, last := models[0].report, models[len(models)-2].report
	for i, s := range llamaSteps {
		r := models[i].report
		row := []string{fmt.Sprint(seed), s.title, fmt.Sprint(models[i].params),
			fmt.Sprint(models[i].steps), fmt.Sprintf("%.4f", r.BitsPerByte()), ""}
		if r.HasLimit {
			row = append(row, fmt.Sprintf("%.3f", r.Gap()))
		}
		if i > 0 {
			before := models[i-1].report
			if s.name == "control" {
				before = first
			}
			c, err := eval.Paired(before, r, seed)
			if err != nil {
				return v, err
			}
			row[5] = fmt.Sprintf("%+.4f (%+.4f to %+.4f)", c.Delta, c.Low, c.High)
			v.Measures[s.name+"_gain"], v.Measures[s.name+"_low"] = c.Delta, c.Low
			v.Measures[s.name+"_high"] = c.High
		}
		table.add(row...)
	}
	whole, err := eval.Paired(first, last, seed)
	if err != nil {
		return v, err
	}
	m := v.Measures
	m["gpt2"], m["llama"] = first.BitsPerByte(), last.BitsPerByte()
	m["gain"], m["gain_low"], m["gain_high"] = whole.Delta, whole.Low, whole.High
	m["noise"] = max(m["control_gain"], -m["control_gain"])
	v.Held = m["gain_low"] > 0 && m["rotary_low"] > m["noise"]
	return v, nil
}
