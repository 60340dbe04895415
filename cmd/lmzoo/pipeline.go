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

	"github.com/spf13/cobra"

	"lmzoo/align"
	"lmzoo/lab"
	"lmzoo/zoo"
)

func newPipeline(cat zoo.Catalogue) *cobra.Command {
	p := &pipeline{cat: cat}
	c := &cobra.Command{
		Use:   "pipeline",
		Short: "Turn a model that continues text into an assistant, and score every stage",
		Long: `Turn a model that continues text into an assistant, and score every stage, on a
world whose questions have an exact checker (--corpus world-talk).

  base     pre-training: it continues text
  sft      supervised fine-tuning: it answers everything, even what it cannot know
  dpo      from sft: direct preference optimization on pairs of answers
  reward   from sft: a reward model on pairs of answers
  ppo      from sft: PPO with the reward model, stopped by the KL divergence
  rl       from sft: GRPO with the exact checker as the reward

Each is an ordinary run in --out, for chat, eval and the other verbs. The questions have names,
combinations of instructions and phrasings that no stage has seen. The columns:

  helpful       right answers where there is one
  idk P, R      precision and recall of "i do not know"
  refused       refusals of harmful requests, and of harmless ones (false)
  tools         right answers where a tool is needed, and needless calls
  KL            divergence from the parent, nats per answer
  bits/byte     cost of the pre-training text; its rise is the tax of the stage
  gold          mean reward by the checker, and its gain over sft with a 95 % interval

The same command continues an interrupted pipeline and skips the complete runs.`,
		Example: `  lmzoo pipeline --out talk
  lmzoo chat talk/dpo --tools calculator,lookup`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.do(c) },
	}
	p.run.add(c)
	fs := c.Flags()
	fs.StringVar(&p.out, "out", "", "directory of the runs")
	fs.StringVar(&p.scale, "scale", string(zoo.PipelineFull),
		"scale: full, quick (a third of the steps) or tiny (seconds, to try the command itself)")
	grouped(fs, outFlags)
	complete(c, "scale", scaleNames)
	return c
}

func scaleNames() (names []string) {
	for _, s := range zoo.PipelineScales() {
		names = append(names, string(s))
	}
	return names
}

// pipeline holds the state of `lmzoo pipeline`.
type pipeline struct {
	cat    zoo.Catalogue
	run    runFlags
	out    string
	scale  string
	boards []*align.Scoreboard
}

func (p *pipeline) do(c *cobra.Command) error {
	if p.out == "" {
		return usagef("a pipeline makes several runs; add --out DIR")
	}
	if err := p.run.check(); err != nil {
		return err
	}
	if !slices.Contains(scaleNames(), p.scale) {
		return usagef("--scale is %q; want one of: %s", p.scale, strings.Join(scaleNames(), " "))
	}
	if err := zoo.CheckPipeline(p.out); err != nil {
		return err
	}
	steps, start := zoo.Pipeline(zoo.PipelineScale(p.scale)), time.Now()
	for _, s := range steps {
		if err := p.step(c, s); err != nil {
			return p.kept(err)
		}
	}
	if p.run.json {
		return printJSON(c.OutOrStdout(), p.boards)
	}
	printBoards(c.OutOrStdout(), p.boards)
	if err := p.save(time.Since(start)); err != nil {
		return err
	}
	if !p.run.quiet {
		fmt.Fprintf(c.ErrOrStderr(), "%.0f s. Next: %s chat %s/dpo --tools calculator,lookup\n",
			time.Since(start).Seconds(), program(), p.out)
	}
	return nil
}

// save writes the scoreboards as a result for lmzoo report --lab, with its figures.
func (p *pipeline) save(took time.Duration) error {
	res := lab.Scoreboard(p.boards, p.run.seed)
	res.Seconds = took.Seconds()
	err := writeFile(filepath.Join(p.out, res.Name+".json"),
		func(w io.Writer) error { return printJSON(w, res) })
	if err != nil {
		return err
	}
	return drawExperiment(res, p.out)
}

// step makes a run and scores it.
func (p *pipeline) step(c *cobra.Command, s zoo.PipelineStep) error {
	progress := newProgress(c.ErrOrStderr(), p.run.quiet)
	shown := progress.follow(s.Name)[0]
	defer progress.finish()
	progress.change(shown, func(t *track) { t.state = running })
	r, done, err := p.cat.Step(c.Context(), s, zoo.PipelineOptions{Dir: p.out, Seed: p.run.seed,
		Threads: p.run.threads, Command: commandLine(), Scale: zoo.PipelineScale(p.scale),
		Rollout: progress.rollout(shown)}, progress.watch(shown))
	if err != nil {
		return err
	}
	took := "complete already"
	if !done {
		took = fmt.Sprintf("%.0f s", r.Config.Result.Seconds)
	}
	progress.change(shown, func(t *track) { t.doing, t.done = "scoring", 0 })
	line, err := p.score(c.Context(), r)
	if err != nil {
		return err
	}
	progress.change(shown, func(t *track) { t.state, t.result = finished, line })
	if !progress.live() {
		progress.note("%-*s %s: %s", nameWidth, s.Name, took, line)
	}
	return nil
}

// score evaluates a run and summarises its scores in one line.
func (p *pipeline) score(ctx context.Context, r *zoo.Run) (string, error) {
	if len(r.Config.Result.Pairs) > 0 {
		return fmt.Sprintf("accuracy %.3f on held-out pairs",
			r.Config.Result.Pairs[0].Accuracy), nil
	}
	o := align.EvalOptions{Seed: p.run.seed, Threads: p.run.threads}
	if p.scale == string(zoo.PipelineTiny) {
		o.Questions, o.Tokens = 10, 1000
	}
	b, err := p.cat.Scoreboard(ctx, r, o)
	if err != nil {
		return "", err
	}
	for _, sft := range p.boards {
		if sft.Stage == zoo.StageSFT {
			b.Against(sft)
		}
	}
	p.boards = append(p.boards, b)
	return fmt.Sprintf("helpful %.3f, idk %.3f/%.3f, refused %.3f (false %.3f), tools %.3f, gold "+
		"%.3f, %.4f bits/byte", b.Helpful, b.IdkPrecision, b.IdkRecall, b.HarmRefused,
		b.FalseRefusals, b.ToolRight, b.Gold, b.BitsPerByte), nil
}

// kept adds the command that continues an interrupted pipeline to its error.
func (p *pipeline) kept(err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w; the runs so far are saved; continue with: %s pipeline --out %s "+
			"--seed %d", err, program(), p.out, p.run.seed)
	}
	return err
}

// printBoards prints scoreboards as a table.
func printBoards(w io.Writer, boards []*align.Scoreboard) {
	t := newTable(w, "run", "stage", ">helpful", ">idk P", ">idk R", ">refused", ">false",
		">tools", ">needless", ">KL", ">bits/byte", ">gold", ">gain over sft")
	t.spare, t.long = []string{"needless", "stage", "KL"}, "run"
	for _, b := range boards {
		row := []any{b.Run, b.Stage}
		for _, x := range []float64{b.Helpful, b.IdkPrecision, b.IdkRecall, b.HarmRefused,
			b.FalseRefusals, b.ToolRight, b.ToolNeedless} {
			row = append(row, number(x, 3))
		}
		kl, gain := "–", "–"
		if b.KL != nil {
			kl = number(*b.KL, 2)
		}
		if b.GoldGain != nil && b.Stage != zoo.StageSFT {
			low, high := b.Intervals["gold_gain"][0], b.Intervals["gold_gain"][1]
			gain = fmt.Sprintf("%+.3f (%s)", *b.GoldGain, interval(low, high, 3))
		}
		t.AppendRow(append(row, kl, number(b.BitsPerByte, 4), number(b.Gold, 3), gain))
	}
	t.print()
}
