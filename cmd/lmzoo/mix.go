package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/zoo"
)

// mixture is the result of `lmzoo mix`.
type mixture struct {
	Runs        []string      `json:"runs"`
	Weights     []float64     `json:"weights"`
	Evaluations []*evaluation `json:"evaluations"` // of the mixture and its parts
}

func newMix(cat zoo.Catalogue) *cobra.Command {
	var (
		run   runFlags
		valid string
		out   string
		over  bool
	)
	c := &cobra.Command{
		Use:   "mix RUN RUN...",
		Short: "Interpolate runs with the weights that best fit validation text",
		Long: `Interpolate runs with the same tokenizer, P = Σ λ_k P_k, using the weights that
maximise the likelihood of the validation text (expectation maximisation), and evaluate the
mixture and its parts on the test text. Models of different eras make different errors, so the
mixture is often better than each of its parts (Mikolov et al. 2011).`,
		Example: "  lmzoo mix runs/compare/ngram runs/compare/rnn --out runs/mix",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := run.check(); err != nil {
				return err
			}
			p := newProgress(c.ErrOrStderr(), run.quiet)
			lock, err := claim(out, over)
			if err != nil {
				return err
			}
			defer lock.Release()
			runs, err := openAll(cat, args)
			if err != nil {
				return err
			}
			docs, err := validationText(c, runs[0], valid)
			if err != nil {
				return err
			}
			p.note("finding the weights on %s of validation text", count(len(docs), "document"))
			mix, err := zoo.Mix(c.Context(), runs, docs)
			if err != nil {
				return err
			}
			if out != "" {
				if err := mix.Keep(lock, commandLine()); err != nil {
					return err
				}
			}
			e := evaluator{cat: cat, split: "test", progress: p, stdin: c.InOrStdin(),
				options: eval.Options{Threads: run.threads, Seed: run.seed}}
			result := mixture{}
			result.Runs, result.Weights = mix.Weights()
			var rows evaluations
			for _, r := range append([]*zoo.Run{mix}, runs...) {
				if err := e.evaluate(c.Context(), r, &rows, ""); err != nil {
					return err
				}
			}
			for _, row := range rows.causal {
				row.Positions = nil
			}
			result.Evaluations = rows.causal
			compareWithFirst(result.Evaluations, run.seed)
			p.clear()
			if run.json {
				return printJSON(c.OutOrStdout(), result)
			}
			printMixture(c, &result, args)
			return nil
		},
	}
	run.add(c)
	c.Flags().StringVar(&valid, "valid", "", "text to fit the weights to (default: the "+
		"validation part of the first run's corpus)")
	c.Flags().StringVar(&out, "out", "", "directory to write the mixture to, as a run like any "+
		"other")
	c.Flags().BoolVar(&over, "overwrite", false, "replace the run in --out")
	return c
}

// claim acquires the directory of a new run, before any work; it returns nil if out is "".
func claim(out string, overwrite bool) (*zoo.Lock, error) {
	if out == "" {
		return nil, nil
	}
	lock, err := zoo.Acquire(out)
	if err == nil && !overwrite {
		err = zoo.CheckVacant(out, "replace it with --overwrite, or choose another --out")
	}
	if err != nil {
		lock.Release()
	}
	return lock, err
}

// validationText returns the documents of the file valid or, if it is "", the validation part of a
// run's corpus.
func validationText(c *cobra.Command, r *zoo.Run, valid string) ([]corpus.Document, error) {
	data, part := r.Config.Data, "valid"
	if valid != "" {
		data, part = zoo.Data{Corpus: valid, Documents: data.Documents, Split: "100/0/0"}, "train"
	}
	split, err := data.Load(c.Context(), zoo.Input{Stdin: c.InOrStdin(),
		Tokenizer: r.Tokenizer.Name(), Note: noteTo(c.ErrOrStderr())})
	if err != nil {
		return nil, err
	}
	return zoo.Part(split, part)
}

func printMixture(c *cobra.Command, m *mixture, names []string) {
	t := newTable(c.OutOrStdout(), "run", ">weight", ">perplexity", ">bits/byte", ">95 %", ">gap",
		"against the mixture")
	t.spare, t.long = []string{"95 %", "perplexity", "gap"}, "run"
	for i, e := range m.Evaluations {
		name, weight, against := "the mixture", "", ""
		if i > 0 {
			name, weight = names[i-1], fmt.Sprintf("%.3f", m.Weights[i-1])
		}
		if a := e.Against; a != nil {
			against = fmt.Sprintf("%+.4f %s", a.Delta, a.Unit)
			if a.Tie {
				against += ", a tie"
			}
		}
		t.AppendRow(table.Row{
			name, weight, number(float64(e.Perplexity), 3), number(float64(e.BitsPerByte), 4),
			interval(float64(e.BitsPerByteLow), float64(e.BitsPerByteHigh),
				4), number(float64(e.Gap), 4), against,
		})
	}
	t.print()
	var texts []rated
	for _, e := range m.Evaluations {
		texts = append(texts, e.rated)
	}
	printTexts(c.OutOrStdout(), texts)
}
