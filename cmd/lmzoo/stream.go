package main

import (
	"context"
	"errors"
	"runtime/debug"

	"lmzoo/corpus"
	"lmzoo/report"
	"lmzoo/zoo"
)

// boundedGC is the GOGC setting under --memory: the garbage that may accumulate, in per cent of the
// memory in use. It is low because counts are long arrays without pointers, which cost the
// collector nothing.
const boundedGC = 20

// stream opens the text for a model that is counted in bounded memory, or returns nil if the text
// must be loaded whole.
func (t *training) stream(ctx context.Context,
	settings *zoo.Settings) (*corpus.Stream, corpus.Tokenizer, error) {
	if !t.species.Bounded(settings) {
		return nil, nil, nil
	}
	debug.SetGCPercent(boundedGC)
	name := t.data.tokenizerName()
	s, err := t.data.data.Stream(ctx, zoo.Input{Tokenizer: name, Note: t.progress.textNote})
	if errors.Is(err, corpus.ErrNotStreamed) {
		t.progress.note(
			"note: %s is held in memory, so only the counting is bounded; only a file or a "+
				"directory that is not shuffled is read in pieces", t.data.data.Corpus)
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	tok, err := corpus.TrainStream(name, s, t.data.vocab)
	return s, tok, err
}

// tokenizerName returns the name of the requested tokenizer, or that of the default.
func (f *dataFlags) tokenizerName() string {
	switch {
	case f.tokenizer != "":
		return f.tokenizer
	case f.data.IsGenerated():
		return "word"
	}
	return "char"
}

// extent describes the size of the text of an order.
func extent(o zoo.Order) string {
	if o.Stream != nil {
		return report.Count(o.Stream.Bytes) + " bytes in all, read in pieces"
	}
	return sizes(o.Split)
}
