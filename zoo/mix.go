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

// mixName is the species name of a mixture.
const mixName = "mix"

// mixConfig is the model configuration of a mixture: the directories, weights and identities of its
// parts.
type mixConfig struct {
	Runs    []string  `json:"runs"`
	Weights []float64 `json:"weights"`
	Parts   []string  `json:"parts,omitempty"`
}

// mixedSpecies returns the species of mixtures, which is not in the catalogue because it is not
// trained.
func mixedSpecies() *Species {
	return &Species{
		Name: mixName, Title: "mixture", Era: "all", Year: 1980,
		Paper: "Jelinek & Mercer, Interpolated Estimation of Markov Source " +
			"Parameters from Sparse Data",
		Remembers: "what its parts remember",
		Defaults:  func(string) (*Settings, error) { return &Settings{Model: &mixConfig{}}, nil },
	}
}

// mixRounds is the number of rounds of expectation maximisation.
const mixRounds = 50

// Mix interpolates runs that have the same tokenizer. The weights maximise the likelihood of the
// documents. No part should have been trained on them.
func Mix(ctx context.Context, runs []*Run, docs []corpus.Document) (*Run, error) {
	c := mixConfig{}
	var models []lm.Model
	for _, r := range runs {
		if r.Config.Tokenizer != runs[0].Config.Tokenizer {
			return nil, fmt.Errorf("cannot mix %s and %s: they have different tokenizers; train "+
				"both in one lmzoo compare, or on the same text with the same --tokenizer",
				runs[0].Dir, r.Dir)
		}
		m, err := r.LM()
		if err != nil {
			return nil, err
		}
		models = append(models, m)
		dir, err := filepath.Abs(r.Dir)
		if err != nil {
			return nil, err
		}
		c.Runs = append(c.Runs, dir)
		c.Parts = append(c.Parts, r.Config.identity())
	}
	if len(docs) == 0 {
		return nil, fmt.Errorf("no validation text to fit the weights to; give one with --valid " +
			"FILE")
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
	r := &Run{Species: mixedSpecies(), Tokenizer: runs[0].Tokenizer, Model: m,
		catalogue: runs[0].catalogue}
	r.Config = Config{Format: formatVersion, Species: mixName, Data: first.Data,
		Tokenizer: first.Tokenizer, Seed: first.Seed}
	r.Config.Model, err = json.Marshal(c)
	return r, err
}

// Weights returns the directories of the parts of a mixture, and their weights.
func (r *Run) Weights() ([]string, []float64) {
	var c mixConfig
	if json.Unmarshal(r.Config.Model, &c) != nil {
		return nil, nil
	}
	return c.Runs, c.Weights
}

// Keep writes a mixture to a directory and releases the lock. The parts remain in their own
// directories.
func (r *Run) Keep(l *Lock, command []string) error {
	defer l.Release()
	if err := r.excludes(l.Dir); err != nil {
		return err
	}
	r.Dir, r.Config.Command = l.Dir, command
	return r.create(nil)
}

// excludes refuses to write to the directory of the run, or, if the run is a mixture, of one of its
// parts.
func (r *Run) excludes(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	dirs, _ := r.Weights()
	if r.Dir != "" {
		dirs = append(dirs, r.Dir)
	}
	for len(dirs) > 0 { // this ends, because Open refuses mixtures that contain themselves
		part := dirs[0]
		dirs = dirs[1:]
		if other, err := os.Stat(part); err == nil && os.SameFile(info, other) {
			return Misuse{fmt.Errorf("cannot write to %s: the new run is made from it; "+
				"choose another directory", dir)}
		}
		c, err := ReadConfig(part)
		if err == nil && c.Species == mixName && part != r.Dir {
			more, _ := (&Run{Config: c}).Weights()
			dirs = append(dirs, more...)
		}
	}
	return nil
}

// openMix opens the parts of a mixture, which is itself part of the mixtures above.
func (r *Run) openMix(s *Settings, above []os.FileInfo) error {
	info, err := os.Stat(r.Dir)
	if err != nil {
		return err
	}
	for _, other := range above {
		if os.SameFile(info, other) {
			return fmt.Errorf("the mixture %s contains itself; mix again into another directory",
				r.Dir)
		}
	}
	c := s.Model.(*mixConfig)
	var models []lm.Model
	for i, dir := range c.Runs {
		part, err := r.catalogue.open(dir, append(above[:len(above):len(above)], info))
		if err != nil {
			return fmt.Errorf("a part of the mixture %s: %w", r.Dir, err)
		}
		if part.Config.Tokenizer != r.Config.Tokenizer {
			return fmt.Errorf("%s, a part of the mixture %s, now has another tokenizer; mix again",
				dir, r.Dir)
		}
		if i < len(c.Parts) && part.Config.identity() != c.Parts[i] {
			return fmt.Errorf("%s, a part of the mixture %s, is now another run; mix again", dir,
				r.Dir)
		}
		m, err := part.LM()
		if err != nil {
			return fmt.Errorf("a part of the mixture %s: %w", r.Dir, err)
		}
		models = append(models, m)
	}
	m, err := lm.Mix(models, c.Weights)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, ConfigFile), err)
	}
	r.Model = m
	return nil
}

// hashMix writes the fingerprints of the parts of a mixture to a hash.
func (r *Run) hashMix(h io.Writer) error {
	dirs, weights := r.Weights()
	for i, dir := range dirs {
		part, err := r.catalogue.Open(dir)
		if err != nil {
			return err
		}
		print, err := part.Fingerprint()
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %x\n", print, weights[i]) // writing to a hash does not fail
	}
	return nil
}
