package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"lmzoo/corpus"
	"lmzoo/train"
	"lmzoo/zoo"
)

// Store keeps the models that experiments pre-train, so that experiments share them. A model is
// found by a fingerprint of everything that determines its weights: species, settings, corpus and
// seed. It holds ordinary run directories.
type Store struct {
	Dir string // "" keeps the models in memory

	catalogue zoo.Catalogue
	mu        sync.Mutex
	models    map[string]*zoo.Run
	texts     map[string]*text
	results   map[string]any // see remember
}

// NewStore returns a store in a directory, or in memory if dir is "".
func NewStore(dir string) *Store {
	return &Store{
		Dir: dir, catalogue: zoo.Standard(),
		models: map[string]*zoo.Run{}, texts: map[string]*text{}, results: map[string]any{},
	}
}

// remember returns the result of compute, computed now or earlier in this process, so that two
// experiments report on the same training.
func remember[T any](s *Store, key string, compute func() (T, error)) (T, error) {
	s.mu.Lock()
	old, ok := s.results[key]
	s.mu.Unlock()
	if ok {
		return old.(T), nil
	}
	x, err := compute()
	if err == nil {
		s.mu.Lock()
		s.results[key] = x
		s.mu.Unlock()
	}
	return x, err
}

// Pretraining is a model to pre-train on a generated corpus.
type Pretraining struct {
	Species string
	Corpus  string
	Tokens  int            // number of tokens of the training text
	Values  map[string]any // settings other than the species' quick recipe
	Seed    uint64
}

// Pretrained returns the model of p, trained now or earlier.
func (s *Store) Pretrained(ctx context.Context, env *Env, p Pretraining) (*zoo.Run, error) {
	species, err := s.catalogue.Find(p.Species)
	if err != nil {
		return nil, err
	}
	settings, err := species.Settings("tiny")
	if err != nil {
		return nil, err
	}
	if err := settings.Set(p.Values); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Species, err)
	}
	data, split, tok, err := s.text(ctx, p)
	if err != nil {
		return nil, err
	}
	if tok, err = species.Extend(tok); err != nil {
		return nil, err
	}
	print := fingerprint(p, settings, data)
	s.mu.Lock()
	r := s.models[print]
	s.mu.Unlock()
	if r != nil {
		return r, nil
	}
	o := zoo.Order{
		Species: species, Size: "tiny", Settings: settings, Data: data, Split: split,
		Tokenizer: tok, Seed: p.Seed, Threads: env.Threads,
	}
	if r, err = s.make(ctx, env, o, print); err != nil {
		return nil, fmt.Errorf("pre-training %s: %w", p.Species, err)
	}
	s.mu.Lock()
	s.models[print] = r
	s.mu.Unlock()
	return r, nil
}

// make opens the run with a fingerprint, or trains it.
func (s *Store) make(ctx context.Context, env *Env, o zoo.Order, print string) (*zoo.Run, error) {
	if s.Dir != "" {
		o.Dir = filepath.Join(s.Dir, o.Species.Name+"-"+print)
		switch c, err := zoo.ReadConfig(o.Dir); {
		case err == nil && c.Result != nil:
			return s.catalogue.Open(o.Dir)
		case err == nil:
			o.Overwrite = true // the run may have been interrupted
		case !errors.Is(err, fs.ErrNotExist):
			if _, stat := os.Stat(o.Dir); stat == nil {
				o.Overwrite = true
			}
		}
	}
	return zoo.Make(ctx, o, func(_ context.Context, _ *train.Trainer, e train.Event) error {
		if e.Kind == train.Stepped && e.Stats.Step%50 == 0 {
			env.say("pre-training %s, seed %d: step %d of %d, loss %.3f",
				o.Species.Name, o.Seed, e.Stats.Step, o.Settings.Train.Steps, e.Stats.Loss)
		}
		return nil
	})
}

// text returns a corpus and its word tokenizer, which are drawn only once.
func (s *Store) text(
	ctx context.Context, p Pretraining,
) (zoo.Data, corpus.Split, corpus.Tokenizer, error) {
	key := fmt.Sprint(p.Corpus, p.Tokens)
	s.mu.Lock()
	defer s.mu.Unlock()
	data := zoo.Data{Corpus: p.Corpus, Tokens: p.Tokens}
	if t := s.texts[key]; t != nil {
		return t.data, t.split, t.tok, nil
	}
	split, err := data.Load(ctx, zoo.Input{})
	if err != nil {
		return data, split, nil, err
	}
	tok, err := corpus.Train("word", split.Train, 0)
	if err != nil {
		return data, split, nil, err
	}
	split.Valid, split.Test = nil, nil // not needed here
	s.texts[key] = &text{data, split, tok}
	return data, split, tok, nil
}

// fingerprint returns a hash of everything that determines the weights.
func fingerprint(p Pretraining, settings *zoo.Settings, data zoo.Data) string {
	// plain data can always be marshalled
	id, _ := json.Marshal([]any{p, settings.Model, settings.Train, data})
	sum := sha256.Sum256(id)
	return hex.EncodeToString(sum[:8])
}

// text is a corpus with its tokenizer.
type text struct {
	data  zoo.Data
	split corpus.Split
	tok   corpus.Tokenizer
}
