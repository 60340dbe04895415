package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"lmzoo/align"
	"lmzoo/eval"
	"lmzoo/report"
	"lmzoo/task"
	"lmzoo/zoo"
)

// evaluations holds the rows of all runs. The numbers of different kinds of model are not
// comparable, so each kind has a table of its own.
type evaluations struct {
	causal   []*evaluation
	masked   []*maskedEvaluation
	measured []*measuredEvaluation
	tasks    []*taskEvaluation
	boards   []*align.Scoreboard
	ordered  []any // all rows, in the order of the runs
}

// backwards is the result of a model that reads a text from its end to its beginning.
type backwards struct {
	Tokens      int         `json:"tokens"`
	Nats        eval.Number `json:"nats"`
	Perplexity  eval.Number `json:"perplexity"`
	BitsPerByte eval.Number `json:"bits_per_byte"`
}

// newBackwards summarises a result. It omits bits per byte for a closed vocabulary, because the
// spelling of unknown words costs nothing.
func newBackwards(r eval.Result, closed bool) *backwards {
	b := &backwards{r.Tokens, eval.Number(r.Nats), eval.Number(r.Perplexity()),
		eval.Number(r.BitsPerByte())}
	if closed {
		b.BitsPerByte = eval.Number(math.NaN())
	}
	return b
}

// maskedEvaluation is the row of a model that predicts each token from all others.
type maskedEvaluation struct {
	rated
	Documents        int         `json:"documents"`
	Tokens           int         `json:"tokens"`
	PseudoNats       eval.Number `json:"pseudo_nats"`
	PseudoPerplexity eval.Number `json:"pseudo_perplexity"`
}

// masked evaluates a model that predicts each token from all others.
func (e *evaluator) masked(ctx context.Context, r *zoo.Run, text *evalText, opt eval.Options,
	about rated, rows *evaluations) error {
	f, err := r.Filler()
	if err != nil {
		return err
	}
	start := time.Now()
	p, err := eval.PseudoRun(ctx, f, r.Tokenizer, text.docs, opt)
	if err != nil {
		return err
	}
	about.Kind, about.Seconds = "masked", time.Since(start).Seconds()
	row := &maskedEvaluation{about, p.Documents, p.Tokens, eval.Number(p.Nats),
		eval.Number(p.Perplexity())}
	rows.masked, rows.ordered = append(rows.masked, row), append(rows.ordered, row)
	return nil
}

// measuredEvaluation is the row of a model whose only measure is its validation measure during
// training.
type measuredEvaluation struct {
	rated
	Documents int         `json:"documents"`
	Measure   string      `json:"measure"`
	Value     eval.Number `json:"value"`
	Unit      string      `json:"unit"`
}

// measured evaluates a model by the measure of its validation during training, which may depend on
// the training text.
func (e *evaluator) measured(ctx context.Context, r *zoo.Run, text *evalText, _ eval.Options,
	about rated, rows *evaluations) error {
	own, err := e.load(ctx, r.Config.Data, r)
	if err != nil {
		return fmt.Errorf("reading the training text, which the measure depends on: %w", err)
	}
	start := time.Now()
	x, v, err := r.Measure(ctx, own.split.Train, text.docs)
	if err != nil {
		return err
	}
	about.Kind, about.Seconds = "pairs", time.Since(start).Seconds()
	row := &measuredEvaluation{about, len(text.docs), v.Name, eval.Number(x), v.Unit}
	rows.measured, rows.ordered = append(rows.measured, row), append(rows.ordered, row)
	return nil
}

// task evaluates a fine-tuned run on labelled texts and compares it with the first of its kind.
func (l *evaluations) task(r *zoo.Run, file string, seed uint64) error {
	row, err := evalTask(r, file, seed)
	if err != nil {
		return err
	}
	if len(l.tasks) > 0 {
		if d, err := task.Paired(row.score, l.tasks[0].score, seed); err == nil {
			row.Against = &d
		}
	}
	l.tasks, l.ordered = append(l.tasks, row), append(l.ordered, row)
	return nil
}

// print prints one table for each kind that occurs.
func (l *evaluations) print(w io.Writer, perToken bool) {
	var texts []rated
	for _, row := range l.causal {
		texts = append(texts, row.rated)
	}
	for _, row := range l.masked {
		texts = append(texts, row.rated)
	}
	for _, row := range l.measured {
		texts = append(texts, row.rated)
	}
	blank := func() {}
	next := func() { blank(); blank = func() { fmt.Fprintln(w) } }
	if len(l.causal) > 0 {
		next()
		printEvaluations(w, l.causal, perToken)
		l.printBackwards(w)
	}
	if len(l.masked) > 0 {
		next()
		l.printMasked(w)
	}
	if len(l.measured) > 0 {
		next()
		l.printMeasured(w)
	}
	printTexts(w, texts)
	if len(l.boards) > 0 {
		next()
		printBoards(w, l.boards)
	}
	if len(l.tasks) > 0 {
		next()
		printTasks(w, l.tasks)
	}
}

// printBackwards prints the results of models that read the text from its end.
func (l *evaluations) printBackwards(w io.Writer) {
	t := newTable(w, "run", "model", ">tokens", ">perplexity", ">bits/byte")
	t.spare, t.long = []string{"tokens", "model"}, "run"
	for _, r := range l.causal {
		if b := r.Backwards; b != nil {
			t.AppendRow(table.Row{r.Run, r.Model, b.Tokens, number(float64(b.Perplexity), 3),
				number(float64(b.BitsPerByte), 4)})
		}
	}
	if t.Length() > 0 {
		fmt.Fprintln(w, "\nThe same text read backwards, each token predicted from the tokens "+
			"after it:")
		t.print()
	}
}

func (l *evaluations) printMasked(w io.Writer) {
	fmt.Fprintln(w, "Each token predicted from all others, which does not give the probability "+
		"of a text:")
	t := newTable(w, "run", "model", ">params", ">tokens", ">pseudo-perplexity", ">s")
	t.spare, t.long = []string{"s", "tokens", "model", "params"}, "run"
	for _, r := range l.masked {
		t.AppendRow(table.Row{r.Run, r.Model, report.Count(r.Params), r.Tokens,
			number(float64(r.PseudoPerplexity), 3), fmt.Sprintf("%.1f", r.Seconds)})
	}
	t.print()
}

func (l *evaluations) printMeasured(w io.Writer) {
	t := newTable(w, "run", "model", ">params", "measure", ">value", "unit", ">s")
	t.spare, t.long = []string{"s", "model", "params"}, "run"
	for _, r := range l.measured {
		t.AppendRow(table.Row{r.Run, r.Model, report.Count(r.Params), r.Measure,
			number(float64(r.Value), 4), r.Unit, fmt.Sprintf("%.1f", r.Seconds)})
	}
	t.print()
}
