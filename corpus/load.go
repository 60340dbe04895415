package corpus

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// Options describes what to load. Only Source is required.
type Options struct {
	// Source is the name of a corpus, a file, a directory of files, or - for Stdin. The name of a
	// corpus takes precedence over a file of that name; write ./name for the file. Files compressed
	// by gzip or Zstandard are decompressed.
	Source string
	// Documents is the rule that cuts files into documents; "" means the default of the corpus, or
	// whole files.
	Documents Boundaries
	// Ratio is the split. Its zero value means the default of the corpus, or 90/5/5, or all for
	// training if Valid or Test is given.
	Ratio Ratio
	// Valid and Test are sources that replace a part of the split; the share of that part is added
	// to the training part.
	Valid, Test string
	// Shuffle shuffles the documents before the split, always in the same order, so that runs with
	// different seeds are evaluated on the same texts. Some named corpora are always shuffled.
	Shuffle bool
	// Reading is what the tokenizer requires of the bytes; see ReadingOf.
	Reading Reading
	Stdin   io.Reader
	Cache   Cache
	// Note receives a line for each decision that the user should know of, such as a file left out
	// or an encoding.
	Note func(string)

	limit int64 // largest text in bytes; 0: maxBytes
}

// Input describes one source that was read.
type Input struct {
	Name   string `json:"name"`   // of the corpus or the file
	Source string `json:"source"` // as it was given
	Bytes  int    `json:"bytes"`  // length of the text, unpacked
	SHA256 string `json:"sha256"` // of the text; for a directory, of all its files in order
}

// Corpus is a text in documents, split in three. Its JSON describes its origin and leaves out the
// text.
type Corpus struct {
	Input
	Documents Boundaries `json:"documents"`
	Ratio     Ratio      `json:"split"`
	Shuffled  bool       `json:"shuffled"`
	Valid     *Input     `json:"valid,omitempty"` // sources that replace parts of the split
	Test      *Input     `json:"test,omitempty"`
	Split     Split      `json:"-"`
}

// splitSeed is the seed of every shuffle before a split.
const splitSeed = 1

// defaultRatio is the split of a corpus outside the catalogue.
var defaultRatio = Ratio{90, 5, 5}

// Load reads a corpus, cuts it into documents and splits them. The bytes of all documents add up to
// the bytes of the text.
func Load(ctx context.Context, o Options) (*Corpus, error) {
	c, err := o.plan()
	if err != nil {
		return nil, err
	}
	input, docs, err := o.read(ctx, o.Source, c.Documents)
	if err != nil {
		return nil, err
	}
	c.Input = *input
	if c.Shuffled {
		docs = Shuffle(docs, splitSeed)
	}
	c.Split = c.Ratio.Split(docs)
	if o.Valid != "" {
		if c.Valid, c.Split.Valid, err = o.read(ctx, o.Valid, c.Documents); err != nil {
			return nil, err
		}
	}
	if o.Test != "" {
		if c.Test, c.Split.Test, err = o.read(ctx, o.Test, c.Documents); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// plan returns the corpus that the options describe, before anything is read.
func (o Options) plan() (*Corpus, error) {
	usual := Named{Documents: Files, Ratio: defaultRatio}
	if n, err := FindNamed(o.Source); err == nil {
		usual = n
	} else if IsRefined(o.Source) {
		usual.Documents = Paragraphs
	}
	c := &Corpus{Documents: cmp.Or(o.Documents, usual.Documents), Shuffled: o.Shuffle ||
		usual.Shuffle}
	if _, err := ParseBoundaries(string(c.Documents)); err != nil {
		return nil, err
	}
	c.Ratio = o.ratio(usual.Ratio)
	_, err := ParseRatio(c.Ratio.String())
	return c, err
}

// ratio returns the split of Source, given its default split.
func (o Options) ratio(usual Ratio) Ratio {
	r := o.Ratio
	if r == (Ratio{}) {
		r = usual
		if o.Valid != "" || o.Test != "" {
			r = Ratio{Train: 100}
		}
	}
	if o.Valid != "" {
		r.Train, r.Valid = r.Train+r.Valid, 0
	}
	if o.Test != "" {
		r.Train, r.Test = r.Train+r.Test, 0
	}
	return r
}

// maxBytes bounds a corpus and its documents, which are held in memory.
const (
	maxBytes      = 1 << 30
	maxHeld       = 2 << 30
	documentBytes = 64 // memory of a Document besides its text
)

// read reads one source and cuts it into documents.
func (o Options) read(ctx context.Context, source string, cut Boundaries) (*Input, []Document,
	error) {
	limit := cmp.Or(o.limit, maxBytes)
	in := &Input{Source: source}
	r := &sourceReader{ctx: ctx, reading: o.Reading, hash: sha256.New(), limit: limit, left: limit}
	texts, name, err := o.texts(ctx, r, source)
	if err != nil {
		return nil, nil, err
	}
	r.notes.send(o.Note)
	in.Name, in.Bytes, in.SHA256 = name, int(limit-r.left), hex.EncodeToString(r.hash.Sum(nil))
	if in.Bytes == 0 {
		return nil, nil, fmt.Errorf("corpus %s is empty; want some text", source)
	}
	if err := checkHeld(source, texts, cut, limit); err != nil {
		return nil, nil, err
	}
	var docs []Document
	for _, text := range texts {
		docs = append(docs, cut.Cut(text)...)
	}
	return in, docs, nil
}

// checkHeld refuses a text whose documents would take much more memory than the text itself.
func checkHeld(source string, texts []string, cut Boundaries, limit int64) error {
	if cut == Files {
		return nil
	}
	docs, bytes := int64(0), int64(0)
	for _, text := range texts {
		docs += int64(strings.Count(text, "\n"))
		bytes += int64(len(text))
	}
	if held := bytes + documentBytes*docs; held > limit*(maxHeld/maxBytes) {
		return fmt.Errorf("corpus %s: %d bytes in %d documents would take %d bytes of memory; %s",
			source, bytes, docs, held, smaller)
	}
	return nil
}

// smaller is the advice for a text that is too large for memory.
const smaller = "take a part of it, or count it in bounded memory with: lmzoo train ngram " +
	"--memory 1G"
