package zoo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"lmzoo/corpus"
	"lmzoo/suggest"
)

// Data describes the text that a run is trained and evaluated on.
type Data struct {
	// Corpus is a generated corpus, a named corpus, a file, a directory, or - for standard input;
	// or a mixture of them, see IsMixture.
	Corpus    string `json:"corpus"`
	MixEnd    string `json:"mix_end,omitempty"`   // the mixture at the end of the training
	Documents string `json:"documents,omitempty"` // file, lines or paragraphs; "": see the corpus
	// Split is train/valid/test in per cent; "": default of the corpus
	Split   string `json:"split,omitempty"`
	Valid   string `json:"valid,omitempty"` // a separate file for validation
	Test    string `json:"test,omitempty"`
	Shuffle bool   `json:"shuffle,omitempty"` // shuffle the documents before the split
	Seed    uint64 `json:"seed,omitempty"`    // of a generated corpus
	Tokens  int    `json:"tokens,omitempty"`  // of the training part of a generated corpus
	SHA256  string `json:"sha256,omitempty"`  // of all bytes
	Bytes   int    `json:"bytes,omitempty"`

	ValidSHA256 string `json:"valid_sha256,omitempty"` // of Valid
	TestSHA256  string `json:"test_sha256,omitempty"`  // of Test
	Base        string `json:"base,omitempty"`         // directory of relative paths

	Mixture *Mixture `json:"mixture,omitempty"` // the sources of a mixture, with their hashes
}

// The sizes of a generated corpus in tokens.
const (
	worldTrain = 1_500_000
	worldValid = 20_000
	worldTest  = 80_000
)

// Input holds what is needed to read a corpus, besides its Data.
type Input struct {
	Stdin     io.Reader
	Tokenizer string       // determines how the bytes of a file are read; see corpus.ReadingOf
	Note      func(string) // receives notes for the user, such as the files left out; may be nil
}

// Load reads the text and splits it. It completes d: the document boundaries, the split, the
// hashes. If d already has hashes, a text with another hash is an error.
func (d *Data) Load(ctx context.Context, in Input) (corpus.Split, error) {
	if err := d.ParseMixture(); err != nil {
		return corpus.Split{}, err
	}
	if d.Mixture != nil {
		return d.loadMixture(ctx, in)
	}
	if d.IsGenerated() {
		return d.generated()
	}
	opt, err := d.options(in)
	if err != nil {
		return corpus.Split{}, err
	}
	c, err := corpus.Load(ctx, opt)
	if err != nil {
		return corpus.Split{}, err
	}
	return c.Split, d.reconcile(c)
}

// Stream is Load for a text that is not held in memory. For a generated or shuffled corpus and for
// standard input it returns corpus.ErrNotStreamed.
func (d *Data) Stream(ctx context.Context, in Input) (*corpus.Stream, error) {
	if d.IsGenerated() || IsMixture(d.Corpus) {
		return nil, corpus.ErrNotStreamed
	}
	opt, err := d.options(in)
	if err != nil {
		return nil, err
	}
	s, err := corpus.OpenStream(ctx, opt)
	if err != nil {
		return nil, err
	}
	return s, d.reconcile(&s.Corpus)
}

// options returns the options for reading a corpus that is not generated.
func (d *Data) options(in Input) (opt corpus.Options, err error) {
	if d.Tokens != 0 {
		return opt, fmt.Errorf("%s has a fixed size; leave out --world-tokens, or use --corpus "+
			"world", d.Corpus)
	}
	opt = corpus.Options{
		Source: d.Path(d.Corpus), Documents: corpus.Boundaries(d.Documents), Valid: d.Path(d.Valid),
		Test:    d.Path(d.Test),
		Shuffle: d.Shuffle, Reading: corpus.ReadingOf(in.Tokenizer), Stdin: in.Stdin, Note: in.Note,
	}
	if d.Split != "" {
		opt.Ratio, err = corpus.ParseRatio(d.Split)
	}
	return opt, err
}

// generated generates a corpus.
func (d *Data) generated() (corpus.Split, error) {
	if d.Documents != "" && d.Documents != string(corpus.Lines) {
		return corpus.Split{}, Misuse{fmt.Errorf("the documents of a generated corpus are its "+
			"lines; leave out --documents %s", d.Documents)}
	}
	if d.Valid != "" || d.Test != "" || d.Split != "" && d.Split != worldSplit {
		return corpus.Split{}, Misuse{fmt.Errorf("a generated corpus has its own validation and " +
			"test text; leave out --split, --valid and --test")}
	}
	if d.Tokens == 0 {
		d.Tokens = worldTrain
	}
	if d.Tokens < 0 || d.Tokens > 1<<30 {
		return corpus.Split{}, Misuse{fmt.Errorf("--world-tokens is %d; want 1 to %d", d.Tokens,
			1<<30)}
	}
	if d.Seed == 0 {
		d.Seed = 1
	}
	g, _ := FindGenerated(d.Corpus)
	split := g.split(d.Seed, d.Tokens, worldValid, worldTest)
	h, bytes := sha256.New(), 0
	for _, part := range [][]corpus.Document{split.Train, split.Valid, split.Test} {
		for _, doc := range part {
			io.WriteString(h, doc.Text) // writing to a hash does not fail
			io.WriteString(h, doc.End)
			bytes += doc.Bytes()
		}
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if d.SHA256 != "" && d.SHA256 != sum {
		return corpus.Split{}, fmt.Errorf("the generated corpus differs from the one that the "+
			"model was trained on: its SHA-256 is %.12s…; want %.12s…: train again with "+
			"--overwrite", sum, d.SHA256)
	}
	d.Documents, d.Split, d.SHA256, d.Bytes = string(corpus.Lines), worldSplit, sum, bytes
	return split, nil
}

const worldSplit = "generated"

// Part returns the documents of a split by name: train, valid, test or all.
func Part(s corpus.Split, name string) ([]corpus.Document, error) {
	switch name {
	case "train":
		return s.Train, nil
	case "valid":
		return s.Valid, nil
	case "test":
		return s.Test, nil
	case "all":
		return append(append(append([]corpus.Document(nil), s.Train...), s.Valid...),
			s.Test...), nil
	}
	return nil, suggest.Unknown("split", name, []string{"train", "valid", "test", "all"})
}

// NamedCorpora returns the names of the corpora of real text.
func NamedCorpora() []string {
	var names []string
	for _, n := range corpus.AllNamed() {
		names = append(names, n.Name)
	}
	return names
}

// Tokenizers returns the names of the tokenizers.
func Tokenizers() []string { return corpus.Tokenizers() }
