package corpus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Reading is what a tokenizer requires of the bytes of a file.
type Reading uint8

const (
	// Characters is for tokenizers of characters: text in an encoding other than UTF-8 is converted
	// if the encoding is certain, and files that do not look like text are refused.
	Characters Reading = iota
	// TextBytes takes text unchanged, in any encoding, because words are bytes.
	TextBytes
	// AnyBytes takes any file unchanged.
	AnyBytes
)

// ReadingOf returns what the named tokenizer requires.
func ReadingOf(tokenizer string) Reading {
	switch tokenizer {
	case "byte":
		return AnyBytes
	case "whitespace":
		return TextBytes
	}
	return Characters
}

// sourceReader reads the files of one source.
type sourceReader struct {
	ctx         context.Context
	reading     Reading
	hash        hash.Hash
	limit, left int64 // bytes of text: the limit in all, and what is left of it
	unbounded   bool  // a stream, of which only a chunk is in memory
	notes       notes
}

// notTextError reports a file that does not look like text.
type notTextError struct{ path, why string }

func (e *notTextError) Error() string {
	return fmt.Sprintf("corpus %s: looks binary (%s); want text, or the byte tokenizer, which "+
		"takes anything", e.path, e.why)
}

func (r *sourceReader) readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("corpus: %w", err)
	}
	defer f.Close()
	return r.read(path, f)
}

// read returns the text of one file.
func (r *sourceReader) read(path string, file io.Reader) (string, error) {
	src, err := r.open(path, file)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	if f, ok := file.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			text.Grow(int(min(info.Size(), r.left)) + 1)
		}
	}
	n, err := io.Copy(&text, io.LimitReader(src, r.left+1))
	if err != nil {
		return "", src.failed(err)
	}
	if n > r.left {
		rest, err := io.Copy(io.Discard, io.LimitReader(src, r.limit+1-n))
		if n+rest > r.limit || err != nil {
			return "", &tooLongError{path, r.limit}
		}
		return "", fmt.Errorf("corpus: more than %d bytes up to and with %s; %s", r.limit, path,
			smaller)
	}
	r.left -= n
	_, err = io.WriteString(r.hash, text.String()) // only now: a file may be left out
	return text.String(), err
}

// tooLongError reports a file that alone exceeds the limit of a corpus.
type tooLongError struct {
	path  string
	limit int64
}

func (e *tooLongError) Error() string {
	return fmt.Sprintf("corpus %s: more than %d bytes; %s", e.path, e.limit, smaller)
}

// source is the text of one file.
type source struct {
	*bufio.Reader
	ctx    context.Context
	path   string
	packed string // compression format; "": none
}

// open returns the text of a file: decompressed and, if its encoding requires it, converted.
func (r *sourceReader) open(path string, file io.Reader) (*source, error) {
	s := &source{ctx: r.ctx, path: path}
	if err := s.unpack(canceled{r.ctx, file}, r.unbounded); err != nil {
		return nil, err
	}
	if r.reading == AnyBytes {
		return s, nil
	}
	head, _ := s.Peek(headBytes) // an error here will recur below
	found, remark := detect(head), ""
	switch {
	case found.always || found.encoding != nil && r.reading == Characters:
		remark = found.name + ", converted to UTF-8"
		s.Reader = bufio.NewReaderSize(found.encoding.NewDecoder().Reader(s.Reader), headBytes)
		head, _ = s.Peek(headBytes)
	case found.encoding != nil:
		remark = found.name + "; words are bytes in this encoding"
	case found.name != "":
		remark = found.name + "; bytes are kept as they are; convert to UTF-8 with iconv"
	}
	if why := looksBinary(string(head[:min(len(head), binaryLooks)])); why != "" {
		return nil, &notTextError{path, why}
	}
	if remark != "" {
		r.notes.about(path, remark)
	}
	return s, nil
}

// headBytes is the number of bytes from which the encoding of a file is detected.
const headBytes = 1 << 16

// unpack sets the reader to the content of a file, decompressed if it is a gzip or Zstandard file.
func (s *source) unpack(file io.Reader, unbounded bool) error {
	in := &counted{r: file}
	s.Reader = bufio.NewReaderSize(in, headBytes)
	magic, _ := s.Peek(4)
	var out io.Reader
	var err error
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b, 8}):
		s.packed = "gzip"
		out, err = gzip.NewReader(s.Reader)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		s.packed = "Zstandard"
		out, err = openZstd(s.Reader)
	default:
		return nil
	}
	if err != nil {
		return s.failed(err)
	}
	if !unbounded {
		out = &unpacking{counted: counted{r: out}, in: in}
	}
	s.Reader = bufio.NewReaderSize(out, headBytes)
	return nil
}

// zstdWindow bounds the memory of decompression. Files made by zstd --long may need more.
const zstdWindow = 128 << 20

// openZstd returns a reader of a Zstandard file that starts no threads and therefore needs no
// closing.
func openZstd(r io.Reader) (io.Reader, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow),
		zstd.WithDecoderLowmem(true))
}

// failed explains a read error.
func (s *source) failed(err error) error {
	var bomb *bombError
	switch {
	case s.ctx.Err() != nil:
		return fmt.Errorf("corpus %s: %w", s.path, context.Cause(s.ctx))
	case errors.As(err, &bomb):
		return fmt.Errorf("corpus %s: %w; %s", s.path, err, smaller)
	case s.packed != "":
		return fmt.Errorf("corpus %s: %w: a broken %s file; get it again", s.path, err, s.packed)
	}
	return fmt.Errorf("corpus %s: %w", s.path, err)
}

// counted is a reader that counts its bytes.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// unpacking is a reader that fails if a file unpacks to far more bytes than text would: text
// shrinks to a third or a tenth, a gzip bomb to a thousandth.
type unpacking struct {
	counted
	in *counted
}

const (
	maxRatio   = 100
	freeUnpack = 16 << 20 // small files may be as repetitive as they like
)

// bombError reports a file that was abandoned after it had unpacked to out bytes.
type bombError struct{ out int64 }

func (b *bombError) Error() string {
	return fmt.Sprintf("unpacks to more than %d bytes, over %d times its size, unlike ordinary "+
		"text",
		b.out, maxRatio)
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.counted.Read(p)
	if u.n > freeUnpack && u.n > maxRatio*u.in.n {
		return 0, &bombError{u.n}
	}
	return n, err
}

// canceled is a reader that fails when its context is done.
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

// binaryLooks is the number of bytes that looksBinary inspects.
const binaryLooks = 8000

// looksBinary returns why the beginning of a file does not look like text, or "" if it does. Bytes
// that are not UTF-8 may be text in another encoding, but no text contains control characters.
func looksBinary(head string) string {
	control := 0
	for i := range len(head) {
		switch b := head[i]; {
		case b == 0:
			return fmt.Sprintf("a NUL byte at %d", i)
		// control characters that editors and terminals write
		case b >= '\b' && b <= '\r', b == '\x1b':
		case b < ' ' || b == 0x7f:
			control++
		}
	}
	if control*20 > len(head) {
		return fmt.Sprintf("%d control characters in the first %d bytes", control, len(head))
	}
	return ""
}
