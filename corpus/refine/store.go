package refine

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
)

// store holds the documents between two passes in a temporary file, in order and by position.
type store struct {
	n           int
	text, index *os.File // records; the offset of each record, 8 bytes
	w, iw       *bufio.Writer
	at          int64
	head        []byte
}

func newStore(dir string) (*store, error) {
	s := &store{}
	var err error
	if s.text, err = os.CreateTemp(dir, "documents-*"); err != nil {
		return nil, err
	}
	if s.index, err = os.CreateTemp(dir, "offsets-*"); err != nil {
		s.close()
		return nil, err
	}
	s.w, s.iw = bufio.NewWriterSize(s.text, 1<<18), bufio.NewWriterSize(s.index, 1<<16)
	return s, nil
}

// add appends a document: the lengths of its source, language and text, then the three texts.
func (s *store) add(d *Document) error {
	h := binary.LittleEndian.AppendUint64(s.head[:0], uint64(s.at))
	if _, err := s.iw.Write(h); err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	h = binary.AppendUvarint(h[:0], uint64(len(d.Source)))
	h = binary.AppendUvarint(h, uint64(len(d.Language)))
	h = binary.AppendUvarint(h, uint64(len(d.Text)))
	h = append(append(h, d.Source...), d.Language...)
	s.head = h
	if _, err := s.w.Write(h); err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	if _, err := s.w.WriteString(d.Text); err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	s.at += int64(len(h) + len(d.Text))
	s.n++
	return nil
}

// flush writes buffered data to the files.
func (s *store) flush() error {
	for _, w := range []*bufio.Writer{s.w, s.iw} {
		if err := w.Flush(); err != nil {
			return fmt.Errorf("temporary file: %w", err)
		}
	}
	return nil
}

func (s *store) close() {
	for _, f := range []*os.File{s.text, s.index} {
		if f != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}
}

// all yields the documents in order.
func (s *store) all(ctx context.Context) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		r := bufio.NewReaderSize(io.NewSectionReader(s.text, 0, s.at), 1<<18)
		for i := range s.n {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			d, err := readDocument(r)
			if err != nil {
				yield(nil, err)
				return
			}
			if d.at = i; !yield(d, nil) {
				return
			}
		}
	}
}

// document reads the document at a position. It is safe for concurrent use.
func (s *store) document(i int) (*Document, error) {
	var b [8]byte
	if _, err := s.index.ReadAt(b[:], int64(i)*8); err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	at := int64(binary.LittleEndian.Uint64(b[:]))
	r := bufio.NewReaderSize(io.NewSectionReader(s.text, at, s.at-at), 1<<12)
	d, err := readDocument(r)
	if err != nil {
		return nil, err
	}
	d.at = i
	return d, nil
}

func readDocument(r *bufio.Reader) (*Document, error) {
	var sizes [3]uint64
	for i := range sizes {
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, fmt.Errorf("temporary file: %w", err)
		}
		sizes[i] = n
	}
	b := make([]byte, sizes[0]+sizes[1]+sizes[2])
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	text := string(b)
	source, language := sizes[0], sizes[0]+sizes[1]
	return &Document{Source: text[:source], Language: text[source:language],
		Text: text[language:], bytes: int(sizes[2])}, nil
}
