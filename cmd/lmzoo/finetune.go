package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"lmzoo/task"
	"lmzoo/zoo"
)

func newFinetune(cat zoo.Catalogue) *cobra.Command {
	var (
		run          runFlags
		info         zoo.TaskInfo
		from, out    string
		pool         string
		frozen, over bool
	)
	c := &cobra.Command{
		Use:   "finetune",
		Short: "Fine-tune a pre-trained run on a task with labels",
		Long: `Fine-tune a pre-trained run on a task with labels. A new linear head over the
pooled vectors of a text learns with the rate --lr, the pre-trained weights with the smaller rate
--body-lr. With --frozen, only the head learns.

The task is a .tsv file (label, tab, text and, for pairs, another tab and the second text), a
.jsonl file, or reviews, the labelled task of the synthetic world, whose best possible accuracy is
known.

The inputs of GPT-1 end with [EXTRACT] and have [DELIMITER] between the texts of a pair; the
inputs of BERT end with [SEP]. A text that is longer than the context window is cut at its end.

With --labels, the weights of the last step are kept: no validation selects them, because --labels
does not count the labels of the validation part.`,
		Example: `  lmzoo train bert --corpus world-reviews --out runs/bert
  lmzoo finetune --from runs/bert --task reviews --labels 50 --out runs/bert-50
  lmzoo eval runs/bert-50
  lmzoo finetune --from runs/gpt --task mail.tsv --aux 0.5 --out runs/mail`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := run.check(); err != nil {
				return err
			}
			if err := checkTask(info); err != nil {
				return err
			}
			parent, err := cat.Open(from)
			if err != nil {
				return err
			}
			if out == "" {
				out = filepath.Join("runs", parent.Species.Name+"-tuned")
			}
			lock, err := claim(out, over)
			if err != nil {
				return err
			}
			defer lock.Release()
			info.Seed, info.Pool = run.seed, task.Pool(pool)
			o, err := zoo.FineTune(parent, info, frozen, changed(c.Flags()))
			if err != nil {
				return err
			}
			o.Seed, o.Threads, o.Command = run.seed, run.threads, commandLine()
			o.Dir, o.Overwrite, o.Lock = out, over, lock
			return tune(c, o, run)
		},
	}
	run.add(c)
	fs := c.Flags()
	fs.StringVar(&from, "from", "", "run to start from")
	fs.StringVar(&info.File, "task", "", "labelled task: a .tsv or .jsonl file, or reviews")
	fs.StringVar(&out, "out", "", "run directory (default runs/SPECIES-tuned)")
	fs.IntVar(&info.Labels, "labels", 0, "number of labels to draw from the training part (0: all)")
	fs.StringVar(&info.Split, "split", zoo.TaskSplit,
		"train/valid/test split of the task's file in per cent")
	fs.StringVar(&pool, "pool", "",
		"pooled positions: mean, cls (the first) or last (default: that of the species)")
	fs.BoolVar(&frozen, "frozen", false, "train only the head")
	fs.Float64Var(&info.Lambda, "aux", 0,
		"weight of the auxiliary language-model loss, such as 0.5 (0: no auxiliary loss)")
	fs.Float64Var(&info.BodyLR, "body-lr", 0,
		"learning rate of the pre-trained weights (default 3e-4 for at most 50 labels, otherwise "+
			"1e-3)")
	fs.BoolVar(&over, "overwrite", false, "replace the run in --out")
	grouped(fs, outFlags)
	if err := settingFlags(fs, cat, zoo.TrainSettings); err != nil {
		c.RunE = func(*cobra.Command, []string) error { return err }
	}
	complete(c, "pool", func() []string { return []string{"mean", "cls", "last"} })
	_ = c.MarkFlagRequired("from") // fails only for a flag that does not exist
	_ = c.MarkFlagRequired("task")
	return c
}

// checkTask validates the flags before any file is read.
func checkTask(i zoo.TaskInfo) error {
	switch {
	case i.Labels < 0:
		return usagef("--labels is %d; want a number of examples, or 0 for all", i.Labels)
	case !(i.Lambda >= 0 && i.Lambda <= 10):
		return usagef("--aux is %v; want 0 to 10, such as 0.5", i.Lambda)
	case !(i.BodyLR >= 0 && i.BodyLR <= 1):
		return usagef("--body-lr is %v; want a rate in (0, 1], or 0 for the default", i.BodyLR)
	}
	return nil
}

// tune trains the run and prints the outcome.
func tune(c *cobra.Command, o zoo.Order, run runFlags) error {
	p := newProgress(c.ErrOrStderr(), run.quiet)
	p.note("%s on %s: %d labelled texts, %d classes",
		o.Species.Title, o.Task.File, len(o.Split.Train), len(o.Task.Classes))
	shown := p.follow(o.Species.Name)[0]
	defer p.finish()
	p.change(shown, func(t *track) { t.state = running })
	r, err := zoo.Make(c.Context(), o, p.watch(shown))
	p.finish()
	if err != nil {
		return saved(err, o.Species, o.Dir)
	}
	for _, n := range r.Notes {
		p.note("note: %s", n)
	}
	if run.json {
		return printJSON(c.OutOrStdout(), r.Config)
	}
	res := r.Config.Result
	fmt.Fprintf(c.OutOrStdout(), "%s: %d steps in %.1f s\n", r.Dir, res.Steps, res.Seconds)
	p.note("Next: %s eval %s    %s classify %s < lines.txt", program(), r.Dir, program(), r.Dir)
	return nil
}
