package eval

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"lmzoo/corpus"
)

// Gzip is the bits per byte of gzip -9, the model that remembers 32 kB of repetitions and counts letters: a
// line that any language model should beat, given enough text. All documents are one stream.
func Gzip(docs []corpus.Document) float64 {
	var written counter
	w, _ := gzip.NewWriterLevel(&written, gzip.BestCompression) // a level that exists
	io.Copy(w, stream(docs))                                    // a counter takes everything
	w.Close()
	return written.bitsPerByte(docs)
}

// XZ is the bits per byte of xz -9, which remembers everything and codes with adaptive probabilities. It
// asks the xz that is installed: no library in Go chooses its matches as well (one that was tried wrote 16 % more
// for Shakespeare), and a line that is too easy to beat is worse than none.
func XZ(ctx context.Context, docs []corpus.Document) (float64, error) {
	var written counter
	cmd := exec.CommandContext(ctx, "xz", "-9", "--stdout", "--threads=1")
	cmd.Stdin, cmd.Stdout = stream(docs), &written
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("no line for xz: %w; install xz to have it", err)
	}
	return written.bitsPerByte(docs), nil
}

// stream reads all documents one after the other.
func stream(docs []corpus.Document) io.Reader {
	var parts []io.Reader
	for _, d := range docs {
		parts = append(parts, strings.NewReader(d.Text), strings.NewReader(d.End))
	}
	return io.MultiReader(parts...)
}

// counter counts the bytes that are written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (c counter) bitsPerByte(docs []corpus.Document) float64 {
	bytes := 0
	for _, d := range docs {
		bytes += d.Bytes()
	}
	return 8 * float64(c) / float64(bytes)
}
