package task

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"lmzoo/corpus"
)

// Draw draws n examples in random order. Each class has at least one example, and its share of the
// draw equals its share of the set. Draws with one seed are nested: the draw of 50 begins with the
// draw of 20.
func (s *Set) Draw(n int, seed uint64) (*Set, error) {
	if n < len(s.Classes) || n > len(s.Examples) {
		return nil, fmt.Errorf("drawing %d of %d examples; want at least one for each of %d "+
			"classes, and no more than there are", n, len(s.Examples), len(s.Classes))
	}
	order := s.stratified(seed)
	return &Set{s.Classes, order[:n]}, nil
}

// stratified returns all examples in an order that begins with one example of each class and in
// which every prefix has the classes in proportion.
func (s *Set) stratified(seed uint64) []Example {
	byClass := make([][]Example, len(s.Classes))
	for _, e := range s.Examples {
		byClass[s.Index(e.Label)] = append(byClass[s.Index(e.Label)], e)
	}
	rng := rand.New(rand.NewPCG(seed, 0x7461736b))
	for _, examples := range byClass {
		rng.Shuffle(len(examples), func(i, j int) {
			examples[i], examples[j] = examples[j], examples[i]
		})
	}
	order := make([]Example, 0, len(s.Examples))
	taken := make([]int, len(byClass))
	for len(order) < len(s.Examples) {
		next, most := -1, 0.0
		for c, examples := range byClass {
			if taken[c] == len(examples) {
				continue
			}
			share := float64(len(examples)) / float64(len(s.Examples))
			owed := share*float64(len(order)+1) - float64(taken[c])
			if taken[c] == 0 {
				owed += float64(len(s.Examples)) // before any second example of another class
			}
			if next < 0 || owed > most {
				next, most = c, owed
			}
		}
		order = append(order, byClass[next][taken[next]])
		taken[next]++
	}
	return order
}

// Split divides the set into three parts at random, each of which has the classes in proportion.
func (s *Set) Split(ratio corpus.Ratio, seed uint64) (train, dev, test *Set) {
	order := s.stratified(seed)
	sum := ratio.Train + ratio.Valid + ratio.Test
	a, b := len(order)*ratio.Train/sum, len(order)*(ratio.Train+ratio.Valid)/sum
	part := func(examples []Example) *Set { return &Set{s.Classes, slices.Clip(examples)} }
	return part(order[:a]), part(order[a:b]), part(order[b:])
}
