package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/report"
	"lmzoo/suggest"
	"lmzoo/zoo"
)

func newCompare(cat zoo.Catalogue) *cobra.Command {
	var (
		data   dataFlags
		run    runFlags
		budget zoo.Budget
		size   string
		out    string
	)
	c := &cobra.Command{
		Use:   "compare [NAME...]",
		Short: "Train models of every era on the same text and compare them",
		Long: `Train species (all of lmzoo list unless named) on the same text with the same
tokenizer, the neural ones for the same time (--budget) or the same number of operations
(--flops), and evaluate them on held-out text. Print one table, and write the runs, a report for
the browser, its figures as SVG and PNG, and JSON to --out.`,
		Example: `  lmzoo compare
  lmzoo compare ngram lstm gpt --corpus tinyshakespeare --budget 2m
  lmzoo compare lstm gpt --flops 2e11`,
		ValidArgsFunction: cobra.FixedCompletions(cat.Names(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			cmp := comparison{
				data: data, run: run, budget: budget, size: size, out: out,
				progress: newProgress(c.ErrOrStderr(), run.quiet), w: c.OutOrStdout(),
				watch: stopwatch{last: time.Now()},
			}
			if run.json {
				cmp.w = io.Discard
			}
			species, err := named(cat, args)
			if err != nil {
				return err
			}
			if err := errors.Join(data.check(), run.check()); err != nil {
				return err
			}
			switch f := c.Flags(); {
			case f.Changed("flops") && f.Changed("budget"):
				return usagef("--flops and --budget are both given; want one of them")
			case f.Changed("flops") && !(budget.FLOPs > 0):
				return usagef("--flops is %g; want a number of operations, such as 2e11",
					budget.FLOPs)
			case budget.Time <= 0:
				return usagef("--budget is %s; want a time such as 20s", budget.Time)
			}
			if size != "" && !slices.Contains(cat.Sizes(), size) {
				return usageError{suggest.Unknown("--size", size, cat.Sizes())}
			}
			if err := cmp.make(c, species); err != nil {
				return err
			}
			if run.json {
				return printJSON(c.OutOrStdout(), cmp.result)
			}
			return nil
		},
	}
	data.add(c)
	run.add(c)
	c.Flags().DurationVar(&budget.Time, "budget", 16*time.Second,
		"training time of each neural model")
	c.Flags().Float64Var(&budget.FLOPs, "flops", 0,
		"training operations of each neural model, instead of a time")
	c.Flags().StringVar(&size, "size", "",
		"preset of the neural models: tiny, small or base (default: a "+
			"configuration that learns quickly)")
	complete(c, "size", cat.Sizes)
	c.Flags().StringVar(&out, "out", filepath.Join("runs", "compare"),
		"directory for the runs, the report and the JSON")
	return c
}

// named returns the species of the given names, or all species that compare ranks by default.
func named(cat zoo.Catalogue, names []string) ([]*zoo.Species, error) {
	var species []*zoo.Species
	if len(names) == 0 {
		for _, s := range cat {
			if !s.Aside && s.Causal() {
				species = append(species, s)
			}
		}
		return species, nil
	}
	for _, name := range names {
		s, err := cat.Find(name)
		if err != nil {
			return nil, usageError{err}
		}
		if slices.ContainsFunc(species,
			func(other *zoo.Species) bool { return other.Name == s.Name }) {
			return nil, usagef("%s is named twice; compare trains each species once", name)
		}
		if !s.Causal() {
			return nil, usagef(
				"%s predicts %s, and compare ranks models of the next token; use: lmzoo train %s",
				s.Name, s.Predicts, s.Name)
		}
		species = append(species, s)
	}
	return species, nil
}

// comparison holds the state of one lmzoo compare.
type comparison struct {
	data     dataFlags
	run      runFlags
	budget   zoo.Budget
	size     string
	out      string
	progress *progress
	w        io.Writer
	watch    stopwatch

	locks  map[string]*zoo.Lock // locks of the runs, by species
	split  corpus.Split
	tok    corpus.Tokenizer
	study  *report.Study
	result *report.Comparison // the content of the files and the table
	source *eval.Report       // the distribution that the text was drawn from; nil if unknown
}

// make trains and evaluates all species and prints the results.
func (m *comparison) make(c *cobra.Command, species []*zoo.Species) error {
	release, err := m.claim(species)
	defer release()
	if err != nil {
		return err
	}
	if m.split, m.tok, err = m.data.load(c.Context(), c, m.progress); err != nil {
		return err
	}
	if len(m.split.Test) == 0 {
		return usagef("the test part of %s is empty (split %s); choose a --split that leaves one",
			m.data.data.Corpus, m.data.data.Split)
	}
	m.watch.lap("reading")
	var names []string
	for _, s := range species {
		names = append(names, s.Name)
	}
	m.header(species)
	tracks := m.progress.follow(names...)
	defer m.progress.finish()
	at := map[string]*track{}
	for i, t := range tracks {
		at[names[i]] = t
	}
	if m.study, err = report.NewStudy(c.Context(), m.split.Test, report.Options{
		Command: commandLine(), Budget: m.budget.String(), Data: m.data.data, Split: "test",
		Train: m.split.Train, Seed: m.run.seed, Threads: m.run.threads,
		Progress: func(run string, done, total int) { m.progress.scoring(at[run], done, total) },
	}); err != nil {
		return err
	}
	m.result = m.study.Comparison
	m.watch.lap("reporting")
	for i, s := range species {
		if err := m.exhibit(c.Context(), s, tracks[i]); err != nil {
			m.progress.finish()
			m.table() // print the rows so far
			return fmt.Errorf("%s: %w", s.Name, m.kept(err))
		}
	}
	if _, err := m.study.Finish(); err != nil {
		return err
	}
	if err := m.measureSource(c.Context()); err != nil {
		return err
	}
	m.progress.finish()
	m.table()
	m.notes()
	m.footer()
	return m.save()
}

// claim locks the directories of the comparison and of its runs. It permits replacing only runs of
// a comparison.
func (m *comparison) claim(species []*zoo.Species) (release func(), err error) {
	var out *zoo.Lock
	m.locks = map[string]*zoo.Lock{}
	release = func() {
		for _, l := range m.locks {
			l.Release()
		}
		out.Release()
	}
	if out, err = zoo.Acquire(m.out); err != nil {
		return release, err
	}
	if err := zoo.CheckVacant(m.out, "choose another --out"); err != nil {
		return release, err
	}
	for _, s := range species {
		dir := filepath.Join(m.out, s.Name)
		if m.locks[s.Name], err = zoo.Acquire(dir); err != nil {
			return release, err
		}
		if c, err := zoo.ReadConfig(dir); err == nil && slices.Contains(c.Command, "compare") {
			continue
		}
		if err := zoo.CheckVacant(dir,
			"a comparison replaces only runs of a comparison; choose another --out"); err != nil {
			return release, err
		}
	}
	return release, nil
}

// kept adds to the error of an interrupted comparison the command that opens the models trained so
// far.
func (m *comparison) kept(err error) error {
	n := len(m.result.Rows)
	if !errors.Is(err, context.Canceled) || n == 0 {
		return err
	}
	return fmt.Errorf("%w; %s of the comparison finished; open with: %s play %s", err, models(n),
		program(), filepath.Join(m.out, m.result.Rows[0].Model))
}

// exhibit trains and evaluates one species.
func (m *comparison) exhibit(ctx context.Context, s *zoo.Species, t *track) error {
	settings, err := s.Exhibit(m.size, m.data.data.Corpus, m.budget)
	if err != nil {
		return usageError{err}
	}
	dir := filepath.Join(m.out, s.Name)
	m.progress.change(t, func(t *track) { t.state = running })
	r, err := zoo.Make(ctx, zoo.Order{
		Species: s, Size: m.size, Settings: settings, Data: m.data.data, Split: m.split,
		Tokenizer: m.tok, Seed: m.run.seed, Threads: m.run.threads, Command: commandLine(),
		Dir: dir, Overwrite: true, Lock: m.locks[s.Name],
	}, m.progress.watch(t))
	if err != nil {
		return saved(err, s, dir)
	}
	if s.IsNeural() {
		m.watch.take("training", r.Config.Result.Seconds)
		m.watch.lap("validating and saving")
	} else {
		m.watch.lap("counting")
	}
	row, err := m.study.Add(ctx, r)
	if err != nil {
		return fmt.Errorf("evaluating: %w", err)
	}
	m.watch.take("scoring", row.Seconds)
	m.watch.lap("analysing")
	m.progress.change(t, func(t *track) { t.state, t.result = finished, m.figure(row) })
	if !m.progress.live() {
		m.progress.note("%-*s %s", nameWidth, s.Name, m.figure(row))
	}
	return nil
}

// limitTitle names the row of the source. No model can be better on average.
const limitTitle = "the limit: true entropy"

// measureSource evaluates the distribution that generated the test text as if it were a model.
func (m *comparison) measureSource(ctx context.Context) error {
	s := m.data.data.Source(m.tok)
	if s == nil {
		return nil
	}
	var err error
	m.source, err = eval.Run(ctx, s, m.tok, m.split.Test,
		eval.Options{Threads: m.run.threads, Seed: m.run.seed})
	if err != nil {
		return fmt.Errorf("evaluating the source of %s: %w", m.data.data.Corpus, err)
	}
	m.watch.lap("scoring")
	return nil
}

// figure summarises a row for the progress display.
func (m *comparison) figure(r *report.Row) string {
	figure := number(float64(r.BitsPerByte), 4) + " bits/byte"
	if r.Report.Closed {
		figure = "perplexity " + number(float64(r.Perplexity), 3)
	}
	return figure + fmt.Sprintf("  %5.1f s", r.TrainSeconds)
}

func (m *comparison) header(species []*zoo.Species) {
	neural := 0
	for _, s := range species {
		if s.IsNeural() {
			neural++
		}
	}
	m.progress.note("%s: %s; vocabulary %d (%s); %s, %s each", m.data.data.Corpus,
		sizes(m.split), m.tok.Vocab(), m.tok.Name(), count(neural, "neural model"), m.budget)
}

// table prints a row for every model, with the reference values below.
func (m *comparison) table() {
	if m.result == nil || len(m.result.Rows) == 0 {
		return
	}
	header := []string{"era", "model", ">params", ">tokens", ">seconds", ">perplex.", ">bits/byte",
		"95 %"}
	limit := m.result.Rows[0].Report.HasLimit
	if limit {
		header = append(header, "gap, nats/token")
	}
	t := newTable(m.w, header...)
	t.spare, t.long = []string{"tokens", "95 %", "era", "params", "seconds", "perplex."}, "model"
	for _, r := range m.result.Rows {
		row := table.Row{
			r.Era, r.Title, report.Count(r.Params), report.Count(r.TrainTokens),
			number(r.TrainSeconds, 1), number(float64(r.Perplexity), 3),
			number(float64(r.BitsPerByte), 4),
			interval(float64(r.BitsPerByteLow), float64(r.BitsPerByteHigh), 3),
		}
		if limit {
			row = append(row, number(float64(r.Gap), 4)+" ±"+
				number(float64(r.GapHigh-r.GapLow)/2, 4))
		}
		t.AppendRow(row)
	}
	line := func(name string, x float64) {
		t.AppendRow(table.Row{"", name, "", "", "", "", number(x, 4)})
	}
	line("gzip -9 of the same bytes", m.result.Gzip)
	if m.result.XZ > 0 {
		line("xz -9 of the same bytes", m.result.XZ)
	}
	if r := m.source; r != nil {
		t.AppendRow(table.Row{
			"", limitTitle, "0", "", "", number(r.Perplexity(), 3), number(r.BitsPerByte(), 4),
			interval(r.Low, r.High, 3),
			number(r.Gap(), 4),
		})
	} else if m.result.Limit != nil {
		line(limitTitle, float64(*m.result.Limit))
	}
	t.print()
	fmt.Fprintf(m.w, "Evaluated on %s.\n", describeText(m.data.data.Corpus, "test"))
}

// notes prints the models' notes on their evaluation.
func (m *comparison) notes() {
	for _, r := range m.result.Rows {
		for _, n := range r.Notes {
			m.progress.note("note: %s: %s", r.Model, n)
		}
	}
}

// text writes the tables as plain text.
func (m *comparison) text(w io.Writer) error {
	to := &output{Writer: w}
	printed := *m
	printed.w = to
	printed.table()
	printed.classes()
	to.flush()
	return to.err
}

// footer prints the gap by class and the samples.
func (m *comparison) footer() {
	m.classes()
	fmt.Fprintln(m.w, "\nA sample of each:")
	width := helpWidth
	if n := columns(m.w); n > 0 {
		width = min(n, helpWidth)
	}
	for _, r := range m.result.Rows {
		fmt.Fprintf(m.w, "\n%s\n%s\n", r.Title,
			indent(strings.Join(strings.Fields(r.Sample), " "), width))
	}
}

// indent wraps text at words, in lines of at most width columns that are indented by two spaces.
func indent(text string, width int) string {
	lines := strings.Split(wrapLines(text, max(width-2, 20)), "\n")
	return "  " + strings.Join(lines, "\n  ")
}

func (m *comparison) classes() {
	if m.result.Limit == nil {
		return
	}
	fmt.Fprintln(m.w,
		"\nThe gap to the limit by the knowledge that a token needs, in nats per token of the "+
			"class:")
	header := []string{"model"}
	share := table.Row{"share of the tokens"}
	for _, c := range m.result.Rows[0].Classes {
		header = append(header, ">"+c.Class)
		share = append(share,
			fmt.Sprintf("%.1f%%", 100*float64(c.Events)/float64(m.result.Rows[0].Events)))
	}
	t := newTable(m.w, append(header, ">all")...)
	t.long = "model"
	t.AppendRow(append(share, "100%"))
	for _, r := range m.result.Rows {
		row := table.Row{r.Title}
		for _, c := range r.Classes {
			row = append(row, number(float64(c.Gap), 3))
		}
		t.AppendRow(append(row, number(float64(r.Gap), 3)))
	}
	t.print()
}

// save writes the comparison as JSON, as a page and as pictures.
func (m *comparison) save() error {
	chart := report.Bits(m.result)
	if m.result.Limit != nil {
		chart = report.Gaps(m.result)
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"compare.json", func(w io.Writer) error { return printJSON(w, m.result) }},
		{"compare.txt", m.text},
		{"compare.png", chart.PNG},
		{"compare.svg", chart.SVG},
		{"report.html", func(w io.Writer) error { return report.HTML(w, m.result) }},
	} {
		if err := writeFile(filepath.Join(m.out, f.name), f.write); err != nil {
			return err
		}
	}
	if err := drawFigures(m.result, filepath.Join(m.out, "report.html")); err != nil {
		return err
	}
	m.watch.lap("reporting")
	m.progress.note("\nThe time: %s", m.watch)
	m.progress.note(
		"\nThe report   %s\nThe picture  %s, and each figure of the report as report-*.svg and "+
			".png\nThe numbers  %s\nTo play with them all: %s play %s",
		filepath.Join(m.out, "report.html"), filepath.Join(m.out, "compare.png"),
		filepath.Join(m.out, "compare.json"), program(), m.out)
	return nil
}
