// Command logbilinear adds a species to lmzoo from another module: the log-bilinear model of Mnih &
// Hinton (2007). It trains the model beside two of lmzoo's own on the synthetic world, stops and
// resumes it, compares all three, writes the report, and opens the playground:
//
//	go run . [DIR]
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"

	"lmzoo/corpus"
	"lmzoo/play"
	"lmzoo/report"
	"lmzoo/train"
	"lmzoo/zoo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir := "runs"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := visit(ctx, os.Stdout, dir); err != nil {
		fmt.Fprintln(os.Stderr, "logbilinear:", err)
		os.Exit(1)
	}
}

// visit trains the models, writes the report and serves the playground until ctx ends.
func visit(ctx context.Context, w io.Writer, dir string) error {
	runs, split, err := trainAll(ctx, w, dir, 600)
	if err != nil {
		return err
	}
	if err := compare(ctx, w, dir, runs, split); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "playground: http://%s (Ctrl-C closes it)\n", listener.Addr())
	return play.New(runs, play.Options{Catalogue: catalogue(), TrainDir: dir}).Serve(ctx, listener)
}

// trainAll trains the three models on the same text. The log-bilinear model is stopped after a
// third of its steps and resumes from its checkpoint, as after Ctrl-C and lmzoo train --resume.
func trainAll(
	ctx context.Context, w io.Writer, dir string, steps int,
) (runs []*zoo.Run, split corpus.Split, err error) {
	data := zoo.Data{Corpus: zoo.WorldName, Tokens: 200_000}
	if split, err = data.Load(ctx, zoo.Input{}); err != nil {
		return nil, split, err
	}
	words, err := corpus.Train("word", split.Train, 0)
	if err != nil {
		return nil, split, err
	}
	for _, name := range []string{"unigram", "ngram", "logbilinear"} {
		species, err := catalogue().Find(name)
		if err != nil {
			return nil, split, err
		}
		every := max(steps/6, 1)
		values := map[string]any{"steps": steps, "eval_every": every, "save_every": every}
		settings, err := species.SettingsWith("", values)
		if err != nil {
			return nil, split, err
		}
		order := zoo.Order{
			Species: species, Settings: settings, Data: data, Split: split, Tokenizer: words,
			Seed: 1, Threads: 2, Dir: filepath.Join(dir, name), Overwrite: true,
		}
		if species.IsNeural() {
			err = interrupted(ctx, order, steps/3)
			if err == nil {
				order, err = catalogue().Resume(ctx, order.Dir, nil, nil)
				order.Threads = 2
			}
			if err != nil {
				return nil, split, err
			}
		}
		run, err := zoo.Make(ctx, order)
		if err != nil {
			return nil, split, err
		}
		fmt.Fprintf(w, "%d  %-26s %7d parameters\n", species.Year, run.Title(), run.Params())
		runs = append(runs, run)
	}
	return runs, split, nil
}

// interrupted carries out an order and stops it after some steps.
func interrupted(ctx context.Context, order zoo.Order, steps int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	_, err := zoo.Make(ctx, order, func(_ context.Context, _ *train.Trainer, e train.Event) error {
		if e.Stats.Step == steps {
			stop()
		}
		return nil
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// compare opens the runs as any program would, prints bits per byte and a sample of each, and
// writes the report.
func compare(
	ctx context.Context, w io.Writer, dir string, runs []*zoo.Run, split corpus.Split,
) error {
	for i, r := range runs {
		opened, err := catalogue().Open(r.Dir)
		if err != nil {
			return err
		}
		runs[i] = opened
	}
	c, err := report.Collect(ctx, runs, split.Test[:200], report.Options{
		Data: runs[0].Config.Data, Split: "test", Train: split.Train, Seed: 1, Threads: 2,
	})
	if err != nil {
		return err
	}
	for _, row := range c.Rows {
		fmt.Fprintf(w, "%-26s %.3f bits per byte: %.60s …\n",
			row.Title, float64(row.BitsPerByte), row.Sample)
	}
	page, err := os.Create(filepath.Join(dir, "report.html"))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "report: %s\n", page.Name())
	return errors.Join(report.HTML(page, c), page.Close())
}
