package mlp_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/mlp"
	"lmzoo/nn"
)

// A table of counts cannot generalize, but the network can: it reads "the cat runs", "the dog runs"
// and "the cat sleeps", learns similar vectors for cat and dog, and predicts "the dog sleeps",
// which it has never seen.
func ExampleModel_Loss() {
	words := []string{"", "the", "a", "cat", "dog", "stone", "runs", "sleeps", "falls"}
	text := []int32{
		0, 1, 3, 6, 0, 1, 3, 7, 0, 2, 3, 6, 0, 2, 3, 7, // cats run and sleep
		0, 1, 4, 6, 0, 2, 4, 6, // dogs run
		0, 1, 5, 8, 0, 2, 5, 8, // stones fall
		0,
	}
	n := len(text) - 1
	batch := corpus.Batch{B: 1, T: n, X: text[:n], Y: text[1:], N: n}
	m, err := mlp.New(mlp.Config{VocabSize: len(words), Context: 2, NEmbd: 2, Hidden: 8},
		rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range nn.Params(m) {
		fmt.Println(p.Name, p.Rows, "×", p.Cols)
	}
	tape := autograd.NewTape()
	for range 300 {
		tape.Reset()
		tape.Backward(m.Loss(tape, batch))
		for _, p := range nn.Params(m) { // gradient descent
			for i := range p.Grad {
				p.Data[i] -= 0.3 * p.Grad[i]
				p.Grad[i] = 0
			}
		}
	}
	sleeps := func(subject int32) float64 {
		return math.Exp(m.NextLogProbs(nil, []int32{1, subject})[7])
	}
	fmt.Printf("P(sleeps | the cat) = %.1f, dog %.1f, stone %.1f\n", sleeps(3), sleeps(4),
		sleeps(5))
	// Output:
	// C 9 × 2
	// H 8 × 4
	// d 1 × 8
	// U 9 × 8
	// b 1 × 9
	// P(sleeps | the cat) = 0.4, dog 0.2, stone 0.0
}

// Skip-gram with negative sampling: cat and dog occur beside the same words, cat and stone do not.
// The model is not told which words are similar.
func ExampleWord2Vec() {
	words := []string{"", "cat", "dog", "stone", "cloud", "sleeps", "eats", "falls", "drifts"}
	docs := [][]int32{
		{1, 5}, {1, 6}, {2, 5}, {2, 6}, // cats and dogs sleep and eat
		{3, 7}, {3, 8}, {4, 7}, {4, 8}, // stones and clouds fall and drift
	}
	m, err := mlp.NewWord2Vec(mlp.Word2VecConfig{VocabSize: len(words), NEmbd: 8,
		Objective: mlp.SkipGram, Window: 1, Negative: 2, Power: 0.75}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	l, _ := mlp.NewWord2VecLearner(m, docs, 4, 8, 1, 1)
	for step := range 500 {
		l.Step(step, 0.1)
	}
	unit := nn.Unit(m.Embeddings())
	for w := range int32(4) {
		near := nn.Nearest(unit, 1+w, 1, func(t int32) bool { return t == 0 || t > 4 })
		fmt.Println(words[1+w], "is most like", words[near[0].Token])
	}
	// Output:
	// cat is most like dog
	// dog is most like cat
	// stone is most like cloud
	// cloud is most like stone
}
