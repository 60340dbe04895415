package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"lmzoo/corpus"
	"lmzoo/zoo"
)

// evalText is the text that a run is evaluated on.
type evalText struct {
	data zoo.Data
	part string // train, valid, test or all
	own  bool   // true if it is the text that the run was made from
	docs []corpus.Document
	all  corpus.Split
}

// readText is a corpus that has been read, with its completed description.
type readText struct {
	data  zoo.Data
	split corpus.Split
}

// text returns the text to evaluate a run on: the requested part of its own corpus, or all of
// another text. A file with the same content counts as the own corpus, whatever its name.
func (e *evaluator) text(ctx context.Context, r *zoo.Run) (*evalText, error) {
	t, err := e.choose(ctx, r)
	if err != nil {
		return nil, err
	}
	if t.docs, err = zoo.Part(t.all, t.part); err != nil {
		return nil, usageError{err}
	}
	if len(t.docs) == 0 {
		return nil, fmt.Errorf("the %s part of %s is empty (split %s); choose another --split",
			t.part, t.data.Corpus, t.data.Split)
	}
	if cut := e.data.Documents; t.own && cut != "" && cut != r.Config.Data.Documents {
		t.docs = recut(t.docs, corpus.Boundaries(cut))
		t.own = false
	}
	return t, nil
}

func (e *evaluator) choose(ctx context.Context, r *zoo.Run) (*evalText, error) {
	own, asked := r.Config.Data, e.data.Corpus
	if asked == "" || asked == own.Corpus && (own.IsGenerated() || own.Mixture != nil) {
		return e.part(ctx, r, own, e.split)
	}
	if s := own.SourceOf(asked, ""); s != nil {
		return e.part(ctx, r, s.Data, e.split)
	}
	data := zoo.Data{Corpus: asked, Documents: own.Documents, Split: "100/0/0"}
	if e.data.Documents != "" {
		data.Documents = e.data.Documents
	}
	if data.IsGenerated() {
		data.Documents, data.Split = "", ""
		return e.other(ctx, r, data)
	}
	whole, err := e.load(ctx, data, r)
	if err != nil {
		return nil, err
	}
	part := ""
	if s := own.SourceOf("", whole.data.SHA256); s != nil {
		return e.part(ctx, r, s.Data.From(asked), e.split)
	}
	switch whole.data.SHA256 {
	case own.SHA256:
		return e.part(ctx, r, own.From(asked), e.split)
	case own.ValidSHA256:
		part = "valid"
	case own.TestSHA256:
		part = "test"
	}
	if part != "" && !e.splitGiven {
		docs := whole.split.Train
		return &evalText{data: whole.data, part: part,
			all: corpus.Split{Valid: docs, Test: docs}}, nil
	}
	if e.splitGiven && e.split != "all" {
		data.Split = own.Split
	}
	return e.other(ctx, r, data)
}

// part returns a part of the text that a run was made from.
func (e *evaluator) part(ctx context.Context, r *zoo.Run, own zoo.Data, part string) (*evalText,
	error) {
	whole := part == "all" && !own.IsGenerated() && own.Valid == "" && own.Test == "" &&
		own.Mixture == nil
	if whole {
		own.Split = "100/0/0" // cut no document
	}
	text, err := e.load(ctx, own, r)
	return &evalText{data: text.data, part: part, own: !whole, all: text.split}, err
}

// other returns another text: all of it, unless a part was requested.
func (e *evaluator) other(ctx context.Context, r *zoo.Run, data zoo.Data) (*evalText, error) {
	part := "all"
	if e.splitGiven {
		part = e.split
	}
	text, err := e.load(ctx, data, r)
	return &evalText{data: text.data, part: part, all: text.split}, err
}

// maxTyped bounds standard input; package corpus refuses a text of this size.
const maxTyped = 1<<30 + 1

// textKey identifies a text: the same file may be read in several ways.
type textKey struct {
	data    zoo.Data
	reading corpus.Reading
}

// load returns the text of d, read as the tokenizer of r requires.
func (e *evaluator) load(ctx context.Context, d zoo.Data, r *zoo.Run) (readText, error) {
	key := textKey{d, corpus.ReadingOf(r.Tokenizer.Name())}
	if text, ok := e.loaded[key]; ok {
		return text, nil
	}
	if d.Corpus == "-" && e.typed == nil {
		var err error
		if e.typed, err = io.ReadAll(io.LimitReader(e.stdin, maxTyped)); err != nil {
			return readText{}, fmt.Errorf("cannot read standard input: %w", err)
		}
	}
	split, err := d.Load(ctx, zoo.Input{Stdin: bytes.NewReader(e.typed),
		Tokenizer: r.Tokenizer.Name(), Note: e.note})
	if err != nil {
		return readText{}, err
	}
	if e.loaded == nil {
		e.loaded = map[textKey]readText{}
	}
	e.loaded[key] = readText{d, split}
	return e.loaded[key], nil
}

// note prints a note about a text only once, however often the text is read.
func (e *evaluator) note(line string) {
	if e.noted[line] {
		return
	}
	if e.noted == nil {
		e.noted = map[string]bool{}
	}
	e.noted[line] = true
	e.progress.textNote(line)
}

// recut cuts a part of a text into other documents. The split of the training is kept, so that no
// training text gets into the part.
func recut(docs []corpus.Document, cut corpus.Boundaries) []corpus.Document {
	var text strings.Builder
	for _, d := range docs {
		text.WriteString(d.Text)
		text.WriteString(d.End)
	}
	return cut.Cut(text.String())
}

// describeText names a corpus and a part of it: "the test part of text.txt".
func describeText(corpus, part string) string {
	if part == "all" {
		return "all of " + corpus
	}
	return fmt.Sprintf("the %s part of %s", part, corpus)
}

// printTexts prints below the tables which texts their rows were evaluated on.
func printTexts(w io.Writer, rows []rated) {
	var texts []string
	runs := map[string][]string{}
	for _, r := range rows {
		text := describeText(r.Corpus, r.Split)
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
		runs[text] = append(runs[text], filepath.Base(r.Run))
	}
	for _, text := range texts {
		if len(texts) == 1 {
			fmt.Fprintf(w, "Evaluated on %s.\n", text)
		} else {
			fmt.Fprintf(w, "Evaluated on %s: %s.\n", text, strings.Join(runs[text], ", "))
		}
	}
}
