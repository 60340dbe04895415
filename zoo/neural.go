package zoo

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/rnn"
	"lmzoo/task"
	"lmzoo/train"
	"lmzoo/transformer"
)

// nplm returns the row of Bengio's neural probabilistic language model.
func nplm() *Species {
	return &Species{
		Name: "mlp", Aliases: []string{"nplm"}, Title: "NPLM", Era: "NLM", Year: 2003,
		Sizes:     mlp.Sizes(),
		Paper:     "Bengio et al., A Neural Probabilistic Language Model",
		Remembers: "the last n−1 tokens, as vectors that similar tokens share",
		Defaults: Preset(mlp.Preset, func(c *train.Config) {
			c.LR, c.MinLR, c.WeightDecay, c.Batch = 2e-3, 1e-4, 0.01, 32
		}),
		Quick: func(corpus string) map[string]any {
			values := map[string]any{"warmup": 50, "lr": 3e-3, "min_lr": 1e-4}
			if _, generated := FindGenerated(corpus); generated {
				values["batch"] = 16
			}
			return values
		},
		Learning: &Learning{New: New(mlp.New), Start: Windows, Mixes: true},
	}
}

// recurrent returns the row of a recurrent network.
func recurrent(
	name, title, cell string, year int, paper, remembers string, aliases ...string,
) *Species {
	preset := func(size string) (rnn.Config, error) { return rnn.Preset(cell, size) }
	return &Species{
		Name: name, Aliases: aliases, Title: title, Era: "NLM", Year: year,
		Paper: paper, Remembers: remembers,
		Sizes: rnn.Sizes(),
		Defaults: Preset(preset, func(c *train.Config) {
			c.LR, c.MinLR, c.WeightDecay, c.Batch = 3e-3, 3e-4, 0.01, 32
		}),
		Quick: func(corpus string) map[string]any {
			values := map[string]any{"warmup": 50, "lr": 1e-2, "min_lr": 2e-4, "beta2": 0.98}
			if cell == "elman" {
				values["lr"] = 4e-3
			}
			wholeDocuments(values, corpus)
			return values
		},
		Learning: &Learning{New: New(rnn.New), Start: Lanes, Mixes: true},
	}
}

// gpt returns the row of the decoder-only transformer.
func gpt() *Species {
	preset := Preset(transformer.Preset, func(c *train.Config) {
		c.LR, c.MinLR, c.WeightDecay = 1e-3, 1e-4, 0.1 // nanoGPT's recipe for a CPU
	})
	return &Species{
		Name: "gpt", Aliases: []string{"transformer"}, Title: "GPT", Era: "PLM", Year: 2018,
		Sizes:     transformer.Sizes(),
		Paper:     "Radford et al. 2018, 2019; Vaswani et al. 2017, Attention Is All You Need",
		Remembers: "every token of the window, looked up by content",
		Defaults: func(size string) (*Settings, error) {
			s, err := preset(size)
			if err == nil && size == "base" {
				s.Train.Batch, s.Train.Context = 8, 256
			}
			return s, err
		},
		Quick: func(corpus string) map[string]any {
			values := map[string]any{
				// After equal seconds Muon is nearer to the limit than AdamW, although its steps
				// take longer; see the experiment speedrun.
				"optimizer": train.Muon, "momentum": 0.9, "schedule": "linear",
				"warmup": 50, "lr": 24e-3, "min_lr": 0.0, "beta2": 0.98, "weight_decay": 0.01,
				"n_layer": 2, "n_head": 4, "n_embd": 64,
				// With 64 channels and GPT-2's 0.02, the model learns to copy only late.
				"initializer_range": 0.05,
			}
			wholeDocuments(values, corpus)
			values["batch"] = 8
			return values
		},
		Tuning:   Tuning{Marks: []string{task.Delimiter, task.Extract}},
		Learning: &Learning{New: New(transformer.New), Start: Windows, Mixes: true},
	}
}

// wholeDocuments makes the rows of a batch long enough for a document of a generated corpus.
func wholeDocuments(values map[string]any, corpus string) {
	if _, generated := FindGenerated(corpus); generated {
		values["batch"], values["context"] = 16, 128
	}
}

// Preset makes Species.Defaults from a table of sizes and the recipe of the small one. The base
// size has half the learning rate and trains for longer.
func Preset[C any](
	table func(size string) (C, error), recipe func(*train.Config),
) func(size string) (*Settings, error) {
	return func(size string) (*Settings, error) {
		c, err := table(size)
		if err != nil {
			return nil, err
		}
		t := train.Default()
		quarter := train.Every{Time: train.Duration(15 * time.Second)}
		t.Batch, t.Context, t.EvalEvery, t.SaveEvery = 12, 64, quarter, quarter
		recipe(&t)
		if size == "base" {
			t.LR, t.MinLR, t.Steps = t.LR/2, t.MinLR/2, 5000
		}
		return &Settings{Model: &c, Train: &t}, nil
	}
}

// New turns a constructor into a Learning.New. The setting vocab_size follows from the tokenizer.
func New[C, M any](
	construct func(C, *rand.Rand) (M, error),
) func(config any, tok corpus.Tokenizer, rng *rand.Rand) (any, error) {
	return func(config any, tok corpus.Tokenizer, rng *rand.Rand) (any, error) {
		c, ok := config.(*C)
		if !ok {
			return nil, fmt.Errorf("configuration is a %T; want %T", config, c)
		}
		setVocab(c, tok.Vocab())
		m, err := construct(*c, rng)
		if err != nil {
			return nil, err // m would be a nil pointer in an interface
		}
		return m, nil
	}
}

// Windows prepares the training of a causal model on shuffled rows that are cut at any position.
func Windows(model any, text *Text, c train.Config) (Training, error) {
	if text.Mixture != nil {
		return mixed(model, text, c)
	}
	src, err := corpus.NewWindows(text.Train, c.Batch, c.Context, text.Seed)
	if err != nil {
		return Training{}, err
	}
	return startText(model, src, c)
}

// Lanes prepares the training of a causal model that carries its memory from row to row: each row
// continues where the previous row of its lane ended. In a mixture, every row begins without
// memory.
func Lanes(model any, text *Text, c train.Config) (Training, error) {
	if text.Mixture != nil {
		return mixed(model, text, c)
	}
	src, err := corpus.NewLanes(text.Train, c.Batch, c.Context, text.Seed)
	if err != nil {
		return Training{}, err
	}
	return startText(model, src, c)
}

// mixed starts the training of a causal model on a mixture of texts.
func mixed(model any, text *Text, c train.Config) (Training, error) {
	perBatch := 0.0
	if s, ok := model.(train.Shaped); ok {
		perBatch = float64(c.Batch*c.Context) * s.Shape(c.Context).FLOPs
	}
	batches := c.Batches(perBatch)
	if text.Mixture.changes() && batches == 0 {
		return Training{}, Misuse{errors.New("--mix-end needs a training whose length does not " +
			"depend on the clock; use --steps or --flops")}
	}
	docs := make([][][]lm.Token, 0, len(text.Split.Parts))
	rest := text.Train
	for _, n := range text.Split.Parts {
		docs, rest = append(docs, rest[:n]), rest[n:]
	}
	_, carries := model.(train.Carrier)
	src, err := corpus.NewMixed(docs, text.Mixture.shares(), c.Batch, c.Context, text.Seed,
		batches*c.Batch, carries)
	if err != nil {
		return Training{}, err
	}
	t, err := startText(model, src, c)
	t.Epochs = src.Epochs
	return t, err
}

func startText(model any, src corpus.Source, c train.Config) (Training, error) {
	l, ok := model.(train.Learner[corpus.Batch])
	if !ok {
		return Training{}, fmt.Errorf("%T cannot learn from text; want a method "+
			"Loss(*autograd.Tape, corpus.Batch)", model)
	}
	tr, err := train.NewTrainer(l, src, c)
	return Training{Trainer: tr}, err
}

// Neural is a causal model that learns by gradient descent.
type Neural interface {
	lm.Scorer
	lm.Stepper
	train.Learner[corpus.Batch]
}
