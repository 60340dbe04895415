package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/lab"
	"lmzoo/report"
	"lmzoo/zoo"
)

func newReport(cat zoo.Catalogue) *cobra.Command {
	var (
		run   runFlags
		data  zoo.Data
		split string
		out   string
		plot  string
		draw  bool
		labs  []string
	)
	c := &cobra.Command{
		Use:   "report [RUN...]",
		Short: "Write a page about any set of runs: which is better, and why",
		Long: `Evaluate runs on the same text and write one page that opens in any browser,
without a network: the comparison, learning curves, loss by position, by context, by class and by
word frequency, a text coloured token by token, samples, and all numbers as CSV and JSON. Without
--corpus, the text is the test part of the corpus that all runs were trained on. A directory of
runs stands for all runs in it, and the compare.json of a comparison for its measurements.

With --lab, the page also holds the figures of experiments. It reads their results from directories
to which lmzoo lab wrote them. Without a run, the page holds only these figures.`,
		Example: `  lmzoo report runs/gpt runs/ngram --out report.html
  lmzoo report runs/gpt runs/lstm --figures
  lmzoo report runs/cutoff-* runs/bits-* --plot size.svg
  lmzoo report runs/* --corpus letters.txt
  lmzoo report demo/compare.json --lab docs/lab
  lmzoo report --lab docs/lab --out lab.html`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkPicture(plot); err != nil {
				return err
			}
			if len(args) == 0 && len(labs) == 0 {
				return usagef("nothing to report on; name at least one run, or results of " +
					"experiments with --lab")
			}
			if len(args) == 0 && plot != "" {
				return usagef("--plot needs a run; name at least one")
			}
			out = withHTML(out)
			// check this before the work starts
			if _, err := os.Stat(filepath.Dir(out)); err != nil {
				return usagef("--out %s: no directory %s; create it first", out, filepath.Dir(out))
			}
			results, err := lab.ReadResults(labs...)
			if err != nil {
				return err
			}
			p := newProgress(c.ErrOrStderr(), run.quiet)
			e := evaluator{cat: cat, data: data, split: split,
				splitGiven: c.Flags().Changed("split"), progress: p, stdin: c.InOrStdin()}
			cmp, err := measured(c, &e, args, run)
			if err != nil {
				return err
			}
			if err := writePage(out, cmp, results, draw); err != nil {
				return err
			}
			if cmp == nil {
				fmt.Fprintf(c.OutOrStdout(), "%s: %s; open it in a browser\n", out,
					count(len(results), "experiment"))
				return nil
			}
			if plot != "" {
				if err := drawSizes(cmp, plot); err != nil {
					return err
				}
			}
			if run.json {
				return printJSON(c.OutOrStdout(), cmp)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: %s on %d bytes; open it in a browser\n", out,
				models(len(cmp.Rows)), cmp.TestBytes)
			return nil
		},
	}
	run.add(c)
	fs := c.Flags()
	fs.StringVar(&out, "out", "report.html",
		"file of the page; .html is added to a name without it")
	fs.BoolVar(&draw, "figures", false,
		"also write the figures beside the page: PAGE-bits.svg and .png, "+
			"PAGE-contexts.svg and .png …")
	fs.StringVar(&plot, "plot", "",
		"plot loss against model size into this `file`, .svg or .png; connects runs whose names "+
			"begin with the same letters")
	fs.StringVar(&data.Corpus, "corpus", "", "text to evaluate on (default: the runs' own corpus)")
	fs.StringVar(&data.Documents, "documents", "",
		"unit of a document: file, lines or paragraphs (default: as in training)")
	fs.StringVar(&split, "split", "test",
		"part of the corpus: train, valid, test or all (default: all of another corpus)")
	fs.StringSliceVar(&labs, "lab", nil,
		"directories of lmzoo lab results whose figures the page also shows; of results with the "+
			"same name, the last one counts")
	complete(c, "split", func() []string { return []string{"train", "valid", "test", "all"} })
	return c
}

// measured evaluates runs, or reads the JSON of a comparison. Without arguments, it returns nil.
func measured(c *cobra.Command, e *evaluator, args []string, run runFlags) (
	*report.Comparison, error,
) {
	if len(args) == 0 {
		return nil, nil
	}
	if len(args) == 1 && strings.EqualFold(filepath.Ext(args[0]), ".json") {
		return readComparison(args[0])
	}
	runs, err := openAll(e.cat, runsIn(e.cat, args))
	if err != nil {
		return nil, err
	}
	ranked, err := able(c.ErrOrStderr(), runs, lacksNext)
	if err == nil && e.data.Corpus == "" {
		err = sameText(ranked)
	}
	if err != nil {
		return nil, err
	}
	docs, opt, err := e.source(c, ranked)
	if err != nil {
		return nil, err
	}
	opt.Seed, opt.Threads = run.seed, run.threads
	opt.Progress = func(run string, done, total int) {
		e.progress.printStatus("%s  %d%%", run, 100*done/max(total, 1))
	}
	cmp, err := report.Collect(c.Context(), runs, docs, opt)
	e.progress.clear()
	return cmp, err
}

// readComparison reads the JSON that lmzoo compare writes.
func readComparison(file string) (*report.Comparison, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	cmp := new(report.Comparison)
	if err := json.Unmarshal(data, cmp); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(cmp.Rows) == 0 {
		return nil, usagef("%s is not a comparison (no rows); create one with: lmzoo compare", file)
	}
	return cmp, nil
}

// writePage writes the page and, if draw, its figures beside it.
func writePage(out string, cmp *report.Comparison, results []*lab.Result, draw bool) error {
	err := writeFile(out, func(w io.Writer) error { return report.Page(w, cmp, results) })
	if err != nil || !draw {
		return err
	}
	pictures, err := report.LabPictures(results)
	if err != nil {
		return err
	}
	if cmp != nil {
		pictures = append(report.Pictures(cmp), pictures...)
	}
	return drawPictures(pictures, besidePage(out))
}

// withHTML adds .html to the name of a page, unless browsers already open it as a page.
func withHTML(page string) string {
	switch strings.ToLower(filepath.Ext(page)) {
	case ".html", ".htm", ".xhtml":
		return page
	}
	return page + ".html"
}

// drawSizes plots the loss of models against their size.
func drawSizes(cmp *report.Comparison, file string) error {
	s, err := cmp.Sizes()
	if err != nil {
		return fmt.Errorf("--plot: %w", err)
	}
	return drawInto(file, s)
}

// checkPicture returns an error if the extension of a file names no known format. An empty name
// means no picture.
func checkPicture(file string) error {
	if ext := strings.ToLower(filepath.Ext(file)); file != "" && ext != ".svg" && ext != ".png" {
		return usagef("--plot is %q; want a file that ends in .svg or .png", file)
	}
	return nil
}

// drawInto writes a drawing to a file in the format of its extension.
func drawInto(file string, d report.Drawing) error {
	write := d.SVG
	if strings.EqualFold(filepath.Ext(file), ".png") {
		write = d.PNG
	}
	return writeFile(file, write)
}

// drawFigures writes the figures of a page to files beside it, whose names begin with the name of
// the page.
func drawFigures(cmp *report.Comparison, page string) error {
	return drawPictures(report.Pictures(cmp), besidePage(page))
}

// besidePage returns the prefix of the names of the files written beside a page.
func besidePage(page string) string { return strings.TrimSuffix(page, filepath.Ext(page)) + "-" }

// drawPictures writes pictures as SVG and PNG to files whose names begin with prefix.
func drawPictures(pictures []report.Picture, prefix string) error {
	for _, f := range pictures {
		name := prefix + f.Name
		if err := errors.Join(drawInto(name+".svg", f), drawInto(name+".png", f)); err != nil {
			return err
		}
	}
	return nil
}

// openAll opens runs.
func openAll(cat zoo.Catalogue, dirs []string) ([]*zoo.Run, error) {
	var runs []*zoo.Run
	for _, dir := range dirs {
		r, err := cat.Open(dir)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// sameText returns an error if a run was trained on a different text than the first run.
func sameText(runs []*zoo.Run) error {
	for _, r := range runs {
		if first := runs[0].Config.Data; !r.Config.Data.SameText(first) {
			return usagef(
				"%s was trained on %s, %s on another text or split (%s); name the text to "+
					"evaluate both on with --corpus",
				runs[0].Dir, first.Corpus, r.Dir, r.Config.Data.Corpus)
		}
	}
	return nil
}

// source reads the text to evaluate on and, if the runs were trained on its corpus, their training
// text.
func (e *evaluator) source(c *cobra.Command,
	runs []*zoo.Run) ([]corpus.Document, report.Options, error) {
	text, err := e.text(c.Context(), runs[0])
	if err != nil {
		return nil, report.Options{}, err
	}
	opt := report.Options{Command: commandLine(), Data: text.data, Split: text.part}
	if text.own {
		opt.Train = text.all.Train
	}
	return text.docs, opt, nil
}
