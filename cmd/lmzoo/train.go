package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lmzoo/corpus"
	"lmzoo/ngram"
	"lmzoo/report"
	"lmzoo/train"
	"lmzoo/zoo"
)

func newTrain(cat zoo.Catalogue) *cobra.Command {
	var (
		data         dataFlags
		run          runFlags
		parent       parentFlags
		out, size    string
		config       string
		resume, over bool
		serve        string
		noBrowser    bool
	)
	c := &cobra.Command{
		Use:   "train NAME",
		Short: "Train one species on a corpus and save it in a run directory",
		Long: `Train one species (lmzoo list) on a corpus and save it in a run directory:
config.json, tokenizer.json, the model and, for neural models, metrics.jsonl and a checkpoint to
resume from.

--corpus A=0.7,B=0.3 trains on a mixture: 7 of 10 rows come from A. Weights are relative. With
--mix-end A=0.2,B=0.8 they change linearly during the training. A comma in a name is written \,;
a file whose whole name looks like a mixture is that file. The tokenizer is trained on all sources,
and each has its own test part: lmzoo eval RUN --corpus A.

Sizes of the neural species, as layers × hidden units or channels:
` + sizesInNumbers(cat),
		Example: `  lmzoo train gpt --budget 30s
  lmzoo train ngram --corpus book.txt --documents paragraphs --order 7 --out runs/seven
  lmzoo train gpt --corpus world=0.7,book.txt=0.3 --tokenizer char --flops 2e12
  lmzoo train gpt --resume`,
		Args: func(c *cobra.Command, args []string) error {
			rest, _ := unnumbered(c.Flags(), args)
			return cobra.ExactArgs(1)(c, rest)
		},
		ValidArgsFunction: cobra.FixedCompletions(cat.Names(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			args, counts := unnumbered(c.Flags(), args)
			for _, n := range counts {
				if err := c.Flags().Set("prune", n); err != nil {
					return usageError{err}
				}
			}
			species, err := cat.Find(args[0])
			if err != nil {
				return usageError{err}
			}
			if out == "" {
				out = filepath.Join("runs", species.Name)
			}
			t := training{
				cat: cat, parent: parent,
				species: species, size: size, data: data, run: run, out: out, config: config,
				live:  live{cat: cat, addr: serve, browser: !noBrowser},
				flags: c.Flags(), progress: newProgress(c.ErrOrStderr(), run.quiet),
			}
			order, err := t.order(c.Context(), c, resume, over)
			defer func() { t.lock.Release() }()
			if err != nil {
				return err
			}
			return t.make(c, order)
		},
	}
	data.add(c)
	data.addMixture(c)
	run.add(c)
	fs := c.Flags()
	fs.StringVar(&out, "out", "", "run directory (default runs/NAME)")
	fs.StringVar(&size, "size", "", "preset: tiny, small or base (default small)")
	fs.StringVar(&config, "config", "", "JSON file of hyperparameters; flags override it")
	fs.BoolVar(&resume, "resume", false, "resume from the checkpoint in --out")
	fs.StringVar(&serve, "serve", "", "show the training in a browser, then the playground; "+
		"--serve=HOST:PORT sets the address")
	fs.Lookup("serve").NoOptDefVal = usualAddr
	fs.BoolVar(&noBrowser, "no-browser", false, "with --serve: do not open a browser")
	fs.BoolVar(&over, "overwrite", false, "replace the run in --out")
	parent.add(fs)
	grouped(fs, outFlags)
	if err := settingFlags(fs, cat); err != nil {
		c.RunE = func(*cobra.Command, []string) error { return err }
	}
	complete(c, "size", cat.Sizes)
	complete(c, "smoothing", func() []string { return ngram.Smoothings })
	return c
}

// training holds the state of one `lmzoo train`.
type training struct {
	cat      zoo.Catalogue
	species  *zoo.Species
	size     string
	data     dataFlags
	run      runFlags
	out      string
	config   string
	live     live
	flags    *pflag.FlagSet
	progress *progress
	parent   parentFlags
	lock     *zoo.Lock // of out
}

// order returns the order of the run, made from the flags or from the run to resume.
func (t *training) order(
	ctx context.Context, c *cobra.Command, resume, overwrite bool,
) (zoo.Order, error) {
	values, err := t.values()
	if err == nil {
		err = errors.Join(t.data.check(), t.run.check(), t.parent.check(t.flags))
	}
	if err != nil {
		return zoo.Order{}, err
	}
	file, err := zoo.Holds(t.out)
	switch {
	case err != nil:
		return zoo.Order{}, err
	case resume && file != "":
		return t.resumed(ctx, c, values)
	case resume:
		t.progress.note("note: %s holds no run yet; starting a new one", t.out)
	}
	if t.parent.from != "" {
		return t.child(ctx, c, values, overwrite)
	}
	if t.size != "" && len(t.species.Sizes) == 0 {
		return zoo.Order{}, usagef("%s has no sizes; leave out --size", t.species.Name)
	}
	settings, err := t.species.Settings(t.size)
	if err != nil {
		return zoo.Order{}, usageError{err}
	}
	if err := settings.Set(values); err != nil {
		return zoo.Order{}, usagef("%s: %w", t.species.Name, err)
	}
	if err := t.species.Check(settings); err != nil {
		return zoo.Order{}, err
	}
	if err := t.species.CheckMixture(t.data.data); err != nil {
		return zoo.Order{}, err
	}
	if err := t.acquire(overwrite); err != nil {
		return zoo.Order{}, err
	}
	var split corpus.Split
	stream, tok, err := t.stream(ctx, settings)
	if err == nil && stream == nil {
		split, tok, err = t.data.load(ctx, c, t.progress)
	}
	if err != nil {
		return zoo.Order{}, err
	}
	return zoo.Order{
		Species: t.species, Size: t.size, Settings: settings, Data: t.data.data, Split: split,
		Stream: stream, Tokenizer: tok,
		Seed: t.run.seed, Threads: t.run.threads, Command: commandLine(), Dir: t.out,
		Overwrite: overwrite, Lock: t.lock,
	}, nil
}

// acquire locks the run directory. It returns an error if a run would be replaced without
// --overwrite.
func (t *training) acquire(overwrite bool) (err error) {
	if t.lock, err = zoo.Acquire(t.out); err != nil || overwrite {
		return err
	}
	return zoo.CheckVacant(t.out, "resume it with --resume, replace it with --overwrite, or "+
		"choose another --out")
}

// values returns the hyperparameters given in --config and by flags.
func (t *training) values() (map[string]any, error) {
	values := map[string]any{}
	if t.config != "" {
		var err error
		if values, err = readConfig(t.config); err != nil {
			return nil, err
		}
	}
	maps.Copy(values, changed(t.flags))
	return values, nil
}

// free lists the settings that may change when a run is resumed.
var free = []string{"steps", "budget", "flops", "lr", "min_lr", "warmup", "schedule",
	"decay_share", "clip", "eval_every", "save_every"}

// resumed returns the order of an interrupted run.
func (t *training) resumed(
	ctx context.Context, c *cobra.Command, values map[string]any,
) (zoo.Order, error) {
	var err error
	if t.lock, err = zoo.Acquire(t.out); err != nil {
		return zoo.Order{}, err
	}
	order, err := t.cat.Resume(ctx, t.out, c.InOrStdin(), func(order *zoo.Order) error {
		if order.Species.Name != t.species.Name {
			return usagef("%s holds a run of %s; want %s", t.out, order.Species.Name,
				t.species.Name)
		}
		if err := order.Settings.Change(values, free); err != nil {
			return usageError{err}
		}
		if t.flags.Changed("seed") && t.run.seed != order.Seed {
			return usagef("the run in %s has seed %d, which cannot change; leave out --seed", t.out,
				order.Seed)
		}
		order.Threads, order.Lock = t.run.threads, t.lock
		return t.sameText(*order)
	})
	if err == nil && !order.Resume {
		t.progress.note("note: %s has no checkpoint yet; starting from the beginning", t.out)
	}
	return order, err
}

// sameText returns an error if a flag requests a text, tokenizer or size that differs from that of
// the interrupted run.
func (t *training) sameText(order zoo.Order) error {
	was, asked := order.Data, t.data.data
	for _, f := range []struct {
		flag       string
		was, asked any
		same       bool
	}{
		{"corpus", was.Path(was.Corpus), asked.Corpus, was.SamePath(was.Corpus, asked.Corpus)},
		{"mix-end", was.MixEnd, asked.MixEnd, was.MixEnd == asked.MixEnd},
		{"valid", was.Path(was.Valid), asked.Valid, was.SamePath(was.Valid, asked.Valid)},
		{"test", was.Path(was.Test), asked.Test, was.SamePath(was.Test, asked.Test)},
		{"documents", was.Documents, asked.Documents, was.Documents == asked.Documents},
		{"split", was.Split, asked.Split, was.Split == asked.Split},
		{"shuffle", was.Shuffle, asked.Shuffle, was.Shuffle == asked.Shuffle},
		{"world-tokens", was.Tokens, asked.Tokens, was.Tokens == asked.Tokens},
		{"tokenizer", order.Tokenizer.Name(), t.data.tokenizer,
			order.Tokenizer.Name() == t.data.tokenizer},
		{"size", order.Size, t.size, order.Size == t.size},
	} {
		if t.flags.Changed(f.flag) && !f.same {
			return usagef("the run in %s was made with --%s %v, not %v; a resumed run cannot "+
				"change it; "+
				"leave the flag out",
				t.out, f.flag, f.was, f.asked)
		}
	}
	return nil
}

// make trains the run, with its progress on standard error.
func (t *training) make(c *cobra.Command, order zoo.Order) error {
	p := t.progress
	p.note("%s on %s: %s, vocabulary %d (%s)", order.Species.TitleOf(order.Settings),
		order.Data.Corpus, extent(order), order.Tokenizer.Vocab(), order.Tokenizer.Name())
	shown := p.follow(order.Species.Name)[0]
	defer p.finish()
	return t.live.do(c, p, order.Species.TitleOf(order.Settings)+" on "+order.Data.Corpus,
		func(ctx context.Context, obs ...train.Observer) (*zoo.Run, error) {
			p.change(shown, func(t *track) { t.state = running })
			r, err := zoo.Make(ctx, order, append(obs, p.watch(shown))...)
			if err == nil {
				p.change(shown, func(t *track) { t.state = finished })
			}
			return r, err
		}, func(r *zoo.Run, err error) error { return t.show(c.OutOrStdout(), r, err) })
}

// show prints the outcome.
func (t *training) show(w io.Writer, r *zoo.Run, err error) error {
	t.progress.finish()
	if r == nil {
		return err
	}
	for _, n := range r.Notes {
		t.progress.note("note: %s", n)
	}
	if err != nil {
		return saved(err, t.species, t.out)
	}
	if t.run.json {
		return printJSON(w, r.Config)
	}
	res := r.Config.Result
	fmt.Fprintf(w, "%s: %s parameters, %s tokens in %.1f s", r.Dir, report.Count(res.Params),
		report.Count(res.Tokens), res.Seconds)
	if res.Valid > 0 {
		fmt.Fprintf(w, ", validation %.4f %s", res.Valid, r.Species.ValidationUnit())
	}
	fmt.Fprintln(w)
	for _, s := range res.Sources {
		fmt.Fprintf(w, "%s: %.2f epochs\n", s.Corpus, s.Epochs)
	}
	t.progress.note("Next: %s", nextSteps(r))
	return nil
}

// saved adds the command that resumes the run to the error of an interrupted neural model.
func saved(err error, s *zoo.Species, dir string) error {
	if errors.Is(err, context.Canceled) && s.IsNeural() {
		return fmt.Errorf("%w; the run is saved; resume it with: lmzoo train %s --resume --out %s",
			err, s.Name, dir)
	}
	return err
}

// load reads the corpus and trains its tokenizer.
func (f *dataFlags) load(
	ctx context.Context, c *cobra.Command, p *progress,
) (corpus.Split, corpus.Tokenizer, error) {
	name := f.tokenizerName()
	split, err := f.data.Load(ctx, zoo.Input{Stdin: c.InOrStdin(), Tokenizer: name,
		Note: p.textNote})
	if err != nil {
		return corpus.Split{}, nil, err
	}
	tok, err := corpus.Train(name, split.Train, f.vocab)
	if err != nil {
		return corpus.Split{}, nil, err
	}
	return split, tok, nil
}

// sizes describes the sizes of the parts of a corpus.
func sizes(s corpus.Split) string {
	bytes := func(docs []corpus.Document) string {
		n := 0
		for _, d := range docs {
			n += d.Bytes()
		}
		return report.Count(n)
	}
	return fmt.Sprintf("%s/%s/%s bytes to train/validate/test", bytes(s.Train), bytes(s.Valid),
		bytes(s.Test))
}

// program returns the command that runs this program from a shell: lmzoo, or the path that the user
// typed.
func program() string {
	if strings.ContainsRune(os.Args[0], os.PathSeparator) {
		return os.Args[0]
	}
	return "lmzoo"
}

// commandLine returns the command line of this process.
func commandLine() []string {
	return append([]string{strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")}, os.Args[1:]...)
}

// nextSteps returns commands that use the run.
func nextSteps(r *zoo.Run) string {
	verbs := []string{"eval %s", "generate %s"}
	if _, err := r.LM(); err != nil {
		verbs = []string{"embed %s < lines.txt"}
		if _, err := r.Filler(); err == nil {
			verbs = append(verbs, `fill %s --text "a text with a [MASK]"`)
		} else {
			verbs = append(verbs, "neighbours %s WORD")
		}
	}
	for i, v := range verbs {
		verbs[i] = program() + " " + fmt.Sprintf(v, r.Dir)
	}
	return strings.Join(verbs, "    ")
}
