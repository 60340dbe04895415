package ngram_test

import (
	"fmt"
	"os"
	"strings"

	"lmzoo/lm"
	"lmzoo/ngram"
)

// The smallest derivation: two sentences, a bigram, and every number behind one probability. The
// text is too small to estimate discounts from counts of counts, as the notes report.
func Example() {
	words := []string{"</s>", "<unk>", "the", "cat", "sat", "slept"}
	docs := [][]lm.Token{
		{2, 3, 4, lm.BOS}, // the cat sat
		{2, 3, 5, lm.BOS}, // the cat slept
	}
	model, notes, err := ngram.Train(docs,
		ngram.Config{Order: 2, Smoothing: "modified-kneser-ney", Vocab: len(words), Unk: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Join(notes, "\n"))
	fmt.Println()
	why, err := model.Explain([]lm.Token{2, 3}, 4)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = why.Write(os.Stdout, func(t lm.Token) string { return words[t] })
	// Output:
	// orders 1, 2: the text is too short or too artificial to estimate discounts; using 0.5, 1 and 1.5
	//
	// P(sat | cat) by modified-kneser-ney, order 2
	//
	// Without a history, every token has 1/V = 0.1667
	//
	// sat, after anything:
	//   it occurs 1 time, but what counts is that it follows 1 different token
	//   α = (1 − 0.5) / 6 = 0.08333
	//   γ = (0.5·4 + 1·1 + 1.5·0) / 6 = 0.5
	//   P = α + γ P(shorter history) = 0.08333 + 0.5 · 0.1667 = 0.1667
	//
	// sat, after "cat":
	//   seen 1 time of 2 here; 2 different tokens seen
	//   α = (1 − 0.5) / 2 = 0.25
	//   γ = (0.5·2 + 1·0 + 1.5·0) / 2 = 0.5
	//   P = α + γ P(shorter history) = 0.25 + 0.5 · 0.1667 = 0.3333
	//
	// P = 0.3333, 1.0986 nats
}
