// Package playtest holds a small zoo and an HTTP client, which the tests of the playground share.
package playtest

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"lmzoo/corpus"
	"lmzoo/zoo"
)

// Data is the corpus of the small zoo: the first documents of the world.
var Data = zoo.Data{Corpus: zoo.WorldName, Tokens: 30_000}

// Split loads Data, with only a few documents for validation and test.
func Split() (corpus.Split, error) {
	split, err := Data.Load(context.Background(), zoo.Input{})
	if err != nil {
		return split, err
	}
	split.Valid, split.Test = split.Valid[:5], split.Test[:20]
	return split, nil
}

// Zoo trains one small model of each kind, and letters, a GPT over bytes. It trains them only once.
var Zoo = sync.OnceValues(func() ([]*zoo.Run, error) {
	split, err := Split()
	if err != nil {
		return nil, err
	}
	word, err := corpus.Train("word", split.Train, 0)
	if err != nil {
		return nil, err
	}
	letter, err := corpus.Train("byte", split.Train, 0)
	if err != nil {
		return nil, err
	}
	var runs []*zoo.Run
	for _, name := range []string{"uniform", "ngram", "mlp", "rnn", "lstm", "gru", "gpt", "gpt"} {
		tok, dir := word, "runs/"+name
		if len(runs) == 7 {
			tok, dir = letter, "runs/letters"
		}
		r, err := Train(name, dir, split, tok)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		runs = append(runs, r)
	}
	return runs, nil
})

// Sides trains a small BERT and a small word2vec, which have no next-token distribution. It trains
// them only once.
var Sides = sync.OnceValues(func() ([]*zoo.Run, error) {
	split, err := Split()
	if err != nil {
		return nil, err
	}
	word, err := corpus.Train("word", split.Train, 0)
	if err != nil {
		return nil, err
	}
	var runs []*zoo.Run
	for _, name := range []string{"bert", "word2vec"} {
		r, err := Train(name, "runs/"+name, split, word)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		runs = append(runs, r)
	}
	return runs, nil
})

// Train trains a species for some steps, in memory.
func Train(name, dir string, split corpus.Split, tok corpus.Tokenizer) (*zoo.Run, error) {
	species, err := zoo.Standard().Find(name)
	if err != nil {
		return nil, err
	}
	settings, err := species.SettingsWith("tiny", map[string]any{
		"steps": 60, "batch": 4, "lr": 5e-3, "warmup": 5, "eval_every": 60,
	})
	if err != nil {
		return nil, err
	}
	r, err := zoo.Make(context.Background(), zoo.Order{
		Species: species, Settings: settings, Data: Data, Split: split, Tokenizer: tok, Seed: 1,
	})
	if r != nil {
		r.Dir = filepath.FromSlash(dir)
	}
	return r, err
}
