package corpus

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// AccountFile is the file that makes a directory a refined corpus: an account of how its text was
// made. Only the shards of such a directory are text, and their documents are paragraphs.
const AccountFile = "account.json"

// shardPattern matches the shards of a refined corpus.
const shardPattern = "part-*.txt"

// ShardName returns the name of the i-th shard of a refined corpus.
func ShardName(i int) string { return fmt.Sprintf("part-%05d.txt", i) }

// AccountKind is the value of the first field of an account.
const AccountKind = "refined corpus"

// IsRefined reports whether a directory holds a refined corpus.
func IsRefined(dir string) bool {
	f, err := os.Open(filepath.Join(dir, AccountFile))
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 100)
	n, _ := io.ReadFull(f, head)
	return strings.Contains(string(head[:n]), strconv.Quote(AccountKind))
}

// shards adds the shards of a refined corpus.
func (f *sourceFiles) shards(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("corpus: %w", err)
	}
	for _, e := range entries {
		if ok, _ := filepath.Match(shardPattern, e.Name()); ok { // the pattern is valid
			f.paths = append(f.paths, filepath.Join(dir, e.Name()))
		}
	}
	return nil
}

// TextFiles returns the files that Load would read for a file or a directory, with a note for each
// kind of entry that it would leave out.
func TextFiles(source string, note func(string)) ([]string, error) {
	info, err := os.Stat(source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such file or directory", source)
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeDevice != 0:
		return nil, fmt.Errorf("%s: a device may have no end; want a file, a directory, or - for "+
			"standard input", source)
	case !info.IsDir():
		return []string{source}, nil
	}
	f, err := filesBelow(source)
	if err != nil {
		return nil, err
	}
	f.notes.send(note)
	return f.paths, nil
}

// TextFile is a file opened as text: unpacked and converted to UTF-8.
type TextFile struct {
	*bufio.Reader
	Encoding string // what it was converted from; "" for UTF-8

	source *source
}

// Failed explains a read error.
func (t *TextFile) Failed(err error) error { return t.source.failed(err) }

// OpenText opens a file as text. It unpacks gzip and Zstandard. A nil encoding is detected; text
// that is neither UTF-8 nor a multi-byte encoding is then read as Windows-1252, which contains
// Latin-1. A file that does not look like text returns an error for which NotText is true.
func OpenText(ctx context.Context, path string, file io.Reader, as encoding.Encoding) (*TextFile,
	error) {
	s := &source{ctx: ctx, path: path}
	if err := s.unpack(canceled{ctx, file}, false); err != nil {
		return nil, err
	}
	t := &TextFile{source: s}
	head, err := s.Peek(headBytes)
	if err != nil && err != io.EOF {
		return nil, s.failed(err)
	}
	switch found := detect(head); {
	case as != nil:
		if t.Encoding, _ = htmlindex.Name(as); t.Encoding == "utf-8" {
			t.Encoding, as = "", nil
		}
	case found.encoding != nil:
		t.Encoding, as = found.name, found.encoding
	case found.name != "" && looksBinary(string(head[:min(len(head), binaryLooks)])) == "":
		t.Encoding, as = "Windows-1252", charmap.Windows1252
	}
	if as != nil {
		s.Reader = bufio.NewReaderSize(as.NewDecoder().Reader(s.Reader), headBytes)
		head, _ = s.Peek(headBytes)
	}
	if why := looksBinary(string(head[:min(len(head), binaryLooks)])); why != "" {
		return nil, &notTextError{path, why}
	}
	t.Reader = s.Reader
	return t, nil
}

// NotText reports whether err says that a file does not look like text.
func NotText(err error) bool {
	var binary *notTextError
	return errors.As(err, &binary)
}

// FindEncoding returns an encoding by a name of the WHATWG Encoding Standard, such as gb18030,
// utf-16le or latin1.
func FindEncoding(name string) (encoding.Encoding, error) {
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("unknown encoding %q; want a name such as utf-8, utf-16le, gb18030 "+
			"or latin1", name)
	}
	return e, nil
}

// Notes collects remarks about files, and groups the files that share a remark.
type Notes struct{ notes notes }

// About adds a remark about a file.
func (n *Notes) About(file, remark string) { n.notes.about(file, remark) }

// Line adds a finished line.
func (n *Notes) Line(line string) { n.notes.lines = append(n.notes.lines, line) }

// Lines returns a line for each remark, in order of appearance.
func (n *Notes) Lines() []string {
	lines := append([]string{}, n.notes.lines...)
	n.notes.send(func(line string) { lines = append(lines, line) })
	return lines
}
