package zoo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// mixName is the species of a run that is a mixture of others.
const mixName = "mix"

// mixConfig is such a mixture: the directories of the parts, and how much of each.
type mixConfig struct {
	Runs    []string  `json:"runs"`
	Weights []float64 `json:"weights"`
}

// mixed is the species of mixtures. It is not in the catalogue: there is nothing to train.
func mixed() *Species {
	return &Species{
		Name: mixName, Title: "mixture", Era: "all", Year: 1980,
		Paper:     "Jelinek & Mercer, Interpolated Estimation of Markov Source Parameters from Sparse Data",
		Remembers: "what its parts remember",
		settings:  func(string) (*Settings, error) { return &Settings{Model: &mixConfig{}}, nil },
	}
}

// mixRounds of expectation maximisation find the weights.
const mixRounds = 50

// Mix interpolates runs of one tokenizer, across eras, with the weights that make the documents likeliest. The documents
// should be those that no part was trained on; ctx ends the wait for their scores.
func Mix(ctx context.Context, runs []*Run, docs []corpus.Document) (*Run, error) {
	c := mixConfig{}
	var models []lm.Model
	for _, r := range runs {
		if r.Config.Tokenizer != runs[0].Config.Tokenizer {
			return nil, fmt.Errorf("%s and %s have different tokenizers; only models of the same tokens can be mixed: train both in one lmzoo compare, or on the same text with the same --tokenizer", runs[0].Dir, r.Dir)
		}
		models = append(models, r.Model)
		dir, err := filepath.Abs(r.Dir)
		if err != nil {
			return nil, err
		}
		c.Runs = append(c.Runs, dir)
	}
	if len(docs) == 0 {
		return nil, fmt.Errorf("there is no validation text to find the weights by; give one with --valid FILE")
	}
	m, err := lm.Mix(models, nil)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.Fit(corpus.EncodeDocuments(runs[0].Tokenizer, docs), mixRounds)
	c.Weights = m.Weights
	first := runs[0].Config
	r := &Run{Species: mixed(), Tokenizer: runs[0].Tokenizer, Model: m}
	r.Config = Config{Format: formatVersion, Species: mixName, Data: first.Data, Tokenizer: first.Tokenizer, Seed: first.Seed}
	r.Config.Model, err = json.Marshal(c)
	return r, err
}

// Weights are those of a mixture, by the directories of its parts.
func (r *Run) Weights() ([]string, []float64) {
	var c mixConfig
	if json.Unmarshal(r.Config.Model, &c) != nil {
		return nil, nil
	}
	return c.Runs, c.Weights
}

// Keep writes a mixture to a directory. Its parts stay where they are.
func (r *Run) Keep(dir string, command []string) error {
	r.Dir, r.Config.Command = dir, command
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return noDirectory(err)
	}
	if err := r.writeConfig(); err != nil {
		return err
	}
	return r.writeTokenizer()
}

// openMix opens the parts of a mixture.
func (r *Run) openMix(s *Settings) error {
	c := s.Model.(*mixConfig)
	var models []lm.Model
	for _, dir := range c.Runs {
		part, err := Open(dir)
		if err != nil {
			return fmt.Errorf("a part of the mixture %s: %w", r.Dir, err)
		}
		if part.Config.Tokenizer != r.Config.Tokenizer {
			return fmt.Errorf("%s, a part of the mixture %s, has another tokenizer now; mix again", dir, r.Dir)
		}
		models = append(models, part.Model)
	}
	m, err := lm.Mix(models, c.Weights)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, ConfigFile), err)
	}
	r.Model = m
	return nil
}

// hashMix adds the parts of a mixture to a fingerprint.
func (r *Run) hashMix(h io.Writer) error {
	dirs, weights := r.Weights()
	for i, dir := range dirs {
		part, err := Open(dir)
		if err != nil {
			return err
		}
		print, err := part.Fingerprint()
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %x\n", print, weights[i]) // a hash takes everything
	}
	return nil
}
