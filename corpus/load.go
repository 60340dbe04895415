package corpus

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Options say what to load. Only Source is needed.
type Options struct {
	// Source is the name of a corpus, a file, a directory of files, or - for Stdin. A name wins over a
	// file of that name, which is ./name. What gzip has packed is unpacked.
	Source string
	// Documents says where documents begin and end; "": as is usual for the corpus, whole files if unknown.
	Documents Boundaries
	// Ratio is the split; its zero value means the usual one, 90/5/5 if unknown, and all for training when
	// Valid or Test is given.
	Ratio Ratio
	// Valid and Test are sources that win over what the split gives; its share is trained on instead.
	Valid, Test string
	// Shuffle shuffles the documents before they are split, always in the same way, so that runs of all
	// seeds are judged by the same texts. Some named corpora are always shuffled.
	Shuffle bool
	// Binary takes files that do not look like text, for the tokenizer of bytes.
	Binary bool
	Stdin  io.Reader
	Cache  Cache
}

// Input is what was read from one source.
type Input struct {
	Name   string `json:"name"`   // of the corpus or the file
	Source string `json:"source"` // as it was asked for
	Bytes  int    `json:"bytes"`  // of text, unpacked
	SHA256 string `json:"sha256"` // of the same; for a directory of its files one after the other
}

// Corpus is a text in documents, split in three. As JSON it says everything that made it, but not the text.
type Corpus struct {
	Input
	Documents Boundaries `json:"documents"`
	Ratio     Ratio      `json:"split"`
	Shuffled  bool       `json:"shuffled"`
	Valid     *Input     `json:"valid,omitempty"` // the sources that won over the split, if any
	Test      *Input     `json:"test,omitempty"`
	Split     Split      `json:"-"`
}

// splitSeed is the seed of every shuffle before a split.
const splitSeed = 1

// defaultRatio is the split of a corpus that is not in the catalogue.
var defaultRatio = Ratio{90, 5, 5}

// Load reads a corpus, cuts it into documents and splits them. The bytes of all documents add up to the
// bytes that were read.
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

// plan is what the options say, before anything is read.
func (o Options) plan() (*Corpus, error) {
	usual := Named{Documents: Files, Ratio: defaultRatio}
	if n, err := FindNamed(o.Source); err == nil {
		usual = n
	}
	c := &Corpus{Documents: cmp.Or(o.Documents, usual.Documents), Shuffled: o.Shuffle || usual.Shuffle}
	if _, err := ParseBoundaries(string(c.Documents)); err != nil {
		return nil, err
	}
	c.Ratio = o.ratio(usual.Ratio)
	_, err := ParseRatio(c.Ratio.String())
	return c, err
}

// ratio is the split of Source, given the usual one.
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

// maxBytes bounds a corpus: it is held in memory, and what unpacks to more is a mistake or an attack.
const maxBytes = math.MaxInt32

// read reads one source and cuts it into documents.
func (o Options) read(ctx context.Context, source string, cut Boundaries) (*Input, []Document, error) {
	in := &Input{Source: source}
	r := &sourceReader{ctx: ctx, binary: o.Binary, hash: sha256.New(), left: maxBytes}
	texts, name, err := o.open(ctx, r, source)
	if err != nil {
		return nil, nil, err
	}
	in.Name, in.Bytes, in.SHA256 = name, maxBytes-int(r.left), hex.EncodeToString(r.hash.Sum(nil))
	if in.Bytes == 0 {
		return nil, nil, fmt.Errorf("corpus %s is empty: want some text", source)
	}
	var docs []Document
	for _, text := range texts {
		docs = append(docs, cut.Cut(text)...)
	}
	return in, docs, nil
}

// open finds out what the source is and reads its texts.
func (o Options) open(ctx context.Context, r *sourceReader, source string) (texts []string, name string, err error) {
	if source == "-" {
		if o.Stdin == nil {
			return nil, "", errors.New("corpus -: there is no standard input")
		}
		text, err := r.read("-", o.Stdin)
		return []string{text}, "stdin", err
	}
	paths, name, err := o.files(ctx, source)
	if err != nil {
		return nil, "", err
	}
	for _, path := range paths {
		text, err := r.readFile(path)
		if err != nil {
			return nil, "", err
		}
		texts = append(texts, text)
	}
	return texts, name, nil
}

// files are those that a source other than standard input consists of.
func (o Options) files(ctx context.Context, source string) (paths []string, name string, err error) {
	if source == "" {
		return nil, "", errors.New("no corpus given: want a name, a file, a directory, or - for standard input")
	}
	n, unknown := FindNamed(source)
	if unknown == nil {
		path, err := o.Cache.Get(ctx, n)
		return []string{path}, n.Name, err
	}
	info, err := os.Stat(source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", fmt.Errorf("corpus %s: no such file or directory, and %w", source, unknown)
	case err != nil:
		return nil, "", fmt.Errorf("corpus %s: %w", source, err)
	case info.IsDir():
		paths, err = filesBelow(source)
		return paths, filepath.Base(source), err
	}
	return []string{source}, filepath.Base(source), nil
}

// sourceReader reads the files of one source.
type sourceReader struct {
	ctx    context.Context
	binary bool
	hash   hash.Hash
	left   int64 // bytes that may still come
}

// filesBelow lists all files in and below a directory, in the order of their names; hidden ones are skipped.
func filesBelow(dir string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("corpus: %w", err)
		}
		if hidden := strings.HasPrefix(d.Name(), "."); hidden && path != dir {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() { // no directory, device, or link to nowhere
			paths = append(paths, path)
		}
		return nil
	})
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("corpus %s: a directory without files: want text files in it", dir)
	}
	return paths, err
}

func (r *sourceReader) readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("corpus: %w", err)
	}
	defer f.Close()
	return r.read(path, f)
}

// read reads one file and unpacks it if need be.
func (r *sourceReader) read(path string, file io.Reader) (string, error) {
	src, packed, err := unpack(path, canceled{r.ctx, file})
	if err != nil {
		return "", err
	}
	var text strings.Builder
	n, err := io.Copy(io.MultiWriter(&text, r.hash), io.LimitReader(src, r.left+1))
	switch r.left -= n; {
	case err != nil:
		return "", readError(r.ctx, path, packed, err)
	case r.left < 0:
		return "", fmt.Errorf("corpus %s: more than %d bytes; take a part of it, or count it in pieces with --memory", path, maxBytes)
	case !r.binary:
		return text.String(), refuseBinary(path, text.String())
	}
	return text.String(), nil
}

// unpack returns what a file holds: what gzip has packed is unpacked.
func unpack(path string, file io.Reader) (src io.Reader, packed bool, err error) {
	buffered := bufio.NewReaderSize(file, 1<<16)
	magic, _ := buffered.Peek(3)
	if packed = bytes.Equal(magic, []byte{0x1f, 0x8b, 8}); !packed {
		return buffered, false, nil
	}
	unpacked, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, true, fmt.Errorf("corpus %s: %w: a broken gzip file; get it again", path, err)
	}
	return unpacked, true, nil
}

// readError says why a file could not be read to its end.
func readError(ctx context.Context, path string, packed bool, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("corpus %s: %w", path, context.Cause(ctx))
	case packed:
		return fmt.Errorf("corpus %s: %w: a broken gzip file; get it again", path, err)
	}
	return fmt.Errorf("corpus %s: %w", path, err)
}

// refuseBinary is an error if the beginning of a file does not look like text.
func refuseBinary(path, text string) error {
	if why := looksBinary(text); why != "" {
		return fmt.Errorf("corpus %s: looks binary (%s): want text, or the byte tokenizer, which takes anything", path, why)
	}
	return nil
}

// canceled is a reader that ends when its context does.
type canceled struct {
	ctx context.Context
	r   io.Reader
}

func (c canceled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// binaryLooks is how many bytes of a file are looked at to see whether it is text.
const binaryLooks = 8000

// looksBinary says why the beginning of a file does not look like text, "" if it does. Bytes that are no
// UTF-8 may be text in another encoding; control characters are none in any.
func looksBinary(text string) string {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return "UTF-16; iconv -f UTF-16 -t UTF-8 makes text of it"
	}
	text = text[:min(len(text), binaryLooks)]
	control := 0
	for i := range len(text) {
		switch b := text[i]; {
		case b == 0:
			return fmt.Sprintf("a NUL byte at %d", i)
		case b >= '\b' && b <= '\r', b == '\x1b': // what editors and terminals write
		case b < ' ' || b == 0x7f:
			control++
		}
	}
	if control*20 > len(text) {
		return fmt.Sprintf("%d control characters in the first %d bytes", control, len(text))
	}
	return ""
}
