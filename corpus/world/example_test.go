package world_test

import (
	"fmt"
	"math"
	"strings"

	"lmzoo/corpus"
	"lmzoo/corpus/world"
)

// The source predicts the distribution that the world draws from. It also knows which words the
// world never writes.
func ExampleSource() {
	w := world.New(world.DefaultSeed)
	tok, _ := corpus.Train("word", w.Split(1, 100_000, 0, 0).Train, 0)
	source, _ := world.NewSource(w, tok)

	text := "let us count coins . mira has two coins . she finds three more coins . now mira has"
	for token, logProb := range source.NextLogProbs(nil, tok.Encode(nil, text)) {
		if !math.IsInf(logProb, -1) {
			fmt.Printf("%q with probability %g\n", tok.Text(int32(token)), math.Exp(logProb))
		}
	}
	fmt.Println(source.Possible(tok.Encode(nil, "once upon a time")))
	// Output:
	// " five" with probability 1
	// token 2 is " upon", which is impossible there in this world; want "in"
}

// "but" announces the opinion that counts, and "not" reverses a word. The posterior accounts for
// both.
func ExampleReviews_Posterior() {
	r := world.NewReviews(world.DefaultSeed)
	for _, text := range []string{
		"review camera : battery was reliable",
		"review camera : battery was reliable but screen was grainy .",
		"review camera : battery was clunky but screen was not grainy .",
		"review camera : battery was thin",
		"review bistro : soup was thin",
	} {
		p, _ := r.Posterior(text)
		fmt.Printf("%.2f  %s\n", p.Positive, text)
	}
	// Output:
	// 0.66  review camera : battery was reliable
	// 0.10  review camera : battery was reliable but screen was grainy .
	// 0.90  review camera : battery was clunky but screen was not grainy .
	// 0.66  review camera : battery was thin
	// 0.34  review bistro : soup was thin
}

func ExampleReviews_Occurrences() {
	r := world.NewReviews(world.DefaultSeed)
	for _, o := range r.Occurrences(1, world.Test, 1) {
		words := strings.Fields(o.Text)
		before, _ := r.Posterior(strings.Join(words[:o.At+1], " "))
		fmt.Printf("%-5s P(food) is %.1f up to %q, a %s\n", o.Cues, before.Food, o.Word, o.Sense)
	}
	// Output:
	// left  P(food) is 0.0 up to "chip", a gadget
	// right P(food) is 0.5 up to "dish", a gadget
	// both  P(food) is 0.0 up to "dish", a gadget
}
