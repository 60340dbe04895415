package jobs

import (
	"context"
	"fmt"

	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/play/web"
	"lmzoo/zoo"
)

// Line is a value to compare a learning curve with.
type Line struct {
	Name string    `json:"name"` // the limit, or 5-gram
	Loss web.Float `json:"loss"` // loss on the validation text, in nats per token
}

// drawLines adds the lines for a training run that is validated in nats per token: a 5-gram model
// of the same text and, if it is known, the cost of the validation text under its true
// distribution, which no model can beat on average.
func (q *Queue) drawLines(ctx context.Context, j *Job, o zoo.Order) error {
	if !comparable(o) {
		return nil
	}
	q.change(func() { j.Doing = "counting 5-grams for comparison" })
	species, err := zoo.Standard().Find("ngram")
	if err != nil {
		return err
	}
	settings, err := species.Settings("")
	if err != nil {
		return err
	}
	counted, err := zoo.Make(ctx, zoo.Order{Species: species, Settings: settings, Data: o.Data,
		Split: o.Split, Tokenizer: o.Tokenizer, Seed: o.Seed})
	if err != nil {
		return fmt.Errorf("counting 5-grams for comparison: %w", err)
	}
	docs := zoo.HeldOut(o.Tokenizer, o.Split.Valid)
	r, err := eval.Run(ctx, counted.Model.(lm.Model), o.Tokenizer, docs,
		eval.Options{Threads: q.opt.Threads})
	if err != nil {
		return fmt.Errorf("evaluating 5-grams for comparison: %w", err)
	}
	n := float64(r.Tokens)
	q.change(func() {
		j.Lines = []Line{{"5-gram", web.Float(r.Nats / n)}}
		if r.HasLimit {
			j.Lines = append(j.Lines, Line{"the limit", web.Float(r.LimitNats / n)})
		}
	})
	return nil
}

// comparable reports whether the validation of a training run is the cross-entropy of the next
// token.
func comparable(o zoo.Order) bool {
	return o.Species.IsNeural() && o.Species.Causal() && o.Task == nil && o.Stage == nil &&
		o.Species.Learning.Validation.Name == "" && o.Data.Mixture == nil &&
		len(o.Split.Train) > 0 && len(o.Split.Valid) > 0
}
