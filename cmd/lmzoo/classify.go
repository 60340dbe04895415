package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lmzoo/task"
	"lmzoo/zoo"
)

// classification is one line of `lmzoo classify --json`.
type classification struct {
	Text  string             `json:"text"`
	Pair  string             `json:"pair,omitempty"`
	Label string             `json:"label"`
	P     map[string]float64 `json:"p"`
}

func newClassify(cat zoo.Catalogue) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "classify RUN",
		Short: "Classify each line of standard input with a fine-tuned run",
		Long: `Classify each line of standard input with a run of lmzoo finetune. A line of
output contains the label, its probability and the text, separated by tabs. For a task with pairs
of texts, a line of input is two texts with a tab between them.`,
		Example: "  lmzoo classify runs/bert-50 < reviews.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := cat.Open(args[0])
			if err != nil {
				return err
			}
			m, err := r.Classifier()
			if err != nil {
				return err
			}
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetEscapeHTML(false)
			return lines(c.InOrStdin(), func(line string) error {
				e, err := parseLine(line, r.Config.Task.Pairs)
				if err != nil {
					return err
				}
				a := classify(m, e)
				if asJSON {
					return enc.Encode(a)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "%s\t%.3f\t%s\n",
					a.Label, a.P[a.Label], printable(line))
				return err
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return c
}

// parseLine reads one line of input: a text, or a pair of texts.
func parseLine(line string, pairs bool) (task.Example, error) {
	if !pairs {
		if strings.TrimSpace(line) == "" {
			return task.Example{}, fmt.Errorf("the text is empty; want one text per line")
		}
		return task.Example{Text: line}, nil
	}
	a, b, ok := strings.Cut(line, "\t")
	if !ok || strings.TrimSpace(a) == "" || strings.TrimSpace(b) == "" {
		return task.Example{}, fmt.Errorf(
			"one text; want two with a tab between them, because the task classifies pairs")
	}
	return task.Example{Text: a, Pair: b}, nil
}

// classify returns the most probable class of an example and the probability of each class.
func classify(m task.Classifier, e task.Example) classification {
	logProbs := m.LogProbs(nil, e)
	a := classification{Text: e.Text, Pair: e.Pair, P: map[string]float64{}}
	for i, class := range m.Classes() {
		a.P[class] = math.Exp(logProbs[i])
	}
	a.Label = m.Classes()[slices.Index(logProbs, slices.Max(logProbs))]
	return a
}
