package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/align"
	"lmzoo/eval"
	"lmzoo/report"
	"lmzoo/zoo"
)

// rated describes a row of `lmzoo eval --json`: the run, the text and the kind of measure.
type rated struct {
	Kind      string  `json:"kind"` // causal, masked, pairs or task
	Run       string  `json:"run"`
	Model     string  `json:"model"`
	Era       string  `json:"era"`
	Params    int     `json:"params"`
	Tokenizer string  `json:"tokenizer"`
	Corpus    string  `json:"corpus"`
	Split     string  `json:"split"`
	Seconds   float64 `json:"seconds"`
	// Lineage lists the parent of the run, the parent of that parent, and so on.
	Lineage []zoo.Ancestor `json:"lineage,omitempty"`
}

// model returns the name of the species, with the stage of post-training that made the run.
func (r rated) model() string {
	if len(r.Lineage) > 0 && slices.Contains(zoo.StageKinds(), r.Lineage[0].Stage) {
		return fmt.Sprintf("%s (%s)", r.Model, r.Lineage[0].Stage)
	}
	return r.Model
}

// evaluation is the row of a model that predicts the next token.
type evaluation struct {
	rated
	eval.Summary
	// Backwards is the result on the same text read from its end, for a model that reads in both
	// directions.
	Backwards *backwards `json:"backwards,omitempty"`
	// Against is the difference from the first run, by the paired bootstrap.
	Against *eval.Comparison `json:"against_first,omitempty"`

	report *eval.Report
}

func newEval(cat zoo.Catalogue) *cobra.Command {
	var (
		run        runFlags
		data       zoo.Data
		split      string
		perToken   bool
		byPosition bool
		stride     int
		int8       bool
		taskFile   string
	)
	c := &cobra.Command{
		Use:   "eval RUN...",
		Short: "Evaluate runs on held-out text",
		Long: `Evaluate runs on held-out text: bits per byte with its 95 % interval, bits per
character, perplexity and, on the world, the gap to the exact limit, in total and by class.
Several runs are compared with the first by the paired bootstrap. A directory of runs stands for
the runs in it. Without --corpus, the text is the test part of the run's own corpus, which is
recognised by its content even under another name.

Models without a next-token distribution have tables of their own, because their numbers are not
comparable: a model of masked tokens (BERT) has a pseudo-perplexity, where every token is
predicted from all others (Salazar et al. 2020), and word2vec has a loss in nats per pair. The
forward half of ELMo is listed with the causal models, and its backward perplexity is printed
separately. A fine-tuned run is evaluated on the labelled texts of its task.

With --corpus world-talk, a run that has learned to answer (lmzoo sft, dpo or rl) is asked questions
about its world: see lmzoo pipeline for the columns.`,
		Example: `  lmzoo eval runs/gpt runs/ngram
  lmzoo eval runs/gpt --corpus letters.txt --json --per-token`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := run.check(); err != nil {
				return err
			}
			p := newProgress(c.ErrOrStderr(), run.quiet)
			e := evaluator{cat: cat, split: split, data: data, progress: p, stdin: c.InOrStdin(),
				splitGiven: c.Flags().Changed("split"), named: args,
				options: eval.Options{Threads: run.threads, Stride: stride, PerToken: perToken,
					Seed: run.seed}}
			dirs := runsIn(cat, args)
			rows, err := e.all(c, cat, dirs, run, taskFile, int8)
			if err != nil {
				return err
			}
			if !byPosition && !run.json {
				for _, row := range rows.causal {
					row.Positions = nil
				}
			}
			compareWithFirst(rows.causal, run.seed)
			p.clear()
			if run.json {
				return printJSON(c.OutOrStdout(), rows.ordered)
			}
			rows.print(c.OutOrStdout(), perToken)
			return nil
		},
	}
	run.add(c)
	fs := c.Flags()
	fs.StringVar(&data.Corpus, "corpus", "", "text to evaluate on (default: the corpus of the run)")
	fs.StringVar(&data.Documents, "documents", "",
		"unit of a document: file, lines or paragraphs (default: as in training)")
	fs.StringVar(&split, "split", "test", "part of the corpus: train, valid, test or all (of a "+
		"corpus "+
		"that the run was not made from, the default is all)")
	fs.StringVar(&taskFile, "task", "", "labelled texts to evaluate fine-tuned runs on, .tsv or "+
		".jsonl (default: the test part of their task)")
	fs.BoolVar(&perToken, "per-token", false, "print the cost of every token")
	fs.BoolVar(&byPosition, "by-position", false,
		"print the cost of tokens by position in the document")
	fs.BoolVar(&int8, "int8", false,
		"also evaluate every run with its weights rounded to one byte each")
	fs.IntVar(&stride, "stride", 0, "step of a transformer's window, in tokens (default: as in "+
		"the run)")
	complete(c, "documents", documentKinds)
	complete(c, "split", func() []string { return []string{"train", "valid", "test", "all"} })
	return c
}

// round rounds the weights of a run to one byte each.
func round(r *zoo.Run) error {
	if !zoo.Quantize(r.Model) {
		return usagef("%s: a model of the species %s has no weights to round; leave out --int8",
			r.Dir, r.Species.Name)
	}
	return nil
}

// evaluator evaluates runs on one choice of text.
type evaluator struct {
	cat        zoo.Catalogue
	data       zoo.Data
	split      string
	splitGiven bool
	options    eval.Options
	named      []string // arguments: runs, and directories that hold runs
	progress   *progress
	stdin      io.Reader
	typed      []byte               // all of stdin, once it has been read
	loaded     map[textKey]readText // every corpus is read only once
	noted      map[string]bool      // notes that have been printed
}

// all evaluates runs, each with the measure of its model.
func (e *evaluator) all(c *cobra.Command, cat zoo.Catalogue, dirs []string, run runFlags,
	taskFile string, int8 bool) (*evaluations, error) {
	rows := &evaluations{}
	for _, dir := range dirs {
		r, err := cat.Open(dir)
		if err != nil {
			return nil, err
		}
		if r.Config.Task != nil {
			if err := rows.task(r, taskFile, run.seed); err != nil {
				return nil, fmt.Errorf("%s: %w", dir, err)
			}
			continue
		}
		if taskFile != "" {
			return nil, usagef("%s has not learned a task; leave out --task, or make a run of "+
				"one with: lmzoo finetune --from %s", dir, dir)
		}
		if e.measureOf(r) == nil && !slices.Contains(e.named, dir) {
			_, err := r.LM()
			e.progress.note("left out: %v", err)
			continue
		}
		if e.data.Corpus == zoo.TalkName && r.Config.Chat != nil && r.Config.Data.Talk() != nil {
			if err := e.talk(c.Context(), r, rows); err != nil {
				return nil, err
			}
			continue
		}
		if err := e.evaluate(c.Context(), r, rows, ""); err != nil {
			return nil, err
		}
		if !int8 {
			continue
		}
		if err := round(r); err != nil {
			return nil, err
		}
		if err := e.evaluate(c.Context(), r, rows, " int8"); err != nil {
			return nil, err
		}
	}
	gainsOverSFT(rows.boards)
	return rows, nil
}

// gainsOverSFT compares the scoreboards of later stages with that of SFT, in whatever order they
// were measured.
func gainsOverSFT(boards []*align.Scoreboard) {
	isSFT := func(b *align.Scoreboard) bool { return b.Stage == zoo.StageSFT }
	sft := slices.IndexFunc(boards, isSFT)
	for _, b := range boards {
		if sft >= 0 && !isSFT(b) {
			b.Against(boards[sft])
		}
	}
}

// talk evaluates a run that has learned to answer on the questions of world-talk.
func (e *evaluator) talk(ctx context.Context, r *zoo.Run, rows *evaluations) error {
	e.progress.printStatus("%s", r.Dir)
	b, err := e.cat.Scoreboard(ctx, r, align.EvalOptions{Seed: e.options.Seed,
		Threads: e.options.Threads})
	if err != nil {
		return err
	}
	rows.boards, rows.ordered = append(rows.boards, b), append(rows.ordered, b)
	return nil
}

// evaluate evaluates one run and adds its row; suffix is appended to the run's name.
func (e *evaluator) evaluate(ctx context.Context, r *zoo.Run, rows *evaluations,
	suffix string) error {
	measure := e.measureOf(r)
	if measure == nil {
		_, err := r.LM() // the error states the reason
		return err
	}
	name := r.Dir + suffix
	text, err := e.text(ctx, r)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	opt := e.options
	opt.Progress = func(done, total int) {
		e.progress.printStatus("%s  %d%%", name, 100*done/max(total, 1))
	}
	about := rated{
		Run: name, Model: r.Species.Name, Era: r.Species.Era, Params: r.Params(),
		Tokenizer: r.Tokenizer.Name(), Corpus: text.data.Corpus, Split: text.part,
		Lineage: e.cat.Lineage(r.Config),
	}
	if err := measure(ctx, r, text, opt, about, rows); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// measure evaluates a run on a text and adds its row.
type measure func(ctx context.Context, r *zoo.Run, text *evalText, opt eval.Options, about rated,
	rows *evaluations) error

// measureOf returns the function that evaluates a run, or nil if its model has no measure.
func (e *evaluator) measureOf(r *zoo.Run) measure {
	if _, err := r.LM(); err == nil {
		return e.causal
	}
	if _, err := r.Filler(); err == nil {
		return e.masked
	}
	if l := r.Species.Learning; l != nil && l.Measure != nil {
		return e.measured
	}
	return nil
}

// causal evaluates a model of the next token, and its backward half if it reads in both directions.
func (e *evaluator) causal(ctx context.Context, r *zoo.Run, text *evalText, opt eval.Options,
	about rated, rows *evaluations) error {
	m, err := r.LM()
	if err != nil {
		return err
	}
	start := time.Now()
	report, err := eval.Run(ctx, m, r.Tokenizer, text.docs, opt)
	if err != nil {
		return err
	}
	row := &evaluation{rated: about, Summary: report.Summary(), report: report}
	if b, ok := r.Backward(); ok {
		back, err := eval.BackwardRun(ctx, b, r.Tokenizer, text.docs, opt)
		if err != nil {
			return err
		}
		row.Backwards = newBackwards(back, report.Closed)
	}
	row.Kind, row.Seconds = "causal", time.Since(start).Seconds()
	rows.causal, rows.ordered = append(rows.causal, row), append(rows.ordered, row)
	return nil
}

// compareWithFirst compares every row with the first, if both were evaluated on the same text.
func compareWithFirst(rows []*evaluation, seed uint64) {
	for _, row := range rows[min(1, len(rows)):] {
		if c, err := eval.Paired(row.report, rows[0].report, seed); err == nil {
			row.Against = &c
		}
	}
}

// printEvaluations prints the evaluations as a table.
func printEvaluations(w io.Writer, rows []*evaluation, perToken bool) {
	t := newTable(w, "run", "model", ">params", ">tokens", ">perplexity", ">bits/byte", ">95 %",
		">bits/char", ">gap", ">s")
	t.spare, t.long = []string{"s", "tokens", "model", "params", "bits/char", "95 %"}, "run"
	for _, r := range rows {
		ppl := number(float64(r.Perplexity), 3)
		if r.OOV > 0 {
			ppl += fmt.Sprintf(" (%s without %d OOV)", number(float64(r.PerplexityExcludingOOV), 3),
				r.OOV)
		}
		if r.Zeros > 0 {
			ppl += fmt.Sprintf(" (%d impossible)", r.Zeros)
		}
		t.AppendRow(table.Row{
			r.Run, r.model(), report.Count(r.Params), r.Tokens, ppl, number(float64(r.BitsPerByte),
				4),
			interval(float64(r.BitsPerByteLow), float64(r.BitsPerByteHigh),
				4), number(float64(r.BitsPerChar), 4),
			number(float64(r.Gap), 4), fmt.Sprintf("%.1f", r.Seconds),
		})
	}
	t.print()
	printClasses(w, rows)
	for _, r := range rows[1:] {
		if c := r.Against; c != nil {
			verdict := "better"
			if c.Delta > 0 {
				verdict = "worse"
			}
			if c.Tie {
				verdict = "a tie"
			}
			fmt.Fprintf(w, "\n%s against %s: %+.4f %s, 95 %% %+.4f … %+.4f: %s", r.Run, rows[0].Run,
				c.Delta, c.Unit, c.Low, c.High, verdict)
		}
	}
	if len(rows) > 1 {
		fmt.Fprintln(w)
	}
	for _, r := range rows {
		printPositions(w, r)
		if perToken {
			printTokens(w, r)
		}
	}
}

// printClasses prints the gap to the limit by class.
func printClasses(w io.Writer, rows []*evaluation) {
	if len(rows) == 0 || len(rows[0].Classes) == 0 {
		return
	}
	fmt.Fprintln(w, "\nGap to the limit, nats per token of each class:")
	header := []string{"run"}
	for _, c := range rows[0].Classes {
		header = append(header, ">"+c.Class)
	}
	t := newTable(w, append(header, ">all")...)
	t.long = "run"
	for _, r := range rows {
		row := table.Row{r.Run}
		for _, c := range r.Classes {
			row = append(row, number(float64(c.Gap), 3))
		}
		t.AppendRow(append(row, number(float64(r.Gap), 3)))
	}
	t.print()
}

func printPositions(w io.Writer, r *evaluation) {
	if len(r.Positions) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s, nats per token by position in the document:\n", r.Run)
	t := newTable(w, ">from", ">to", ">tokens", ">nats/token")
	for _, p := range r.Positions {
		t.AppendRow(table.Row{p.From, p.To, p.Tokens, number(float64(p.NatsPerToken), 4)})
	}
	t.print()
}

func printTokens(w io.Writer, r *evaluation) {
	for i, doc := range r.PerToken {
		fmt.Fprintf(w, "\n# %s, document %d: id, nats, text\n", r.Run, i+1)
		for _, t := range doc {
			fmt.Fprintf(w, "%d\t%.5f\t%s\n", t.ID, float64(t.Nats), t.Text)
		}
	}
}

// number formats x, or a dash for NaN.
func number(x float64, digits int) string {
	if math.IsNaN(x) {
		return "–"
	}
	return fmt.Sprintf("%.*f", digits, x)
}

func interval(low, high float64, digits int) string {
	if math.IsNaN(low) || math.IsNaN(high) {
		return "–"
	}
	return fmt.Sprintf("%.*f–%.*f", digits, low, digits, high)
}
