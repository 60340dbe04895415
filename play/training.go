package play

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
	"lmzoo/train"
	"lmzoo/zoo"
)

// Usual and least values of a training.
const (
	usualBudget = 30 // seconds
	minText     = 1000
	ownText     = "text.txt" // what a visitor gave to learn from, beside the model
	maxVocab    = 50_000
)

// train checks what is to be trained, and queues it.
func (s *Server) train(q jobRequest) (string, error) {
	if s.opt.TrainDir == "" {
		return "", refuse(http.StatusForbidden, "", "this playground trains nothing")
	}
	species, err := s.opt.Catalogue.Find(q.Species)
	if err != nil {
		return "", wrong("species", "is %.40q; expected one of: %s", q.Species, strings.Join(s.opt.Catalogue.Names(), " "))
	}
	if q.Budget == 0 {
		q.Budget = usualBudget
	}
	if most := s.opt.Limits.TrainingTime.Seconds(); !(q.Budget >= 1 && q.Budget <= most) {
		return "", wrong("budget", "is %g; expected 1 to %g seconds", q.Budget, most)
	}
	if q.Seed == 0 {
		q.Seed = 1
	}
	if err := s.checkCorpus(&q); err != nil {
		return "", err
	}
	settings, err := species.Exhibit(q.Size, q.Corpus, time.Duration(q.Budget*float64(time.Second)))
	if err != nil {
		return "", wrong("size", "is %.40q; expected one of: %s", q.Size, strings.Join(species.Sizes, " "))
	}
	title := fmt.Sprintf("%s on %s", species.Title, map[string]string{zoo.WorldName: "the world", "text": "your text"}[q.Corpus])
	return s.jobs.add("train", title, func(ctx context.Context, j *job) error {
		return s.jobs.train(ctx, j, species, settings, q)
	})
}

func (s *Server) checkCorpus(q *jobRequest) error {
	switch q.Corpus {
	case "", zoo.WorldName:
		q.Corpus = zoo.WorldName
		if q.Text != "" {
			return wrong("text", "is for the corpus text; leave it out for the world")
		}
		if q.Tokenizer == "" {
			q.Tokenizer = "word"
		}
	case "text":
		if len(q.Text) < minText {
			return wrong("text", "has %d bytes; a model needs at least %d to learn anything from", len(q.Text), minText)
		}
		if err := checkText("text", q.Text, s.opt.Limits.TextBytes); err != nil {
			return err
		}
		if q.Tokenizer == "" {
			q.Tokenizer = "char"
		}
	default:
		return wrong("corpus", "is %.40q; expected world or text", q.Corpus)
	}
	if !slices.Contains(zoo.Tokenizers(), q.Tokenizer) {
		return wrong("tokenizer", "is %.40q; expected one of: %s", q.Tokenizer, strings.Join(zoo.Tokenizers(), " "))
	}
	if q.Vocab < 0 || q.Vocab > maxVocab {
		return wrong("vocab", "is %d; expected 0 (the tokenizer's choice) to %d", q.Vocab, maxVocab)
	}
	return nil
}

// train trains what was ordered, and opens it to visitors.
func (js *jobs) train(ctx context.Context, j *job, species *zoo.Species, settings *zoo.Settings, q jobRequest) error {
	say := func(what string) { js.change(func() { j.Doing = what }) }
	say("reading the text")
	dir, err := newDirectory(js.opt.TrainDir, species.Name)
	if err != nil {
		return err
	}
	js.change(func() { j.dir = filepath.Clean(dir) })
	data := zoo.Data{Corpus: zoo.WorldName}
	if q.Corpus == "text" { // kept beside the model, so that the run can be judged by it later
		data = zoo.Data{Corpus: filepath.Join(dir, ownText), Documents: string(corpus.Paragraphs)}
		if err := os.WriteFile(data.Corpus, []byte(q.Text), 0o666); err != nil {
			return fmt.Errorf("cannot keep the text: %w", err)
		}
	}
	split, err := data.Load(ctx, nil, true)
	if err != nil {
		return err
	}
	tok, err := corpus.Train(q.Tokenizer, split.Train, q.Vocab)
	if err != nil {
		return err
	}
	say("training")
	run, err := zoo.Make(ctx, zoo.Order{
		Species: species, Size: q.Size, Settings: settings, Data: data, Split: split, Tokenizer: tok,
		Seed: q.Seed, Threads: js.opt.Threads, Dir: dir, Command: []string{"lmzoo", "play"},
	}, js.watch(j))
	if err != nil {
		return err
	}
	js.show(j, run)
	return nil
}

// show opens what a job trained to visitors.
func (js *jobs) show(j *job, run *zoo.Run) {
	id := js.exhibits.add(run)
	js.change(func() {
		j.Model = id
		if r := run.Config.Result; r != nil {
			j.Tokens, j.Seconds = r.Tokens, r.Seconds
		}
	})
}

// Train queues a training that the owner of the server describes: visitors watch it, and may cancel it, like one of their
// own. The run is opened to them when it is done.
func (s *Server) Train(title string, make func(ctx context.Context, watch train.Observer) (*zoo.Run, error)) error {
	_, err := s.jobs.add("train", title, func(ctx context.Context, j *job) error {
		s.jobs.change(func() { j.Doing = "training" })
		run, err := make(ctx, s.jobs.watch(j))
		if err != nil {
			return err
		}
		s.jobs.show(j, run)
		return nil
	})
	return err
}

// watch draws the learning curve.
func (js *jobs) watch(j *job) train.Observer {
	return func(_ context.Context, tr *train.Trainer, e train.Event) error {
		st := e.Stats
		p := progress{Step: st.Step, Tokens: st.Tokens, Seconds: num(st.Seconds), Loss: num(st.Loss)}
		switch e.Kind {
		case train.Stepped:
			js.change(func() {
				j.Step, j.Tokens, j.Seconds, j.Progress = st.Step, st.Tokens, st.Seconds, tr.Progress()
				j.note(p)
			})
		case train.Evaluated:
			js.change(func() {
				p.Loss = num(e.Valid)
				j.Valid = append(j.Valid, p)
			})
		}
		return nil
	}
}

// newDirectory makes a directory for a run, of a name that no request chooses.
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
			return "", fmt.Errorf("cannot make a directory for the run: %w", err)
		}
	}
}
