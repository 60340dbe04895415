package zoo_test

import (
	"context"
	"fmt"

	"lmzoo/corpus"
	"lmzoo/zoo"
)

// A bigram model is trained on 20,000 words of the world and asked for the likeliest next word. Its
// row in the catalogue holds everything that distinguishes it from other species.
func Example() {
	ctx := context.Background()
	species, err := zoo.Standard().Find("bigram")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s (%s, %d) remembers %s\n", species.Title, species.Era, species.Year,
		species.Remembers)

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
	model, err := run.LM()
	if err != nil {
		fmt.Println(err)
		return
	}
	best := 0
	logProbs := model.NextLogProbs(nil, words.Encode(nil, "once in"))
	for v, p := range logProbs {
		if p > logProbs[best] {
			best = v
		}
	}
	fmt.Printf("once in%s\n", words.Text(int32(best)))
	// Output:
	// bigram (SLM, 1948) remembers the last token
	// once in autumn
}

// For a mistyped name, the error suggests the closest name.
func ExampleCatalogue_Find() {
	_, err := zoo.Standard().Find("gtp")
	fmt.Println(err)
	// Output: unknown species "gtp"; did you mean "gpt"?
}
