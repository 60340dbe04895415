// Package zoo is the catalogue of language models: one row per species, in order of appearance. It
// trains a model of any species, stores it in a run directory, and opens it again.
package zoo

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/report/palette"
	"lmzoo/train"
)

// Species is a kind of language model: a row of the catalogue. Another module defines its own
// species and adds it with Standard().With. Only Name, Defaults and either Counting or Learning are
// required.
type Species struct {
	Name      string   `json:"name"`
	Aliases   []string `json:"aliases,omitempty"`
	Title     string   `json:"title"`
	Era       string   `json:"era"` // SLM, NLM, PLM, LLM
	Year      int      `json:"year"`
	Paper     string   `json:"paper"`
	Remembers string   `json:"remembers"` // the model's memory of earlier tokens, in words
	Sizes     []string `json:"sizes,omitempty"`
	Aside     bool     `json:"aside,omitempty"` // compared only when named

	// Colour is the colour in charts; the zero value stands for the colour of the era. See Palette.
	Colour palette.Colour `json:"colour,omitzero"`

	// Predicts names the prediction target if it is not the next token, such as "masked tokens". It
	// is empty for an lm.Model.
	Predicts string `json:"predicts,omitempty"`

	// Specials names the special tokens that the models need in addition to the vocabulary of the
	// tokenizer.
	Specials []string `json:"-"`

	// Defaults returns the settings of a size with its training recipe. The caller owns the
	// pointers.
	Defaults func(size string) (*Settings, error) `json:"-"`
	// Quick returns changes to Defaults for a model that learns as much as it can in seconds. nil
	// means none.
	Quick func(corpus string) map[string]any `json:"-"`
	// Validate reports the first invalid field of a configuration whose vocabulary is not known
	// yet. If it is nil, the method Validate of the configuration is used, if there is one.
	Validate func(config any) error `json:"-"`
	// Label returns the title of a model with a configuration. nil means Title.
	Label func(config any) string `json:"-"`

	Tuning   Tuning    `json:"-"` // the way in which the models are used for a task
	Counting *Counting `json:"-"` // for a model made in one pass over the text
	Learning *Learning `json:"-"` // for a model trained by gradient descent
}

// Counting makes a model in one pass over the text, writes it to a file, and reads it.
type Counting struct {
	Count func(config any, text *Text) (model any, notes []string, err error)
	// Stream counts a text that is not in memory, for a configuration that bounds the memory. If it
	// is nil, the text is always in memory.
	Stream func(config any, text *corpus.Stream, tok corpus.Tokenizer) (
		model any, notes []string, tokens int, err error)
	Bounded func(config any) bool
	// Save writes the file that Open reads. It is nil if the configuration is the whole model.
	Save func(model any, w io.Writer) error
	Open func(config any, tok corpus.Tokenizer, path string) (any, error)
}

// Learning trains a model step by step.
type Learning struct {
	// New returns an untrained model, a pointer to a struct with `param` tags. See New.
	New func(config any, tok corpus.Tokenizer, rng *rand.Rand) (any, error)
	// Start prepares the training of a model. See Windows and Lanes.
	Start func(model any, text *Text, c train.Config) (Training, error)
	// Validation names the number by which the model is validated. The zero value stands for nats
	// per token.
	Validation Validation
	// Mixes reports whether Start draws from the sources of a mixture, as Windows and Lanes do.
	Mixes bool
	// Measure computes Validation for a trained model on any held-out documents, for models that
	// have neither a next-token nor a fill distribution. text is the training text. It is nil if
	// there is no such measure.
	Measure func(ctx context.Context, model any, text *Text, docs [][]lm.Token) (float64, error)
}

// Training is a training run that is ready to start.
type Training struct {
	Trainer *train.Trainer
	Notes   []string // notes to the user
	// Epochs returns the number of times that each source of a mixture was read after the given
	// number of batches; nil for a single text.
	Epochs func(batches int) []float64
	// Adapter, if not nil, is trained and saved in place of the model.
	Adapter *align.LoRA
	// Rank measures a reward model on held-out pairs; nil for other models.
	Rank func(ctx context.Context) ([]align.Tally, error)
	// BestOf returns the gold rewards of the best of n answers by a reward model; nil: cannot be
	// measured.
	BestOf func(ctx context.Context) ([]BestOf, error)
	// Rollout, if not nil, returns the report on the last roll-out of reinforcement learning, and
	// whether the last step made it.
	Rollout func() (align.Report, bool)
	Close   func() error // releases resources such as a program; nil: none
	// Validate measures the model on held-out text; lower is better. nil means the cross-entropy of
	// the next token.
	Validate func(ctx context.Context) (float64, error)
}

// Validation describes the number that a validation returns.
type Validation struct {
	Name string `json:"name"` // such as "masked loss"
	Unit string `json:"unit"` // such as "nats per masked token"
}

// Text is the training data of a species.
type Text struct {
	Tokenizer corpus.Tokenizer
	Split     corpus.Split
	Train     [][]lm.Token // the encoded documents of Split.Train
	Mixture   *Mixture     // nil: a single text
	Seed      uint64
	Threads   int

	ctx context.Context // context of the training
}

// Extend returns the tokenizer with the special tokens that the species needs.
func (s *Species) Extend(tok corpus.Tokenizer) (corpus.Tokenizer, error) {
	var missing []string
	for _, name := range s.Specials {
		if _, ok := corpus.Special(tok, name); !ok {
			missing = append(missing, name)
		}
	}
	return corpus.WithSpecials(tok, missing...)
}

// IsNeural reports whether the species is trained step by step rather than counted in one pass.
func (s *Species) IsNeural() bool { return s.Learning != nil }

// ValidationUnit returns the unit of the species' validation, such as nats per masked token.
func (s *Species) ValidationUnit() string {
	if s.Learning != nil && s.Learning.Validation.Unit != "" {
		return s.Learning.Validation.Unit
	}
	return "nats/token"
}

// Palette returns the colour of the species in every chart and page.
func (s *Species) Palette() palette.Colour {
	if s.Colour != (palette.Colour{}) {
		return s.Colour
	}
	return palette.Species(s.Name, s.Era)
}

// Causal reports whether the models have a next-token distribution.
func (s *Species) Causal() bool { return s.Predicts == "" }

// Settings returns the default settings of a size; "" means the usual size.
func (s *Species) Settings(size string) (*Settings, error) {
	if size == "" {
		size = usualSize
	}
	if len(s.Sizes) > 0 && !slices.Contains(s.Sizes, size) {
		return nil, fmt.Errorf("%s has no size %q; want one of: %s",
			s.Name, size, strings.Join(s.Sizes, " "))
	}
	return s.Defaults(size)
}

const usualSize = "small"

// Check returns a Misuse for the first invalid setting, before any text is read.
func (s *Species) Check(settings *Settings) error {
	var err error
	if settings.Train != nil {
		err = settings.Train.Check()
	}
	if err == nil {
		err = s.validate(settings.Model)
	}
	if err != nil {
		return Misuse{err}
	}
	return nil
}

// leastVocab stands for the size of the vocabulary until there is a tokenizer: the document
// boundary and one more token.
const leastVocab = 2

func (s *Species) validate(config any) error {
	if s.Validate != nil {
		return s.Validate(config)
	}
	sized := withVocab(config, leastVocab)
	if v, ok := sized.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// CheckMixture returns an error if the species cannot learn from a mixture of texts.
func (s *Species) CheckMixture(d Data) error {
	switch {
	case d.Mixture == nil && !IsMixture(d.Corpus) || s.IsNeural() && s.Learning.Mixes:
		return nil
	case s.IsNeural():
		return Misuse{fmt.Errorf("%s cannot be trained on a mixture of texts; give it one text, "+
			"or choose a model of the next token", s.Name)}
	}
	return Misuse{fmt.Errorf("%s counts every text once, so a mixture has no meaning for it; "+
		"count the texts one by one and weight the runs with: lmzoo mix", s.Name)}
}

// TitleOf returns the title of a model of the species with these settings.
func (s *Species) TitleOf(settings *Settings) string {
	if s.Label != nil && settings != nil {
		return s.Label(settings.Model)
	}
	return s.Title
}
