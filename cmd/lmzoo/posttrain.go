package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lmzoo/align"
	"lmzoo/zoo"
)

// posttrain holds the state of a stage of post-training: lmzoo sft, reward, dpo or rl.
type posttrain struct {
	cat          zoo.Catalogue
	run          runFlags
	info         zoo.StageInfo
	from, out    string
	resume, over bool
	rank         int
	alpha        float64
	before       func() error // completes info from the verb's own flags; may be nil
	progress     *progress
}

// command adds to c the flags and the action that all stages share. c already has the flags of its
// own stage.
func (p *posttrain) command(c *cobra.Command, data string) *cobra.Command {
	c.Args = cobra.NoArgs
	p.run.add(c)
	fs := c.Flags()
	fs.StringVar(&p.from, "from", "", "run to start from")
	fs.StringVar(&p.info.Data, "data", "", data)
	fs.StringVar(&p.out, "out", "", "run directory (default runs/SPECIES-"+p.info.Kind+")")
	fs.IntVar(&p.info.Examples, "examples", 0, "number of examples to draw from --data (0: all; "+
		"for world-talk, the default number)")
	fs.BoolVar(&p.resume, "resume", false, "resume from the checkpoint in --out")
	fs.BoolVar(&p.over, "overwrite", false, "replace the run in --out")
	grouped(fs, outFlags)
	complete(c, "data", func() []string { return []string{zoo.TalkName} })
	if err := settingFlags(fs, p.cat, zoo.TrainSettings); err != nil {
		c.RunE = func(*cobra.Command, []string) error { return err }
		return c
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return p.do(c) }
	return c
}

// lora adds the flags of an adapter.
func (p *posttrain) lora(fs *pflag.FlagSet) {
	fs.IntVar(&p.rank, "lora-rank", 0,
		"rank of a LoRA adapter, saved with PEFT's names (0: train all weights)")
	fs.Float64Var(&p.alpha, "lora-alpha", 0,
		"alpha of the adapter, which is scaled by alpha/rank (default: twice the rank)")
}

// adapter stores the flags of an adapter in the stage.
func (p *posttrain) adapter() error {
	switch {
	case p.rank < 0 || p.rank == 0 && p.alpha != 0:
		return usagef("--lora-rank is %d; want at least 1, or 0 without --lora-alpha", p.rank)
	case !(p.alpha >= 0 && p.alpha <= 1e6):
		return usagef("--lora-alpha is %v; want a positive number, such as 16", p.alpha)
	case p.rank == 0:
		return nil
	case p.alpha == 0:
		p.alpha = 2 * float64(p.rank)
	}
	p.info.LoRA = &zoo.LoRAInfo{Rank: p.rank, Alpha: p.alpha}
	return nil
}

// held adds the flag for the share of examples to hold out.
func (p *posttrain) held(fs *pflag.FlagSet) {
	fs.Float64Var(&p.info.Held, "held", 0.1,
		"share of the examples to hold out for validation, rounded down (0: none)")
}

// do runs the stage.
func (p *posttrain) do(c *cobra.Command) error {
	p.progress = newProgress(c.ErrOrStderr(), p.run.quiet)
	if err := p.check(c.Flags()); err != nil {
		return err
	}
	order, err := p.order(c)
	defer func() { order.Lock.Release() }()
	if err != nil {
		return err
	}
	return p.make(c, order)
}

// check validates the flags before any file is read.
func (p *posttrain) check(fs *pflag.FlagSet) error {
	switch i := p.info; {
	case p.resume && p.out == "":
		return usagef("--resume needs the run to resume; add --out RUN")
	case !p.resume && p.from == "":
		return usagef("a stage starts from a run; add --from RUN")
	case !p.resume && i.Data == "":
		return usagef("a stage learns from data; add --data FILE.jsonl or --data %s",
			zoo.TalkName)
	case i.Examples < 0:
		return usagef("--examples is %d; want a number, or 0 for all", i.Examples)
	case !(i.Held >= 0 && i.Held < 1):
		return usagef("--held is %v; want a share of at least 0 and less than 1", i.Held)
	}
	if err := errors.Join(p.run.check(), p.adapter()); err != nil || p.before == nil {
		return err
	}
	return p.before()
}

// order returns the order of the run, new or resumed.
func (p *posttrain) order(c *cobra.Command) (zoo.Order, error) {
	if p.resume {
		switch file, err := zoo.Holds(p.out); {
		case err != nil:
			return zoo.Order{}, err
		case file != "":
			return p.resumed(c)
		case p.from == "" || p.info.Data == "":
			return zoo.Order{}, usagef("%s holds no run yet; start one with --from RUN and "+
				"--data FILE.jsonl", p.out)
		}
		p.progress.note("note: %s holds no run yet; starting a new one", p.out)
	}
	parent, err := p.cat.Open(p.from)
	if err != nil {
		return zoo.Order{}, err
	}
	if p.out == "" {
		p.out = filepath.Join("runs", parent.Species.Name+"-"+p.info.Kind)
	}
	lock, err := claim(p.out, p.over)
	if err != nil {
		return zoo.Order{}, err
	}
	p.info.Seed = p.run.seed
	o, err := p.cat.StageOrder(c.Context(), parent, p.info, changed(c.Flags()),
		zoo.Input{Stdin: c.InOrStdin(), Note: p.progress.textNote})
	o.Lock = lock
	o.Seed, o.Threads, o.Command = p.run.seed, p.run.threads, commandLine()
	o.Dir, o.Overwrite = p.out, p.over
	return o, err
}

// resumed returns the order of an interrupted run.
func (p *posttrain) resumed(c *cobra.Command) (zoo.Order, error) {
	lock, err := zoo.Acquire(p.out)
	if err != nil {
		return zoo.Order{}, err
	}
	o, err := p.cat.Resume(c.Context(), p.out, c.InOrStdin(), func(o *zoo.Order) error {
		if o.Stage == nil || o.Stage.Kind != p.info.Kind {
			return usagef("%s is not a run of lmzoo %s; want one, or resume it with the verb "+
				"that made it", p.out, p.info.Kind)
		}
		if err := o.Settings.Change(changed(c.Flags()), free); err != nil {
			return usageError{err}
		}
		o.Threads = p.run.threads
		return p.same(c.Flags(), o)
	})
	o.Lock = lock
	if err == nil && !o.Resume {
		p.progress.note("note: %s has no checkpoint yet; starting from the beginning", p.out)
	}
	return o, err
}

// same returns an error if a flag requests a parent, data, a seed or a setting of the stage other
// than the interrupted run's.
func (p *posttrain) same(fs *pflag.FlagSet, o *zoo.Order) error {
	asked, was := stageFlags(p.info), stageFlags(*o.Stage)
	asked["from"], was["from"] = absolute(p.from), o.Parent.Dir
	asked["data"], was["data"] = dataPath(p.info.Data), o.Stage.Data
	asked["seed"], was["seed"] = fmt.Sprint(p.run.seed), fmt.Sprint(o.Seed)
	for _, flag := range slices.Sorted(maps.Keys(was)) {
		if flag == "prompts" && p.info.RL.Prompts > o.Stage.RL.Prompts {
			continue // the data may have had fewer prompts than were requested
		}
		if fs.Changed(flag) && asked[flag] != was[flag] {
			return usagef("the run in %s was made with --%s %s, not %s; a resumed run cannot "+
				"change it; leave the flag out", p.out, flag, cmp.Or(was[flag], `""`),
				cmp.Or(asked[flag], `""`))
		}
	}
	return nil
}

// absolute returns the absolute form of a path, or the path itself if it has none.
func absolute(path string) string {
	if dir, err := filepath.Abs(path); err == nil {
		return dir
	}
	return path
}

// dataPath returns the absolute path of a file of data, or the unchanged name of a generated
// corpus.
func dataPath(data string) string {
	if data == zoo.TalkName {
		return data
	}
	return absolute(data)
}

// make trains the run and prints the outcome.
func (p *posttrain) make(c *cobra.Command, o zoo.Order) error {
	p.progress.note("%s on %s: %s", o.Species.TitleOf(o.Settings), o.Stage.Data,
		o.Stage.Extent())
	shown := p.progress.follow(o.Species.Name)[0]
	defer p.progress.finish()
	p.progress.change(shown, func(t *track) { t.state = running })
	o.Rollout = p.progress.rollout(shown)
	r, err := zoo.Make(c.Context(), o, p.progress.watch(shown))
	p.progress.finish()
	if err != nil {
		return p.saved(err)
	}
	for _, n := range r.Notes {
		p.progress.note("note: %s", n)
	}
	if p.run.json {
		return printJSON(c.OutOrStdout(), r.Config)
	}
	res := r.Config.Result
	fmt.Fprintf(c.OutOrStdout(), "%s: %d steps in %.1f s", r.Dir, res.Steps, res.Seconds)
	if res.Valid > 0 {
		fmt.Fprintf(c.OutOrStdout(), ", validation %.4f %s", res.Valid, r.Species.ValidationUnit())
	}
	if last := res.Rollout; last != nil {
		fmt.Fprintf(c.OutOrStdout(), ", reward %.3f, KL %.3f nats, entropy %.2f nats/token",
			last.Reward, last.KL, last.Entropy)
	}
	fmt.Fprintln(c.OutOrStdout())
	if len(res.Pairs) > 0 {
		printRanks(c.OutOrStdout(), res.Pairs)
	}
	if len(res.BestOf) > 0 {
		printBestOf(c.OutOrStdout(), res.BestOf)
	}
	p.progress.note("Next: %s", p.next(r))
	return nil
}

// saved adds the command that resumes the run to the error of an interrupted run.
func (p *posttrain) saved(err error) error {
	var failed *align.ProgramError
	switch resume := fmt.Sprintf("lmzoo %s --resume --out %s", p.info.Kind, p.out); {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w; the run is saved; resume it with: %s", err, resume)
	case errors.As(err, &failed) && zoo.HasCheckpoint(p.out):
		return fmt.Errorf("%w; then resume the run with: %s", err, resume)
	}
	return err
}

// next returns a command to try next with the run.
func (p *posttrain) next(r *zoo.Run) string {
	if p.info.Kind == zoo.StageReward {
		return fmt.Sprintf("%s rl --from %s --reward %s --data FILE.jsonl", program(),
			r.Config.Parent.Dir, r.Dir)
	}
	return fmt.Sprintf("%s chat %s", program(), r.Dir)
}
