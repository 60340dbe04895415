// Package task measures how useful a pre-trained model is for a task with labels. It reads, splits
// and draws examples, scores classifiers, and holds the baselines to compare them with.
//
// Network classifies texts over the hidden vectors of a pre-trained model. The baselines are
// Majority, NaiveBayes, Logistic (logistic regression on a bag of words) and NGrams (one language
// model per label, as in the era of statistical models). NewWorld returns the reviews of the
// synthetic world, whose best possible accuracy is known.
package task

import (
	"fmt"
	"slices"
	"strings"
)

// Example is a text, or a pair of texts, with its label.
type Example struct {
	Text  string `json:"text"`
	Pair  string `json:"pair,omitempty"` // the second text of a pair; empty for single texts
	Label string `json:"label"`
	Line  int    `json:"-"` // line number in the file, counted from 1; 0 if unknown
}

// Set is a list of examples and the ordered classes of their task. The label of an example is one
// of the classes.
type Set struct {
	Classes  []string
	Examples []Example
}

// Classifier assigns each class of a task a probability. It is safe for concurrent use.
type Classifier interface {
	// Classes returns the names of the classes in order.
	Classes() []string
	// LogProbs stores ln P(class | example) in dst for every class and returns dst, which it
	// allocates if it is too short. It does not read the label.
	LogProbs(dst []float64, e Example) []float64
}

// NewSet makes a set of examples; its classes are their labels in alphabetical order. It returns an
// error for an example without text or label, and for a mixture of single texts and pairs.
func NewSet(examples []Example) (*Set, error) {
	s := &Set{Examples: examples}
	for i, e := range examples {
		if err := e.check(examples[0].Pair != ""); err != nil {
			return nil, fmt.Errorf("%s: %w", place(e, i), err)
		}
		s.Classes = append(s.Classes, e.Label)
	}
	slices.Sort(s.Classes)
	s.Classes = slices.Compact(s.Classes)
	return s, nil
}

// place names an example in an error.
func place(e Example, i int) string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d", e.Line)
	}
	return fmt.Sprintf("example %d", i+1)
}

func (e Example) check(pairs bool) error {
	switch {
	case strings.TrimSpace(e.Label) == "":
		return fmt.Errorf("the label is empty")
	case strings.TrimSpace(e.Label) != e.Label:
		return fmt.Errorf("label %q begins or ends with white space; want it without", e.Label)
	case strings.TrimSpace(e.Text) == "":
		return fmt.Errorf("the text is empty")
	case (e.Pair != "") != pairs:
		return fmt.Errorf("single texts and pairs are mixed; want a second text in every example " +
			"or in none")
	case pairs && strings.TrimSpace(e.Pair) == "":
		return fmt.Errorf("the second text is empty")
	}
	return nil
}

// Pairs reports whether the examples are pairs of texts.
func (s *Set) Pairs() bool { return len(s.Examples) > 0 && s.Examples[0].Pair != "" }

// CheckTraining returns an error unless the set has examples of two classes or more.
func (s *Set) CheckTraining() error {
	switch len(s.Classes) {
	case 0:
		return fmt.Errorf("the task has no examples; want at least two classes")
	case 1:
		return fmt.Errorf("all %d examples have the label %q; want at least two classes",
			len(s.Examples), s.Classes[0])
	}
	return nil
}

// Under returns the set with the classes of the training set, in the order of that set. It returns
// an error for any other label.
func (s *Set) Under(classes []string) (*Set, error) {
	for i, e := range s.Examples {
		if !slices.Contains(classes, e.Label) {
			return nil, fmt.Errorf("%s: unknown label %q; the task was learned with %s",
				place(e, i), e.Label, strings.Join(classes, ", "))
		}
	}
	return &Set{classes, s.Examples}, nil
}

// Index returns the index of a label in the classes, or −1 if it is not one of them.
func (s *Set) Index(label string) int { return slices.Index(s.Classes, label) }

// counts returns the number of examples of each class.
func (s *Set) counts() []int {
	n := make([]int, len(s.Classes))
	for _, e := range s.Examples {
		n[s.Index(e.Label)]++
	}
	return n
}
