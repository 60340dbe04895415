// Package zoo is the catalogue: one row per species of language model, in order of appearance, and how an
// exhibit of any of them is made, kept in a directory and opened again.
package zoo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/ngram"
	"lmzoo/rnn"
	"lmzoo/train"
	"lmzoo/transformer"
)

// Species is a kind of language model.
type Species struct {
	Name      string   `json:"name"`
	Aliases   []string `json:"aliases,omitempty"`
	Title     string   `json:"title"`
	Era       string   `json:"era"` // SLM, NLM, PLM, LLM
	Year      int      `json:"year"`
	Paper     string   `json:"paper"`
	Remembers string   `json:"remembers"` // what it knows of the past when it predicts
	Sizes     []string `json:"sizes,omitempty"`
	Aside     bool     `json:"aside,omitempty"` // compared only when named

	settings func(size string) (*Settings, error)
	check    func(config any) error // says what of a shape cannot be had, whatever the text; nil: every one can
	count    func(config any, docs, valid [][]lm.Token, tok corpus.Tokenizer) (lm.Model, []string, error)
	build    func(config any, tok corpus.Tokenizer, rng *rand.Rand) (Neural, error)
	source   func(docs [][]lm.Token, b, t int, seed uint64) (corpus.Source, error)
}

// Neural is a species that learns by gradient descent.
type Neural interface {
	lm.Scorer
	lm.Stepper
	train.Learner[corpus.Batch]
}

// IsNeural reports whether the species is trained step by step, and not counted in one pass.
func (s *Species) IsNeural() bool { return s.build != nil }

// Catalogue is every species in order of appearance.
func Catalogue() []*Species {
	sizes := transformer.Sizes()
	return []*Species{
		{
			Name: "uniform", Title: "uniform", Era: "SLM", Year: 1948,
			Paper:     "Shannon, A Mathematical Theory of Communication, §3, zero-order approximation",
			Remembers: "nothing, and has seen nothing",
			settings:  func(string) (*Settings, error) { return &Settings{Model: &struct{}{}}, nil },
			count: func(_ any, _, _ [][]lm.Token, tok corpus.Tokenizer) (lm.Model, []string, error) {
				return lm.Uniform(tok.Vocab()), nil, nil
			},
		},
		counted("unigram", "unigram", 1948, 1, "Shannon, A Mathematical Theory of Communication, §3, first-order approximation", "nothing: how often each token occurs"),
		counted("bigram", "bigram", 1948, 2, "Shannon, A Mathematical Theory of Communication, §3, second-order approximation; Markov 1913", "the last token"),
		cached(),
		counted("ngram", "5-gram modified Kneser-Ney", 1998, 5, "Chen & Goodman, An Empirical Study of Smoothing Techniques for Language Modeling", "the last n−1 tokens, as exact counts", "kn5"),
		{
			Name: "mlp", Aliases: []string{"nplm"}, Title: "NPLM", Era: "NLM", Year: 2003, Sizes: sizes,
			Paper:     "Bengio et al., A Neural Probabilistic Language Model",
			Remembers: "the last n−1 tokens, as vectors that similar tokens share",
			settings:  preset(mlp.Preset, "mlp"),
			check:     valid(func(c *mlp.Config) { c.VocabSize = leastVocab }),
			build:     build(mlp.New, func(c *mlp.Config, v int) { c.VocabSize = v }),
			source:    windows,
		},
		recurrent("rnn", "Elman RNN", "elman", 2010, "Mikolov et al., Recurrent Neural Network Based Language Model; Elman 1990", "one vector, rewritten at every token", "elman"),
		recurrent("lstm", "LSTM", "lstm", 2012, "Sundermeyer et al., LSTM Neural Networks for Language Modeling; Hochreiter & Schmidhuber 1997", "a cell that gates protect from being overwritten"),
		recurrent("gru", "GRU", "gru", 2014, "Cho et al., Learning Phrase Representations using RNN Encoder–Decoder", "one vector that two gates keep or rewrite"),
		{
			Name: "gpt", Aliases: []string{"transformer"}, Title: "GPT", Era: "PLM", Year: 2018, Sizes: sizes,
			Paper:     "Radford et al. 2018, 2019; Vaswani et al. 2017, Attention Is All You Need",
			Remembers: "every token of the window, looked up by content",
			settings:  preset(transformer.Preset, "gpt"),
			check:     valid(func(c *transformer.Config) { c.VocabSize = leastVocab }),
			build:     build(transformer.New, func(c *transformer.Config, v int) { c.VocabSize = v }),
			source:    windows,
		},
	}
}

// Names are the names of the catalogue, in order.
func Names() []string {
	var names []string
	for _, s := range Catalogue() {
		names = append(names, s.Name)
	}
	return names
}

// Find returns the species of that name or alias.
func Find(name string) (*Species, error) {
	for _, s := range Catalogue() {
		if s.Name == name || slices.Contains(s.Aliases, name) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("there is no species %q; there are: %s", name, strings.Join(Names(), " "))
}

// Settings are the species' own for a size, "" meaning the usual one.
func (s *Species) Settings(size string) (*Settings, error) {
	if size == "" {
		size = usualSize
	}
	if len(s.Sizes) > 0 && !slices.Contains(s.Sizes, size) {
		return nil, fmt.Errorf("%s has no size %q; it has: %s", s.Name, size, strings.Join(s.Sizes, " "))
	}
	return s.settings(size)
}

const usualSize = "small"

// Check says in a Misuse what of these settings cannot be had, before any text is read.
func (s *Species) Check(settings *Settings) error {
	var err error
	if settings.Train != nil {
		err = settings.Train.Check()
	}
	if err == nil && s.check != nil {
		err = s.check(settings.Model)
	}
	if err != nil {
		return Misuse{err}
	}
	return nil
}

// counted is a row for an n-gram model.
func counted(name, title string, year, order int, paper, remembers string, aliases ...string) *Species {
	return &Species{
		Name: name, Aliases: aliases, Title: title, Era: "SLM", Year: year, Paper: paper, Remembers: remembers,
		settings: func(string) (*Settings, error) {
			return &Settings{Model: &countConfig{Config: ngram.Config{Order: order, Smoothing: "modified-kneser-ney"}}}, nil
		},
		check: func(config any) error {
			c := config.(*countConfig)
			if name != "ngram" && c.Order != order {
				return fmt.Errorf("a %s has order %d; any other is an ngram: lmzoo train ngram --order %d", name, order, c.Order)
			}
			return c.check()
		},
		count: func(config any, docs, _ [][]lm.Token, tok corpus.Tokenizer) (lm.Model, []string, error) {
			return config.(*countConfig).count(docs, tok)
		},
	}
}

// recurrent is a row for a recurrent network.
func recurrent(name, title string, cell string, year int, paper, remembers string, aliases ...string) *Species {
	return &Species{
		Name: name, Aliases: aliases, Title: title, Era: "NLM", Year: year, Paper: paper, Remembers: remembers,
		Sizes:    transformer.Sizes(),
		settings: preset(func(size string) (rnn.Config, error) { return rnn.Preset(cell, size) }, name),
		check:    valid(func(c *rnn.Config) { c.VocabSize = leastVocab }),
		build:    build(rnn.New, func(c *rnn.Config, v int) { c.VocabSize = v }),
		source:   lanes,
	}
}

// preset makes a species' settings from its room's table of sizes.
func preset[C any](table func(size string) (C, error), name string) func(string) (*Settings, error) {
	return func(size string) (*Settings, error) {
		c, err := table(size)
		if err != nil {
			return nil, err
		}
		t := recipe(name, size)
		return &Settings{Model: &c, Train: &t}, nil
	}
}

// leastVocab stands for the vocabulary while there is no tokenizer yet: the boundary of documents and one token more.
const leastVocab = 2

// valid checks the shape of a neural model but for the vocabulary, which sized sets.
func valid[C interface{ Validate() error }](sized func(*C)) func(any) error {
	return func(config any) error {
		c := *config.(*C)
		sized(&c)
		return c.Validate()
	}
}

// build makes a model of a vocabulary with random weights.
func build[C any, M Neural](make func(C, *rand.Rand) (M, error), vocab func(*C, int)) func(any, corpus.Tokenizer, *rand.Rand) (Neural, error) {
	return func(config any, tok corpus.Tokenizer, rng *rand.Rand) (Neural, error) {
		c := config.(*C)
		vocab(c, tok.Vocab())
		m, err := make(*c, rng)
		if err != nil {
			return nil, err // not m, which would be a nil pointer in an interface
		}
		return m, nil
	}
}

func windows(docs [][]lm.Token, b, t int, seed uint64) (corpus.Source, error) {
	w, err := corpus.NewWindows(docs, b, t, seed)
	if err != nil {
		return nil, err
	}
	return w, nil
}

func lanes(docs [][]lm.Token, b, t int, seed uint64) (corpus.Source, error) {
	l, err := corpus.NewLanes(docs, b, t, seed)
	if err != nil {
		return nil, err
	}
	return l, nil
}
