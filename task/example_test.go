package task_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/task"
	"lmzoo/train"
)

// The same examples, as a bag of words and in order: "not" reverses the next word, which a bag of
// words cannot see.
func Example() {
	w := task.NewWorld(1, 1000, 0, 1000)
	fmt.Println(w.Train.Examples[0].Text[:62])
	fmt.Println(w.Train.Examples[0].Label)
	bag, _ := task.TrainNaiveBayes(w.Train, 1)
	ordered, _ := task.TrainNGrams(w.Train, 3)
	for name, c := range map[string]task.Classifier{"bag of words": bag, "3-grams": ordered,
		"limit": w.Limit()} {
		score, _ := task.Evaluate(c, w.Test, 1)
		fmt.Printf("%-12s %.2f\n", name, score.Accuracy)
	}
	// Unordered output:
	// review diner : luckily apple seemed delicious . price remained
	// positive
	// bag of words 0.78
	// 3-grams      0.90
	// limit        0.97
}

func ExampleReadTSV() {
	s, err := task.ReadTSV(strings.NewReader("positive\tan excellent film\nnegative\tboring\n"))
	fmt.Println(s.Classes, len(s.Examples), err)
	_, err = task.ReadTSV(strings.NewReader("positive\tan excellent film\nvery boring\n"))
	fmt.Println(err)
	// Output:
	// [negative positive] 2 <nil>
	// line 2: one column; want a label, a tab and a text
}

func ExampleSet_Draw() {
	s := task.NewWorld(1, 2000, 0, 0).Train
	few, _ := s.Draw(10, 1)
	positive := 0
	for _, e := range few.Examples {
		if e.Label == "positive" {
			positive++
		}
	}
	fmt.Println(len(few.Examples), positive)
	// Output: 10 5
}

func ExamplePaired() {
	w := task.NewWorld(1, 200, 0, 1000)
	words, _ := task.TrainNaiveBayes(w.Train, 1)
	bigrams, _ := task.TrainNaiveBayes(w.Train, 2)
	a, _ := task.Evaluate(bigrams, w.Test, 1)
	b, _ := task.Evaluate(words, w.Test, 1)
	d, _ := task.Paired(a, b, 1)
	fmt.Printf("bigrams are ahead by %.3f (%.3f to %.3f); tie: %v\n", d.Delta, d.Low, d.High, d.Tie)
	// Output: bigrams are ahead by 0.092 (0.067 to 0.117); tie: false
}

// A linear layer over a pre-trained body. The body here is minimal: vectors of eight words, in
// which the words of one mood are already close together. Two labels are therefore enough, and the
// network is right about words that occur in no labelled text.
func ExampleNetwork() {
	m, _ := mlp.NewWord2Vec(mlp.Word2VecConfig{VocabSize: 9, NEmbd: 2, Objective: mlp.SkipGram,
		Window: 1, Negative: 1}, rand.New(rand.NewPCG(1, 1)))
	for w := range 8 { // pre-training: words 1 to 4 are good, 5 to 8 are bad
		m.In.Row(1 + w)[0] = 1 - 2*float32(w/4)
	}
	n, err := task.New(m, 2, task.Mean, false, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	n.Freeze()
	c := train.Default()
	c.Batch, c.Context, c.Steps, c.LR, c.Warmup, c.Pieces = 2, 1, 100, 0.1, 0, 1
	labels := []task.Labelled{{Tokens: []lm.Token{1}, Label: 0}, {Tokens: []lm.Token{5}, Label: 1}}
	if _, err := task.FitFrozen(context.Background(), n, labels, c); err != nil {
		fmt.Println(err)
		return
	}
	for i, p := range n.LogProbs([][]lm.Token{{2, 3}, {7, 6, 8}}) {
		fmt.Printf("text %d: good %.2f, bad %.2f\n", i, math.Exp(p[0]), math.Exp(p[1]))
	}
	// Output:
	// text 0: good 0.98, bad 0.02
	// text 1: good 0.02, bad 0.98
}
