package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"math"
	"os"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Stream is a corpus that is never in memory as a whole. Each use of its training part reads it
// from the disk, a fragment at a time. For every tokenizer of this package, the tokens of the
// fragments joined are the tokens of the documents.
type Stream struct {
	Corpus        // without its Split
	Documents int // of all three parts

	ctx     context.Context
	files   *sourceFiles
	cut     Boundaries
	reading Reading
	chunk   int // bytes read at a time; text without white space is read whole
	docs    int // the training part is the first docs documents …
	bytes   int // … or, if these are too few to split, the first bytes; −1: split by documents
}

// Fragment is a piece of a document. Fragments come in the order of the text.
type Fragment struct {
	Text string
	Last bool   // the document ends here
	End  string // the separator that follows the last fragment
	Cut  bool   // the training part ends inside the document; its end is not a target
}

// ErrNotStreamed reports that a source can be read only once, or only as a whole.
var ErrNotStreamed = errors.New("this corpus cannot be read in pieces")

// OpenStream reads the source once, to learn its size, its hash and the number of its documents.
// For standard input, a pipe and a shuffled corpus it returns [ErrNotStreamed].
func OpenStream(ctx context.Context, o Options) (*Stream, error) {
	return openStream(ctx, o,
		1<<18)
}

func openStream(ctx context.Context, o Options, chunk int) (*Stream, error) {
	plan, err := o.plan()
	if err != nil {
		return nil, err
	}
	if plan.Shuffled || o.Source == "-" {
		return nil, ErrNotStreamed
	}
	s := &Stream{Corpus: *plan, ctx: ctx, cut: plan.Documents, reading: o.Reading, chunk: chunk}
	if s.files, err = o.files(ctx, o.Source); err != nil {
		return nil, err
	}
	if s.files.once {
		return nil, ErrNotStreamed
	}
	if s.Input, s.Documents, err = s.survey(o, s.files); err != nil {
		return nil, err
	}
	for _, other := range []struct {
		source string
		input  **Input
	}{{o.Valid, &s.Valid}, {o.Test, &s.Test}} {
		if other.source == "" || other.source == "-" {
			continue
		}
		files, err := o.files(ctx, other.source)
		if err != nil {
			return nil, err
		}
		if files.once {
			continue // as standard input
		}
		in, _, err := s.survey(o, files)
		if err != nil {
			return nil, err
		}
		in.Source = other.source
		*other.input = &in
	}
	s.docs, s.bytes = s.Ratio.share(s.Documents, s.Input.Bytes)
	return s, nil
}

// survey reads a source from beginning to end and removes the files to leave out.
func (s *Stream) survey(o Options, files *sourceFiles) (in Input, docs int, err error) {
	in = Input{Source: o.Source, Name: files.name}
	h := sha256.New()
	var texts []string
	for _, path := range files.paths {
		err := s.surveyFile(path, h, &in, &docs, &files.notes)
		if why := files.leaveOut(err); why != "" {
			files.notes.leaveOut(files.relative(path), why)
			continue
		}
		if err != nil {
			return in, 0, err
		}
		texts = append(texts, path)
	}
	if files.paths = texts; len(texts) == 0 {
		return in, 0, files.noText()
	}
	files.notes.send(o.Note)
	if in.Bytes == 0 {
		return in, 0, fmt.Errorf("corpus %s is empty; want some text", in.Source)
	}
	in.SHA256 = hex.EncodeToString(h.Sum(nil))
	return in, docs, nil
}

// surveyFile adds a file to the size and the hash of its source.
func (s *Stream) surveyFile(path string, h hash.Hash, in *Input, docs *int, n *notes) error {
	for f, err := range s.fragments(path, h, n) {
		if err != nil {
			return err
		}
		in.Bytes += len(f.Text) + len(f.End)
		if f.Last {
			*docs++
		}
	}
	return nil
}

// share returns the training share of a corpus, in documents or in bytes, as Split does.
func (r Ratio) share(docs, bytes int) (int, int) {
	a, b := r.borders(docs)
	if r.fits(a, b, docs) {
		return a, -1
	}
	a, _ = r.borders(bytes)
	return 0, a
}

// Train yields the training part. An error ends it.
func (s *Stream) Train() iter.Seq2[Fragment, error] {
	return func(yield func(Fragment, error) bool) {
		left := border{docs: s.docs, bytes: s.bytes}
		if s.docs == s.Documents {
			left.docs = math.MaxInt // no limit until the end of the last file
		}
		seen := 0
		for _, path := range s.files.paths {
			for f, err := range s.fragments(path, nil, nil) {
				if err != nil {
					yield(f, err)
					return
				}
				seen += len(f.Text) + len(f.End)
				f, show := left.trim(f)
				if show && !yield(f, nil) || left.done {
					return
				}
			}
		}
		if seen != s.Input.Bytes {
			yield(Fragment{}, fmt.Errorf("corpus %s changed while it was read: %d bytes, then "+
				"%d; train again", s.Source, s.Input.Bytes, seen))
		}
	}
}

// TrainStream is Train for a corpus that is not in memory. It learns the same tokenizer.
func TrainStream(name string, s *Stream, vocab int) (Tokenizer, error) {
	var failed error
	tok, err := trainOn(name, func(yield func(string) bool) {
		for f, err := range s.Train() {
			if failed = err; err != nil || !yield(f.Text) {
				return
			}
		}
	}, vocab)
	if failed != nil {
		return nil, failed
	}
	return tok, err
}

// border is the end of the training part.
type border struct {
	docs, bytes int
	at          int // number of bytes of the current document so far
	done        bool
}

// trim cuts a fragment at the border, as cutAt does. show is false for a fragment after the border.
func (b *border) trim(f Fragment) (_ Fragment, show bool) {
	if b.bytes < 0 {
		if b.docs == 0 {
			b.done = true
			return f, false
		}
		if f.Last {
			b.docs--
			b.done = b.docs == 0
		}
		return f, true
	}
	end := b.at + len(f.Text)
	switch {
	case b.bytes == 0 && b.at == 0:
		b.done = true
		return f, false
	case b.bytes >= end, f.Last && f.Text == "": // an end is never cut
		if b.at = end; f.Last {
			b.bytes, b.at = max(b.bytes-end-len(f.End), 0), 0
			b.done = b.bytes == 0
		}
		return f, true
	}
	b.done = true
	at := characterStart(f.Text, b.bytes-b.at)
	if b.at+at == 0 {
		return f, false
	}
	return Fragment{Text: f.Text[:at], Last: true, Cut: true}, true
}

// fragments reads one file. It adds its text to h and remarks to n, unless they are nil.
func (s *Stream) fragments(path string, h hash.Hash, n *notes) iter.Seq2[Fragment, error] {
	return func(yield func(Fragment, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(Fragment{}, fmt.Errorf("corpus: %w", err))
			return
		}
		defer file.Close()
		r := &sourceReader{ctx: s.ctx, reading: s.reading, unbounded: true}
		src, err := r.open(path, file)
		if err != nil {
			yield(Fragment{}, err)
			return
		}
		if n != nil {
			n.add(r.notes)
		}
		var text io.Reader = src
		if h != nil {
			text = io.TeeReader(src, h)
		}
		cut := newCutter(s.cut)
		for chunk, err := range chunks(text, s.chunk) {
			if err != nil {
				yield(Fragment{}, src.failed(err))
				return
			}
			if !each(cut.take(chunk), yield) {
				return
			}
		}
		each(cut.finish(), yield)
	}
}

// each yields fragments and reports whether the consumer wants more.
func each(fragments []Fragment, yield func(Fragment, error) bool) bool {
	for _, f := range fragments {
		if !yield(f, nil) {
			return false
		}
	}
	return true
}

// chunks cuts a text before white space. No token of any tokenizer crosses such a cut: a word
// begins with its space, and characters stay whole.
func chunks(src io.Reader, size int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var buf []byte
		for {
			old := len(buf)
			buf = slices.Grow(buf, size)
			n, err := readFull(src, buf[old:old+size])
			buf = buf[:old+n]
			if err != nil && err != io.EOF { // a truncated gzip file has its own error
				yield("", err)
				return
			}
			end := len(buf)
			if err == nil {
				end = safeEnd(buf, max(old, 1))
			}
			if end > 0 {
				if !yield(string(buf[:end]), nil) {
					return
				}
				buf = append(buf[:0], buf[end:]...)
			}
			if err != nil {
				return
			}
		}
	}
}

// readFull fills buf. It returns io.EOF only at the end of the text.
func readFull(src io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = src.Read(buf[n:])
		n += m
	}
	return n, err
}

// safeEnd finds the last space, tab or line end in buf[from:] that follows another character; it
// returns 0 if there is none. Vertical tab and form feed do not count: to Whitespace they are part
// of a word.
func safeEnd(buf []byte, from int) int {
	for i := len(buf) - 1; i >= from; i-- {
		if b := buf[i]; b != ' ' && b != '\t' && b != '\n' && b != '\r' {
			continue
		}
		if r, _ := utf8.DecodeLastRune(buf[:i]); !unicode.IsSpace(r) {
			return i
		}
	}
	return 0
}
