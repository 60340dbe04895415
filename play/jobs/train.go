package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lmzoo/corpus"
	"lmzoo/play/web"
	"lmzoo/train"
	"lmzoo/zoo"
)

// Defaults and bounds of a training run.
const (
	defaultBudget = 30 // seconds
	minText       = 1000
	textFile      = "text.txt" // file for a visitor's text, beside the model
	maxVocab      = 50_000
)

// train checks the requested model and queues its training.
func (q *Queue) train(ask Request) (string, error) {
	if q.opt.TrainDir == "" {
		return "", web.Refuse(http.StatusForbidden, "", "training is disabled in this playground")
	}
	species, err := q.opt.Catalogue.Find(ask.Species)
	if err != nil {
		return "", web.Invalid("species", "is %.40q; want one of: %s", ask.Species,
			strings.Join(q.opt.Catalogue.Names(), " "))
	}
	if ask.Budget == 0 {
		ask.Budget = defaultBudget
	}
	if most := q.opt.TrainingTime.Seconds(); !(ask.Budget >= 1 && ask.Budget <= most) {
		return "", web.Invalid("budget", "is %g; want 1 to %g seconds", ask.Budget, most)
	}
	if ask.Seed == 0 {
		ask.Seed = 1
	}
	if err := q.checkCorpus(&ask); err != nil {
		return "", err
	}
	settings, err := species.Exhibit(ask.Size, ask.Corpus,
		zoo.Budget{Time: time.Duration(ask.Budget * float64(time.Second))})
	if err != nil {
		return "", web.Invalid("size", "is %.40q; want one of: %s", ask.Size,
			strings.Join(species.Sizes, " "))
	}
	title := fmt.Sprintf("%s on %s", species.Title,
		map[string]string{zoo.WorldName: "the world", "text": "your text"}[ask.Corpus])
	return q.add("", "train", title, func(ctx context.Context, j *Job) error {
		return q.makeRun(ctx, j, species, settings, ask)
	})
}

// checkCorpus checks the corpus and the tokenizer, and fills in their defaults.
func (q *Queue) checkCorpus(ask *Request) error {
	switch ask.Corpus {
	case "", zoo.WorldName:
		ask.Corpus = zoo.WorldName
		if ask.Text != "" {
			return web.Invalid("text", "belongs to the corpus text; leave it out for the world")
		}
		if ask.Tokenizer == "" {
			ask.Tokenizer = "word"
		}
	case "text":
		if len(ask.Text) < minText {
			return web.Invalid("text", "has %d bytes; want at least %d", len(ask.Text), minText)
		}
		if err := web.CheckText("text", ask.Text, q.opt.TextBytes); err != nil {
			return err
		}
		if ask.Tokenizer == "" {
			ask.Tokenizer = "char"
		}
	default:
		return web.Invalid("corpus", "is %.40q; want world or text", ask.Corpus)
	}
	if !slices.Contains(zoo.Tokenizers(), ask.Tokenizer) {
		return web.Invalid("tokenizer", "is %.40q; want one of: %s", ask.Tokenizer,
			strings.Join(zoo.Tokenizers(), " "))
	}
	if ask.Vocab < 0 || ask.Vocab > maxVocab {
		return web.Invalid("vocab", "is %d; want 0 (the tokenizer's choice) to %d", ask.Vocab,
			maxVocab)
	}
	return nil
}

// makeRun trains a model and makes it available to visitors.
func (q *Queue) makeRun(ctx context.Context, j *Job, species *zoo.Species, settings *zoo.Settings,
	ask Request) error {
	say := func(what string) { q.change(func() { j.Doing = what }) }
	say("reading the text")
	dir, err := newDirectory(q.opt.TrainDir, species.Name)
	if err != nil {
		return err
	}
	q.change(func() { j.dir = filepath.Clean(dir) })
	data := zoo.Data{Corpus: zoo.WorldName}
	if ask.Corpus == "text" { // saved beside the model, for later evaluation
		data = zoo.Data{Corpus: filepath.Join(dir, textFile), Documents: string(corpus.Paragraphs)}
		if err := os.WriteFile(data.Corpus, []byte(ask.Text), 0o666); err != nil {
			return fmt.Errorf("cannot write the training text: %w", err)
		}
	}
	split, err := data.Load(ctx, zoo.Input{Tokenizer: ask.Tokenizer})
	if err != nil {
		return err
	}
	tok, err := corpus.Train(ask.Tokenizer, split.Train, ask.Vocab)
	if err != nil {
		return err
	}
	return q.make(ctx, j, zoo.Order{
		Species: species, Size: ask.Size, Settings: settings,
		Data: data, Split: split, Tokenizer: tok,
		Seed: ask.Seed, Threads: q.opt.Threads, Dir: dir, Command: []string{"lmzoo", "play"},
	})
}

// make trains the ordered model and opens it. Meanwhile the job shows its learning curve, lines to
// compare it with, and samples of the model's text.
func (q *Queue) make(ctx context.Context, j *Job, o zoo.Order) error {
	if err := q.drawLines(ctx, j, o); err != nil {
		return err
	}
	speak, restore := q.sampling(j, &o)
	q.change(func() { j.Doing = "training" })
	run, err := zoo.Make(ctx, o, q.observe(j), speak)
	if err != nil {
		return err
	}
	restore(run)
	q.open(j, run)
	return nil
}

// open makes the model that a job has trained available to visitors.
func (q *Queue) open(j *Job, run *zoo.Run) {
	id := q.models.Add(run)
	q.change(func() {
		j.Model = id
		if r := run.Config.Result; r != nil {
			j.Tokens, j.Seconds = r.Tokens, r.Seconds
		}
	})
}

// Train queues a training run for the owner of the server. Visitors can watch and cancel it like
// their own runs; at the end, its model becomes available to them.
func (q *Queue) Train(title string,
	make func(ctx context.Context, watch train.Observer) (*zoo.Run, error)) error {
	_, err := q.add("", "train", title, func(ctx context.Context, j *Job) error {
		q.change(func() { j.Doing = "training" })
		run, err := make(ctx, q.observe(j))
		if err != nil {
			return err
		}
		q.open(j, run)
		return nil
	})
	return err
}

// observe returns an observer that records the learning curve of a job.
func (q *Queue) observe(j *Job) train.Observer {
	return func(_ context.Context, tr *train.Trainer, e train.Event) error {
		st := e.Stats
		p := Point{Step: st.Step, Tokens: st.Tokens, Seconds: web.Float(st.Seconds),
			Loss: web.Float(st.Loss)}
		switch e.Kind {
		case train.Stepped:
			q.change(func() {
				j.Step, j.Tokens, j.Seconds = st.Step, st.Tokens, st.Seconds
				j.Progress = tr.Progress()
				j.addPoint(p)
			})
		case train.Evaluated:
			q.change(func() {
				p.Loss = web.Float(e.Valid)
				j.Valid = append(j.Valid, p)
			})
		}
		return nil
	}
}

// newDirectory makes a directory for a run. Its name is independent of the request.
func newDirectory(parent, species string) (string, error) {
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", fmt.Errorf("cannot make the directory of the runs: %w", err)
	}
	for n := 1; ; n++ {
		dir := filepath.Join(parent, "my-"+species)
		if n > 1 {
			dir += fmt.Sprintf("-%d", n)
		}
		switch err := os.Mkdir(dir, 0o777); {
		case err == nil:
			return dir, nil
		case !errors.Is(err, fs.ErrExist):
			return "", fmt.Errorf("cannot make a run directory: %w", err)
		}
	}
}
