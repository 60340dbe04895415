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

// Data says which text a run is trained and judged on, so that it can be found again.
type Data struct {
	Corpus    string `json:"corpus"`              // world, the name of a corpus, a file, a directory, - for standard input
	Documents string `json:"documents,omitempty"` // file, lines or paragraphs; "": as the corpus does
	Split     string `json:"split,omitempty"`     // train/valid/test in per cent; "": as the corpus does
	Valid     string `json:"valid,omitempty"`     // a file of its own
	Test      string `json:"test,omitempty"`
	Shuffle   bool   `json:"shuffle,omitempty"` // the documents before they are split
	Seed      uint64 `json:"seed,omitempty"`    // of the world's documents
	Tokens    int    `json:"tokens,omitempty"`  // of the world's training part
	SHA256    string `json:"sha256,omitempty"`  // of all bytes
	Bytes     int    `json:"bytes,omitempty"`

	ValidSHA256 string `json:"valid_sha256,omitempty"` // of Valid
	TestSHA256  string `json:"test_sha256,omitempty"`  // of Test
	Base        string `json:"base,omitempty"`         // the directory that relative paths are relative to
}

// The parts of the world, in tokens.
const (
	worldTrain = 1_500_000
	worldValid = 20_000
	worldTest  = 80_000
)

// Input is what reading a corpus needs beside its name.
type Input struct {
	Stdin     io.Reader
	Tokenizer string       // decides how the bytes of a file are read, see corpus.ReadingOf
	Note      func(string) // receives what a user should know, such as the files left out; nil: nobody
}

// Load reads the text and splits it. What d left open is filled in from the corpus: the boundaries, the
// split, the hash. If d has a hash already, other bytes are an error.
func (d *Data) Load(ctx context.Context, in Input) (corpus.Split, error) {
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
	return c.Split, d.settle(c)
}

// Stream is Load for a text that is not to be in memory. The world, standard input and what is shuffled are
// corpus.ErrNotStreamed.
func (d *Data) Stream(ctx context.Context, in Input) (*corpus.Stream, error) {
	if d.IsGenerated() {
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
	return s, d.settle(&s.Corpus)
}

// options say what to read, of a text that is not the world's.
func (d *Data) options(in Input) (opt corpus.Options, err error) {
	if d.Tokens != 0 {
		return opt, fmt.Errorf("only the world has as many tokens as one likes; leave out --world-tokens, or use --corpus world")
	}
	opt = corpus.Options{
		Source: d.Path(d.Corpus), Documents: corpus.Boundaries(d.Documents), Valid: d.Path(d.Valid), Test: d.Path(d.Test),
		Shuffle: d.Shuffle, Reading: corpus.ReadingOf(in.Tokenizer), Stdin: in.Stdin, Note: in.Note,
	}
	if d.Split != "" {
		opt.Ratio, err = corpus.ParseRatio(d.Split)
	}
	return opt, err
}

// generated draws a generated corpus.
func (d *Data) generated() (corpus.Split, error) {
	if d.Documents != "" && d.Documents != string(corpus.Lines) {
		return corpus.Split{}, Misuse{fmt.Errorf("the documents of the world are its lines; leave out --documents %s", d.Documents)}
	}
	if d.Valid != "" || d.Test != "" || d.Split != "" && d.Split != worldSplit {
		return corpus.Split{}, Misuse{fmt.Errorf("the world draws its own validation and test text; leave out --split, --valid and --test")}
	}
	if d.Tokens == 0 {
		d.Tokens = worldTrain
	}
	if d.Tokens < 0 || d.Tokens > 1<<30 {
		return corpus.Split{}, Misuse{fmt.Errorf("a world of %d tokens: expected 1 to %d", d.Tokens, 1<<30)}
	}
	if d.Seed == 0 {
		d.Seed = 1
	}
	g, _ := FindGenerated(d.Corpus)
	split := g.split(d.Seed, d.Tokens, worldValid, worldTest)
	h, bytes := sha256.New(), 0
	for _, part := range [][]corpus.Document{split.Train, split.Valid, split.Test} {
		for _, doc := range part {
			io.WriteString(h, doc.Text) // a hash takes everything
			io.WriteString(h, doc.End)
			bytes += doc.Bytes()
		}
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if d.SHA256 != "" && d.SHA256 != sum {
		return corpus.Split{}, fmt.Errorf("this program's world is another than the one the model was trained on (SHA-256 %.12s…, then %.12s…); train it again", sum, d.SHA256)
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
		return append(append(append([]corpus.Document(nil), s.Train...), s.Valid...), s.Test...), nil
	}
	return nil, suggest.Unknown("split", name, []string{"train", "valid", "test", "all"})
}

// NamedCorpora are the names of the corpora of real text.
func NamedCorpora() []string {
	var names []string
	for _, n := range corpus.AllNamed() {
		names = append(names, n.Name)
	}
	return names
}

// Tokenizers are the names of the tokenizers.
func Tokenizers() []string { return corpus.Tokenizers() }
