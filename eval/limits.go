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

// Gzip returns the bits per byte of gzip -9, which finds repetitions within 32 kB and counts
// letters. Given enough text, any language model should do better. All documents form one stream.
func Gzip(docs []corpus.Document) float64 {
	var written counter
	w, _ := gzip.NewWriterLevel(&written, gzip.BestCompression) // the level is valid
	io.Copy(w, stream(docs))                                    // a counter returns no error
	w.Close()
	return written.bitsPerByte(docs)
}

// XZ returns the bits per byte of xz -9, which finds repetitions anywhere and codes with adaptive
// probabilities. It runs the installed xz, because no Go library chooses matches equally well (the
// output of one library was 16 % larger for Shakespeare), and a baseline that is too weak is worse
// than none.
func XZ(ctx context.Context, docs []corpus.Document) (float64, error) {
	var written counter
	cmd := exec.CommandContext(ctx, "xz", "-9", "--stdout", "--threads=1")
	cmd.Stdin, cmd.Stdout = stream(docs), &written
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("measuring xz: %w; install xz", err)
	}
	return written.bitsPerByte(docs), nil
}

// stream returns a reader of all documents, in order.
func stream(docs []corpus.Document) io.Reader {
	var parts []io.Reader
	for _, d := range docs {
		parts = append(parts, strings.NewReader(d.Text), strings.NewReader(d.End))
	}
	return io.MultiReader(parts...)
}

// counter counts the bytes written to it.
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
