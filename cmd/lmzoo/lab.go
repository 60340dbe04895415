package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"lmzoo/lab"
	"lmzoo/report"
)

func newLab() *cobra.Command {
	var (
		run        runFlags
		seeds      string
		scale      string
		out, store string
		text       string
		figures    bool
	)
	c := &cobra.Command{
		Use:   "lab [EXPERIMENT...]",
		Short: "Run experiments, each with a control that could refute it",
		Long: `Run experiments: each tests one claim of a page, once per seed, against a control
that could have refuted it. Without names, list the experiments. The pages report results at
--scale full, which takes several minutes per seed; at --scale quick, labels and senses together
take less than three minutes on two cores. Models that are pre-trained for an experiment are kept
in --store as ordinary run directories, so that experiments share them. lmzoo report --lab DIR draws
the results of a directory as one page.`,
		Example: `  lmzoo lab
  lmzoo lab labels senses --scale quick
  lmzoo lab senses --seeds 1,2,3 --out docs/lab`,
		ValidArgsFunction: cobra.FixedCompletions(experimentNames(),
			cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			if err := run.check(); err != nil {
				return err
			}
			if figures && out == "" {
				return usagef("--figures needs a directory; name it with --out")
			}
			if len(args) == 0 {
				return listExperiments(c.OutOrStdout(), run.json)
			}
			env, err := newEnv(c, run, seeds, scale, store, text)
			if err != nil {
				return err
			}
			var experiments []lab.Experiment
			for _, name := range args {
				e, err := lab.Find(name)
				if err != nil {
					return usageError{err}
				}
				experiments = append(experiments, e)
			}
			p := newProgress(c.ErrOrStderr(), run.quiet)
			env.Progress = func(what string) { p.printStatus("%s", what) }
			for _, e := range experiments {
				start := time.Now()
				res, err := e.Run(c.Context(), env)
				p.clear()
				if err != nil {
					return fmt.Errorf("%s: %w", e.Name, err)
				}
				res.Experiment, res.Scale, res.Seconds = e, env.Scale, time.Since(start).Seconds()
				if err := reportExperiment(c.OutOrStdout(), res, run.json, out); err != nil {
					return err
				}
				if figures {
					if err := drawExperiment(res, out); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
	run.add(c)
	fs := c.Flags()
	fs.StringVar(&seeds, "seeds", "", "seeds, separated by commas (default 1,2,3; 1 for quick)")
	fs.StringVar(&scale, "scale", string(lab.Full), "scale of the experiments: full or quick")
	fs.StringVar(&out, "out", "", "directory to write NAME.json into")
	fs.BoolVar(&figures, "figures", false, "also write NAME.svg and NAME.png into --out")
	fs.StringVar(&store, "store", "",
		"directory of pre-trained models (default: in the user's cache)")
	fs.StringVar(&text, "text", "",
		"corpus or file on which llama repeats its measurements of the world")
	complete(c, "scale", func() []string { return []string{string(lab.Full), string(lab.Quick)} })
	return c
}

func experimentNames() (names []string) {
	for _, e := range lab.All() {
		names = append(names, e.Name)
	}
	return names
}

// newEnv returns the environment of the experiments.
func newEnv(c *cobra.Command, run runFlags, seeds, scale, store, text string) (*lab.Env, error) {
	env := &lab.Env{Threads: run.threads, Scale: lab.Scale(scale), Text: text}
	if env.Scale != lab.Full && env.Scale != lab.Quick {
		return nil, usagef("--scale is %q; want full or quick", scale)
	}
	if seeds == "" {
		seeds = "1,2,3"
		if env.Scale == lab.Quick {
			seeds = "1"
		}
	}
	for text := range strings.SplitSeq(seeds, ",") {
		n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil, usagef("--seeds is %q; want numbers separated by commas, such as 1,2,3",
				seeds)
		}
		env.Seeds = append(env.Seeds, n)
	}
	if store == "" {
		var err error
		if store, err = labStore(); err != nil {
			return nil, fmt.Errorf("no directory for pre-trained models: %w; choose one with "+
				"--store",
				err)
		}
	}
	env.Store = lab.NewStore(store)
	return env, nil
}

// labStore returns the default directory of the models that experiments pre-train.
func labStore() (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "lmzoo", "lab"), err
}

func listExperiments(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, lab.All())
	}
	t := newTable(w, "name", "era", ">year", "claim")
	t.prose, t.long = true, "claim"
	for _, e := range lab.All() {
		t.AppendRow(table.Row{e.Name, e.Era, e.Year, e.Claim})
	}
	t.print()
	return nil
}

// reportExperiment prints a result and saves it as JSON.
func reportExperiment(w io.Writer, res *lab.Result, asJSON bool, out string) error {
	if out != "" {
		if err := os.MkdirAll(out, 0o777); err != nil {
			return err
		}
		path := filepath.Join(out, res.Name+".json")
		err := writeFile(path, func(w io.Writer) error { return printJSON(w, res) })
		if err != nil {
			return err
		}
	}
	if asJSON {
		return printJSON(w, res)
	}
	fmt.Fprintf(w, "%s\n", wrapLines(res.Name+": "+res.Claim, max(columns(w), 60)))
	for _, table := range res.Tables {
		fmt.Fprintf(w, "\n%s\n", table.Title)
		printRows(w, table)
	}
	fmt.Fprintln(w)
	for _, v := range res.Seeds {
		verdict := "held"
		if !v.Held {
			verdict = "did not hold"
		}
		fmt.Fprintf(w, "seed %d: %s\n", v.Seed, verdict)
	}
	fmt.Fprintf(w, "%.0f s at scale %s\n\n", res.Seconds, res.Scale)
	return nil
}

// drawExperiment writes the figures of a result into a directory.
func drawExperiment(res *lab.Result, out string) error {
	pictures, err := report.LabPictures([]*lab.Result{res})
	if err != nil {
		return err
	}
	return drawPictures(pictures, filepath.Join(out, "")+string(filepath.Separator))
}

// printRows prints a table of an experiment, with numbers aligned to the right.
func printRows(w io.Writer, rows lab.Table) {
	var header []string
	for i, name := range rows.Columns {
		if len(rows.Rows) > 0 && strings.IndexAny(rows.Rows[0][i], "0123456789") == 0 {
			name = ">" + name
		}
		header = append(header, name)
	}
	t := newTable(w, header...)
	for _, r := range rows.Rows {
		row := table.Row{}
		for _, cell := range r {
			row = append(row, cell)
		}
		t.AppendRow(row)
	}
	t.print()
}
