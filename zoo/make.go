package zoo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"time"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/train"
)

// Order describes a run to make.
type Order struct {
	Species  *Species
	Size     string
	Settings *Settings
	Data     Data // the source of Split
	Split    corpus.Split
	// Stream replaces Split if the settings are Bounded, because the text is then not in memory.
	Stream    *corpus.Stream
	Tokenizer corpus.Tokenizer
	Seed      uint64
	Threads   int
	Command   []string
	Dir       string           // run directory; "" keeps the run in memory only
	Task      *TaskInfo        // the task to fine-tune for; nil: a language model
	Stage     *StageInfo       // the stage of post-training; nil: none
	Chat      *prompt.Template // template of conversations; nil: the model does not answer
	Origin    *Origin          // the run whose weights to start from; nil: random weights
	Parent    *Parent          // parent of a resumed run; Make records Origin otherwise
	Resume    bool             // resume from the checkpoint in Dir
	Overwrite bool             // replace the run in Dir
	// Rollout, if not nil, receives the report on every roll-out of reinforcement learning.
	Rollout func(align.Report)
	Lock    *Lock // lock of Dir, which Make releases; nil: Make acquires it
}

// Make trains a model and returns the run, with the weights of the best validation.
func Make(ctx context.Context, o Order, obs ...train.Observer) (*Run, error) {
	if o.Lock != nil {
		defer o.Lock.Release()
	}
	if err := o.Species.Check(o.Settings); err != nil {
		return nil, err
	}
	if err := o.Species.CheckMixture(o.Data); err != nil && o.Task == nil &&
		o.Stage == nil {
		return nil, err
	}
	if len(o.Split.Train) == 0 && o.Stream == nil && o.Stage == nil {
		return nil, emptyTraining(o.Data.Corpus)
	}
	release, err := o.claim()
	if err != nil {
		return nil, err
	}
	defer release()
	if o.Tokenizer, err = o.Species.Extend(o.Tokenizer); err != nil {
		return nil, err
	}
	r := &Run{Dir: o.Dir, Species: o.Species, Tokenizer: o.Tokenizer, Settings: o.Settings}
	info, err := tokenizerInfo(o.Tokenizer)
	if err != nil {
		return nil, err
	}
	r.Config = Config{
		Format: formatVersion, Species: o.Species.Name, Size: o.Size, Train: o.Settings.Train,
		Data:      o.Data,
		Tokenizer: info, Seed: o.Seed, Command: o.Command, Parent: o.Parent,
		Task: o.Task, Stage: o.Stage, Chat: o.Chat,
	}
	if o.Origin != nil {
		if r.Config.Parent, err = o.Origin.record(); err != nil {
			return nil, err
		}
	}
	if o.Stream != nil {
		return r, r.count(ctx, o, func() (any, []string, int, error) {
			return o.Species.Counting.Stream(o.Settings.Model, o.Stream, o.Tokenizer)
		})
	}
	text := &Text{
		Tokenizer: o.Tokenizer, Split: o.Split,
		Train: corpus.EncodeDocuments(o.Tokenizer, o.Split.Train),
		Seed:  o.Seed, Threads: o.Threads, Mixture: o.Data.Mixture, ctx: ctx,
	}
	if o.Species.IsNeural() {
		return r, r.learn(ctx, o, text, obs)
	}
	return r, r.count(ctx, o, func() (m any, notes []string, tokens int, err error) {
		for _, d := range text.Train {
			tokens += len(d)
		}
		m, notes, err = o.Species.Counting.Count(o.Settings.Model, text)
		return m, notes, tokens, err
	})
}

// claim acquires the run directory unless the caller holds its lock, and refuses to replace a run
// unless o permits it.
func (o Order) claim() (release func(), err error) {
	release = func() {}
	if o.Dir == "" {
		return release, nil
	}
	if o.Lock == nil {
		l, err := Acquire(o.Dir)
		if err != nil {
			return nil, err
		}
		release = l.Release
	}
	if o.Origin != nil && !o.Resume {
		if err := o.Origin.Run.excludes(o.Dir); err != nil {
			release()
			return nil, err
		}
	}
	if reward := o.Stage.rewardModel(); reward != "" && !o.Resume {
		if err := (&Run{Dir: reward}).excludes(o.Dir); err != nil {
			release()
			return nil, err
		}
	}
	if !o.Resume && !o.Overwrite {
		if err := CheckVacant(o.Dir, "choose another directory"); err != nil {
			release()
			return nil, err
		}
	}
	return release, nil
}

func emptyTraining(source string) error {
	return fmt.Errorf("no text to train on: the training part of %s is empty; give more text, or "+
		"another --split", source)
}

// create writes the configuration, the tokenizer and files to the run directory. They replace an
// earlier run.
func (r *Run) create(files map[string]content) error {
	if r.Dir == "" {
		return nil
	}
	config, err := json.MarshalIndent(r.Config, "", "  ")
	if err != nil {
		return err
	}
	tokenizer, err := corpus.MarshalTokenizer(r.Tokenizer)
	if err != nil {
		return err
	}
	if files == nil {
		files = map[string]content{}
	}
	files[ConfigFile] = bytesContent(append(config, '\n'))
	files[TokenizerFile] = bytesContent(tokenizer)
	return commit(r.Dir, files)
}

// finish records the outcome of a training run.
func (r *Run) finish(out Outcome) error {
	r.Config.Result = &out
	if r.Dir == "" {
		return nil
	}
	return r.writeConfig()
}

// count trains an n-gram model in one pass. If ctx is cancelled, it returns without waiting for the
// counting.
func (r *Run) count(ctx context.Context, o Order, text func() (any, []string, int, error)) error {
	start := time.Now()
	var m any
	var notes []string
	var tokens int
	var err error
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		m, notes, tokens, err = text()
	}()
	select {
	case <-counted:
	case <-ctx.Done():
		return fmt.Errorf("stopped while counting; nothing is saved: %w", ctx.Err())
	}
	if err != nil {
		return err
	}
	r.Model, r.Notes = m, notes
	if r.Config.Model, err = json.Marshal(o.Settings.Model); err != nil {
		return err
	}
	r.Config.Result = &Outcome{Params: params(m), Tokens: tokens,
		Seconds: time.Since(start).Seconds(), Threads: 1}
	files := map[string]content{}
	if m := counts(m); m != nil {
		m.Run = r.Config.identity()
	}
	if save := o.Species.Counting.Save; save != nil {
		files[CountsFile] = func(w io.Writer) error { return save(m, w) }
	}
	return r.create(files)
}

// learn trains a neural model.
func (r *Run) learn(ctx context.Context, o Order, text *Text, obs []train.Observer) error {
	c := *o.Settings.Train
	c.Seed, c.Threads = o.Seed, o.Threads
	r.Config.Train = &c
	if err := c.Check(); err != nil {
		return Misuse{err}
	}
	if err := o.fits(availableMemory()); err != nil {
		return err
	}
	m, err := o.Species.Learning.New(o.Settings.Model, o.Tokenizer,
		rand.New(rand.NewPCG(o.Seed, 1)))
	if err != nil {
		return Misuse{err}
	}
	r.Model = m
	if err := r.inherit(o); err != nil {
		return err
	}
	training, err := o.Species.Learning.Start(m, text, c)
	if err != nil {
		return err
	}
	if training.Close != nil {
		defer func() { _ = training.Close() }() // the run is complete without it
	}
	tr := training.Trainer
	r.Notes = append(r.Notes, training.Notes...)
	if r.Config.Model, err = json.Marshal(o.Settings.Model); err != nil {
		return err
	}
	if !o.Resume {
		if err := r.create(nil); err != nil {
			return err
		}
	}
	var best train.Keeper
	watch := []train.Observer{best.Observe}
	if validate := training.validation(m, o); validate != nil {
		watch = append(watch, train.Validate(validate))
	}
	if r.Dir != "" {
		kept, closeFiles, err := r.savers(tr, o.Resume, watch...)
		if err != nil {
			return err
		}
		defer closeFiles()
		watch = kept
	}
	var last *align.Report
	if training.Rollout != nil {
		obs = append(obs, rollouts(training.Rollout, func(p align.Report) {
			if last = &p; o.Rollout != nil {
				o.Rollout(p)
			}
		}))
	}
	sum, err := tr.Run(ctx, append(watch, obs...)...)
	if err != nil {
		return err
	}
	if l := training.Adapter; l != nil {
		if err := r.loadAdapter(l, &best, sum); err != nil {
			return err
		}
		r.Model = l.Merge()
	} else if err := r.loadBest(m, &best, sum); err != nil {
		return err
	}
	out := Outcome{
		Params: params(m), Tokens: sum.Tokens, Steps: sum.Step, Seconds: sum.Seconds,
		Threads: o.Threads, Valid: sum.Valid, Rollout: last,
	}
	if training.Rank != nil {
		if out.Pairs, err = training.Rank(ctx); err != nil {
			return err
		}
	}
	if training.BestOf != nil {
		if out.BestOf, err = training.BestOf(ctx); err != nil {
			return err
		}
	}
	if training.Epochs != nil {
		for i, epochs := range training.Epochs(tr.Batches()) {
			name := o.Data.Mixture.Sources[i].Corpus
			out.Sources = append(out.Sources, SourceOutcome{name, epochs})
		}
	}
	return r.finish(out)
}

// rollouts returns an observer that calls pass with the report on every roll-out.
func rollouts(report func() (align.Report, bool), pass func(align.Report)) train.Observer {
	return func(_ context.Context, _ *train.Trainer, e train.Event) error {
		if p, fresh := report(); fresh && e.Kind == train.Stepped {
			pass(p)
		}
		return nil
	}
}

// inherit loads the weights of the parent, if there is one, and freezes the parameters that must
// keep them. A resumed run reads its weights from the checkpoint; only a stage also needs the
// parent's weights, as its reference.
func (r *Run) inherit(o Order) error {
	if r.Config.Parent == nil {
		return nil
	}
	if o.Origin != nil {
		notes, err := o.Origin.inherit(r.Model, o.Tokenizer)
		if err != nil {
			return Misuse{err}
		}
		if o.Task == nil && o.Stage == nil && !o.Resume { // a task trains a new head
			r.Notes = append(r.Notes, notes...)
		}
	}
	return r.Config.Parent.freeze(r.Model)
}

// loadAdapter is like loadBest, for a run that holds only an adapter.
func (r *Run) loadAdapter(l *align.LoRA, best *train.Keeper, sum train.Summary) error {
	if r.Dir == "" {
		best.Restore(l)
		return nil
	}
	if sum.BestStep > 0 {
		_, err := train.LoadParams(filepath.Join(r.Dir, align.AdapterFile), l)
		if err != nil {
			return err
		}
	}
	return r.saveAdapter(l)
}

// loadBest loads the best weights into m: from the directory, where an earlier process may have
// written them, or from memory. A model that was never validated keeps its last weights.
func (r *Run) loadBest(m any, best *train.Keeper, sum train.Summary) error {
	path := filepath.Join(r.Dir, WeightsFile)
	switch {
	case r.Dir == "":
		best.Restore(m)
		return nil
	case sum.BestStep == 0:
		return train.SaveParams(path, m, r.metadata())
	}
	_, err := train.LoadParams(path, m)
	return err
}

func (r *Run) metadata() map[string]string {
	return map[string]string{
		"format": "pt", "lmzoo.species": r.Config.Species,
		"lmzoo.tokenizer": r.Config.Tokenizer.SHA256,
		identityKey:       r.Config.identity(),
	}
}

// These constants bound the cost of a validation: it reads documents until it has validationTokens,
// and only the beginning of a long document.
const (
	validationTokens = 50_000
	validationBytes  = 1 << 20 // bytes of a document
)

// validation returns the species' own validation or, for a causal model, the cross-entropy on the
// beginning of the validation text; it returns nil if there is neither.
func (t Training) validation(model any, o Order) func(context.Context) (float64, error) {
	m, causal := model.(lm.Model)
	switch {
	case t.Validate != nil || o.Stage != nil:
		return t.Validate
	case !causal || len(o.Split.Valid) == 0:
		return nil
	}
	docs := HeldOut(o.Tokenizer, o.Split.Valid)
	return func(ctx context.Context) (float64, error) {
		report, err := eval.Run(ctx, m, o.Tokenizer, docs, eval.Options{Threads: o.Threads})
		if err != nil {
			return 0, err
		}
		return report.Nats / float64(report.Tokens), nil
	}
}

// HeldOut returns the beginning of the validation text, which bounds the cost of a validation.
func HeldOut(tok corpus.Tokenizer, valid []corpus.Document) []corpus.Document {
	var docs []corpus.Document
	tokens := 0
	for _, d := range valid {
		if tokens >= validationTokens {
			break
		}
		if d.Truth == nil {
			d = d.Head(validationBytes)
		}
		docs = append(docs, d)
		tokens += len(corpus.EncodeDocument(nil, tok, d))
	}
	return docs
}
