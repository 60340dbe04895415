package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"lmzoo/task"
	"lmzoo/zoo"
)

// taskEvaluation is a row of `lmzoo eval --json` for fine-tuned runs.
type taskEvaluation struct {
	Kind         string   `json:"kind"` // task
	Run          string   `json:"run"`
	Model        string   `json:"model"`
	Task         string   `json:"task"`
	Part         string   `json:"part"`
	Examples     int      `json:"examples"`
	Accuracy     float64  `json:"accuracy"`
	AccuracyLow  float64  `json:"accuracy_low"`
	AccuracyHigh float64  `json:"accuracy_high"`
	MacroF1      float64  `json:"macro_f1"`
	MacroF1Low   float64  `json:"macro_f1_low"`
	MacroF1High  float64  `json:"macro_f1_high"`
	Nats         float64  `json:"nats_per_text"`
	Classes      []string `json:"classes"`
	Confusion    [][]int  `json:"confusion"` // [label][prediction]
	// Limit is the accuracy of the best possible classifier on these texts
	Limit   *float64         `json:"limit,omitempty"`
	Against *task.Difference `json:"against_first,omitempty"`

	score *task.Score
}

// evalTask evaluates a fine-tuned run on labelled texts: all examples of a file, or the test part
// of the run's own task if file is empty.
func evalTask(r *zoo.Run, file string, seed uint64) (*taskEvaluation, error) {
	m, err := r.Classifier()
	if err != nil {
		return nil, err
	}
	row := &taskEvaluation{Kind: "task", Run: r.Dir, Model: r.Title(), Task: file, Part: "all"}
	set, world, err := taskTexts(r, file)
	if err != nil {
		return nil, err
	}
	if file == "" {
		row.Task, row.Part = r.Config.Task.File, "test"
	}
	if len(set.Examples) == 0 {
		return nil, usagef("the test part of the task of %s is empty (split %s); give labelled "+
			"texts with --task", r.Dir, r.Config.Task.Split)
	}
	if row.score, err = task.Evaluate(m, set, seed); err != nil {
		return nil, err
	}
	s := row.score
	row.Examples, row.Classes, row.Confusion = len(s.Labels), s.Classes, s.Confusion
	row.Nats = s.NatsPerExample()
	row.Accuracy, row.AccuracyLow, row.AccuracyHigh = s.Accuracy, s.AccuracyLow, s.AccuracyHigh
	row.MacroF1, row.MacroF1Low, row.MacroF1High = s.MacroF1, s.MacroF1Low, s.MacroF1High
	if world != nil {
		best, err := task.Evaluate(world.Limit(), set, seed)
		if err != nil {
			return nil, err
		}
		row.Limit = &best.Accuracy
	}
	return row, nil
}

// taskTexts returns the texts to evaluate on, and the world that they were drawn from, if it is
// known.
func taskTexts(r *zoo.Run, file string) (*task.Set, *task.World, error) {
	if file != "" {
		all, err := task.Open(file)
		if err != nil {
			return nil, nil, usageError{err}
		}
		set, err := all.Under(r.Config.Task.Classes)
		return set, nil, err
	}
	info := *r.Config.Task
	sets, err := info.Load()
	return sets.Test, sets.World, err
}

// printTasks prints the scores, the paired differences and the confusion matrices.
func printTasks(w io.Writer, rows []*taskEvaluation) {
	t := newTable(w, "run", "model", "task", "part", ">texts", ">accuracy", "95 %", ">macro-F1",
		"95 %", ">nats/text")
	t.spare, t.long = []string{"model", "task", "nats/text"}, "run"
	for _, r := range rows {
		t.AppendRow(table.Row{
			r.Run, r.Model, r.Task, r.Part, r.Examples, number(r.Accuracy, 3),
			interval(r.AccuracyLow, r.AccuracyHigh, 3),
			number(r.MacroF1, 3), interval(r.MacroF1Low, r.MacroF1High, 3), number(r.Nats, 3),
		})
	}
	if limit := rows[0].Limit; limit != nil {
		t.AppendRow(table.Row{"", "the limit", rows[0].Task, "test", rows[0].Examples,
			number(*limit, 3)})
	}
	t.print()
	for _, r := range rows {
		if d := r.Against; d != nil {
			verdict := ""
			if d.Tie {
				verdict = ", a tie"
			}
			fmt.Fprintf(w, "%s minus %s: %+.3f accuracy, 95 %% %s%s\n", r.Run, rows[0].Run, d.Delta,
				interval(d.Low, d.High, 3), verdict)
		}
	}
	for _, r := range rows {
		printConfusion(w, r)
	}
}

// printConfusion prints how often each label was classified as each class.
func printConfusion(w io.Writer, r *taskEvaluation) {
	fmt.Fprintf(w, "\n%s, label by prediction:\n", r.Run)
	header := []string{"label"}
	for _, c := range r.Classes {
		header = append(header, ">"+c)
	}
	t := newTable(w, header...)
	for i, c := range r.Classes {
		row := table.Row{c}
		for _, n := range r.Confusion[i] {
			row = append(row, n)
		}
		t.AppendRow(row)
	}
	t.print()
}
