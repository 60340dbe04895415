package report_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"lmzoo/corpus"
	"lmzoo/report"
	"lmzoo/zoo"
)

// Two models are trained on 20,000 words of the world, evaluated on the same held-out text, and
// drawn on a page that needs no network.
func Example() {
	ctx := context.Background()
	data := zoo.Data{Corpus: zoo.WorldName, Tokens: 20_000}
	split, err := data.Load(ctx, zoo.Input{})
	if err != nil {
		fmt.Println(err)
		return
	}
	words, err := corpus.Train("word", split.Train, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	var runs []*zoo.Run
	for _, name := range []string{"unigram", "ngram"} {
		species, _ := zoo.Standard().Find(name) // both names exist
		settings, err := species.Settings("")
		if err != nil {
			fmt.Println(err)
			return
		}
		run, err := zoo.Make(ctx, zoo.Order{
			Species: species, Settings: settings, Data: data, Split: split, Tokenizer: words,
			Seed: 1, Threads: 1,
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		runs = append(runs, run)
	}
	c, err := report.Collect(ctx, runs, split.Test[:100],
		report.Options{Data: data, Split: "test", Seed: 1, Threads: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range c.Rows {
		fmt.Printf("%-26s %.2f bits per byte\n", r.Title, r.BitsPerByte)
	}
	var page bytes.Buffer
	if err := report.HTML(&page, c); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(page.String(), "<title>Language models on world</title>"))
	// Output:
	// unigram                    1.58 bits per byte
	// 5-gram modified Kneser-Ney 0.52 bits per byte
	// true
}
