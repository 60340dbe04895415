package refine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/encoding"

	"lmzoo/corpus"
)

// Input describes the input and its format.
type Input struct {
	Sources []string // files, directories, or - for Stdin
	Stdin   io.Reader
	// for text files; "": whole files, or the paragraphs of a refined corpus
	Documents corpus.Boundaries
	Field     string            // for JSON lines; "": text
	Encoding  encoding.Encoding // nil: detected for each file

	// MaxBytes bounds a document. A longer document is left out and is never held in memory.
	MaxBytes int
}

// reader reads documents.
type reader struct {
	Input
	ctx   context.Context
	notes corpus.Notes
	files int
}

// all yields the documents of all sources in order, those of directories in the order of their file
// names. A document that cannot be read is yielded as a removed document, so that the account
// records it.
func (r *reader) all() iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		more := true
		for _, source := range r.Sources {
			if source == "-" {
				if r.Stdin == nil {
					yield(nil, errors.New("-: standard input is not available"))
					return
				}
				more = r.file("-", "-", r.Stdin, r.Documents, yield)
			} else {
				more = r.source(source, yield)
			}
			if !more {
				return
			}
		}
	}
}

type yieldFunc = func(*Document, error) bool

// source reads a file or a directory. It returns false if no more documents are wanted.
func (r *reader) source(source string, yield yieldFunc) bool {
	paths, err := corpus.TextFiles(source, func(note string) { r.notes.Line(note) })
	if err != nil {
		return yield(nil, err) && false
	}
	cut := r.Documents
	if cut == "" && corpus.IsRefined(source) {
		cut = corpus.Paragraphs
	}
	for _, path := range paths {
		name := path
		if rel, err := filepath.Rel(source, path); err == nil && rel != "." {
			name = rel
		}
		f, err := os.Open(path)
		if err != nil {
			r.notes.About(name, "left out, "+reason(err))
			continue
		}
		more := r.file(path, name, f, cut, yield)
		f.Close()
		if !more {
			return false
		}
	}
	return true
}

// reason returns the message of an error without the name of the file.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// short returns what happened to a file, without its name and without advice.
func short(err error, path string) string {
	what, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "corpus "+path+": "), "; ")
	return what
}

// file reads one file. An error becomes a note, so that one broken file does not stop the others.
func (r *reader) file(path, name string, f io.Reader, cut corpus.Boundaries,
	yield yieldFunc) bool {
	text, err := corpus.OpenText(r.ctx, path, f, r.Encoding)
	switch {
	case r.ctx.Err() != nil:
		return yield(nil, context.Cause(r.ctx)) && false
	case corpus.NotText(err):
		r.notes.About(name, "left out, not text")
		return true
	case err != nil:
		r.notes.About(name, "left out, "+short(err, path))
		return true
	}
	if text.Encoding != "" {
		r.notes.About(name, text.Encoding+", converted to UTF-8")
	}
	r.files++
	docs := r.cut(name, text.Reader, cut)
	for d, err := range docs {
		if err != nil {
			if r.ctx.Err() != nil {
				return yield(nil, context.Cause(r.ctx)) && false
			}
			r.notes.About(name, "the rest is left out, "+short(text.Failed(err), path))
			return true
		}
		if !yield(d, nil) {
			return false
		}
	}
	return true
}

// cut cuts one file into documents.
func (r *reader) cut(name string, text *bufio.Reader,
	cut corpus.Boundaries) iter.Seq2[*Document, error] {
	if isJSONLines(name, text) {
		return r.jsonLines(name, text)
	}
	switch cut {
	case corpus.Lines:
		return r.lines(name, text)
	case corpus.Paragraphs:
		return r.paragraphs(name, text)
	}
	return r.whole(name, text)
}

// isJSONLines reports whether a file has JSON lines, from its name or, if that is not conclusive,
// from its first line.
func isJSONLines(name string, text *bufio.Reader) bool {
	name = strings.ToLower(name)
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	switch filepath.Ext(name) {
	case ".jsonl", ".ndjson":
		return true
	case ".json", "":
		head, _ := text.Peek(1 << 16)
		line, _, _ := bytes.Cut(bytes.TrimLeft(head, " \t\r\n"), []byte("\n"))
		return bytes.HasPrefix(line, []byte("{")) && (json.Valid(line) || len(line) == len(head))
	}
	return false
}

// document returns a document of text. The end of its last line is not part of it.
func (r *reader) document(source string, text []byte) *Document {
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	return &Document{Text: string(text), Source: source, bytes: len(text)}
}

// leftOut returns a document that could not be read; n is its length.
func (r *reader) leftOut(source, rule, why string, head []byte, n int) *Document {
	d := &Document{Text: excerpt(string(head)), Source: source, bytes: n, step: reading}
	d.Remove(rule, why)
	d.events[0].before, d.Text = n, ""
	return d
}

const tooLong = "too long"

func (r *reader) tooLong(source string, head []byte, n int) *Document {
	return r.leftOut(source, tooLong, fmt.Sprintf("more than %d bytes; cut it into lines or "+
		"paragraphs, or raise the memory bound", r.MaxBytes), head, n)
}

// whole yields a file as one document.
func (r *reader) whole(name string, text *bufio.Reader) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		data, err := io.ReadAll(io.LimitReader(text, int64(r.MaxBytes)+1))
		switch {
		case err != nil:
			yield(nil, err)
		case len(data) > r.MaxBytes:
			yield(r.tooLong(name, data[:excerptBytes], len(data)), nil)
		case len(data) > 0:
			yield(r.document(name, data), nil)
		}
	}
}

// lines yields every line that is not blank.
func (r *reader) lines(name string, text *bufio.Reader) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		for l, err := range boundedLines(text, r.MaxBytes) {
			if err != nil {
				yield(nil, err)
				return
			}
			source := fmt.Sprintf("%s:%d", name, l.number)
			d := r.document(source, l.text)
			if l.bytes > len(l.text) {
				d = r.tooLong(source, l.text, l.bytes)
			} else if len(bytes.TrimSpace(l.text)) == 0 {
				continue
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// paragraphs yields the text between blank lines.
func (r *reader) paragraphs(name string, text *bufio.Reader) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		var held []byte
		begin, size := 0, 0
		flush := func() bool {
			if size == 0 {
				return true
			}
			source := fmt.Sprintf("%s:%d", name, begin)
			d := r.document(source, held)
			if size > len(held) {
				d = r.tooLong(source, held, size)
			}
			held, size = held[:0], 0
			return yield(d, nil)
		}
		for l, err := range boundedLines(text, r.MaxBytes) {
			switch {
			case err != nil:
				yield(nil, err)
				return
			case len(bytes.TrimSpace(l.text)) == 0 && l.bytes == len(l.text):
				if !flush() {
					return
				}
				continue
			case size == 0:
				begin = l.number
			default:
				l.text, l.bytes = append([]byte("\n"), l.text...), l.bytes+1
			}
			if size += l.bytes; size <= r.MaxBytes {
				held = append(held, l.text...)
			}
		}
		flush()
	}
}

// jsonLines yields a field of every line.
func (r *reader) jsonLines(name string, text *bufio.Reader) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		for l, err := range boundedLines(text, r.MaxBytes) {
			if err != nil {
				yield(nil, err)
				return
			}
			source := fmt.Sprintf("%s:%d", name, l.number)
			var d *Document
			if l.bytes > len(l.text) {
				d = r.tooLong(source, l.text, l.bytes)
			} else if len(bytes.TrimSpace(l.text)) == 0 {
				continue
			} else if value, rule, why := field(l.text, r.Field); rule != "" {
				d = r.leftOut(source, rule, why, l.text, l.bytes)
			} else {
				d = r.document(source, []byte(value))
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// field returns a string field of a JSON object, or the reason why the line is left out.
func field(line []byte, name string) (value, rule, why string) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil {
		return "", "not a JSON object", err.Error()
	}
	raw, ok := object[name]
	if !ok {
		return "", "no text", fmt.Sprintf("want a field %q; choose another with --field", name)
	}
	if err := json.Unmarshal(raw, &value); err != nil || len(raw) == 0 || raw[0] != '"' {
		return "", "no text", fmt.Sprintf("field %q is not a string", name)
	}
	return value, "", ""
}

// boundedLine is a line without its end. If bytes is greater than the length of text, the line is
// too long and text is only its beginning.
type boundedLine struct {
	text   []byte // valid until the next line
	bytes  int
	number int
}

// boundedLines yields lines and keeps at most max bytes of each.
func boundedLines(r *bufio.Reader, max int) iter.Seq2[boundedLine, error] {
	return func(yield func(boundedLine, error) bool) {
		var held []byte
		for number := 1; ; number++ {
			held = held[:0]
			size := 0
			for {
				part, err := r.ReadSlice('\n')
				done := err == nil
				if done {
					part = part[:len(part)-1]
				}
				size += len(part)
				switch {
				case size <= max:
					held = append(held, part...)
				case len(held) > excerptBytes:
					held = append([]byte(nil), held[:excerptBytes]...)
				}
				if err == io.EOF && size == 0 {
					return
				}
				if err != nil && err != bufio.ErrBufferFull && err != io.EOF {
					yield(boundedLine{}, err)
					return
				}
				if done || err == io.EOF {
					break
				}
			}
			if size <= max {
				held = bytes.TrimSuffix(held, []byte("\r"))
				size = len(held)
			}
			if !yield(boundedLine{held, size, number}, nil) {
				return
			}
		}
	}
}
