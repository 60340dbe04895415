package lmzoo_test

import (
	"context"
	"fmt"
	"math"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/zoo"
)

// The history of language models in a few seconds. Five species read the same 100,000 words of a
// world of known entropy and are evaluated on held-out text. The perplexity is the number of
// equally likely words among which a model has to choose. No model can be better than the last row.
func Example_history() {
	data := zoo.Data{Corpus: zoo.WorldName, Tokens: 100_000}
	split, err := data.Load(context.Background(), zoo.Input{})
	if err != nil {
		fmt.Println(err)
		return
	}
	words, err := corpus.Train("word", split.Train, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	var report *eval.Report
	for _, name := range []string{"unigram", "bigram", "ngram", "lstm", "gpt"} {
		species, err := zoo.Standard().Find(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		if report, err = evaluate(species, words, split); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d  %-26s %6.1f\n", species.Year, species.Title, report.Perplexity())
	}
	limit := 0.0 // nats of the true entropy
	for _, c := range report.Classes {
		limit += c.TruthNats
	}
	fmt.Printf("      %-26s %6.1f\n", "the limit: true entropy",
		math.Exp(limit/float64(report.Tokens)))
	// Output:
	// 1948  unigram                     120.5
	// 1948  bigram                        6.8
	// 1998  5-gram modified Kneser-Ney    3.6
	// 2012  LSTM                          3.2
	// 2018  GPT                           3.0
	//       the limit: true entropy       1.7
}

// evaluate trains a species (a neural one for a second or two) and evaluates it on the first
// documents of the test part.
func evaluate(species *zoo.Species, words corpus.Tokenizer,
	split corpus.Split) (*eval.Report, error) {
	small := map[string]map[string]any{
		"lstm": {"n_embd": 32, "hidden": 64, "batch": 16, "context": 64, "steps": 400, "lr": 0.01,
			"warmup": 20},
		"gpt": {"n_embd": 64, "n_layer": 2, "n_head": 4, "batch": 8, "context": 128, "steps": 300,
			"lr": 0.006, "warmup": 30},
	}
	settings, err := species.Settings("")
	if err != nil {
		return nil, err
	}
	if err := settings.Set(small[species.Name]); err != nil {
		return nil, err
	}
	ctx := context.Background()
	run, err := zoo.Make(ctx, zoo.Order{
		Species: species, Settings: settings, Tokenizer: words,
		Split: corpus.Split{Train: split.Train}, Seed: 1, Threads: 2,
	})
	if err != nil {
		return nil, err
	}
	m, err := run.LM()
	if err != nil {
		return nil, err
	}
	return eval.Run(ctx, m, words, split.Test[:300], eval.Options{Threads: 2})
}
