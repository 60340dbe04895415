package task_test

import (
	"fmt"
	"strings"

	"lmzoo/task"
)

// The same examples, as a bag of words and in order: "not" turns the next word around, which a bag
// of words cannot see.
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
