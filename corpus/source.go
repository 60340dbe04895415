package corpus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// texts reads all texts of a source.
func (o Options) texts(ctx context.Context, r *sourceReader, source string) (texts []string,
	name string, err error) {
	if source == "-" {
		if o.Stdin == nil {
			return nil, "", errors.New("corpus -: standard input is not available")
		}
		text, err := r.read("-", o.Stdin)
		return []string{text}, "stdin", err
	}
	f, err := o.files(ctx, source)
	if err != nil {
		return nil, "", err
	}
	r.notes.add(f.notes)
	for _, path := range f.paths {
		text, err := r.readFile(path)
		if why := f.leaveOut(err); why != "" {
			r.notes.leaveOut(f.relative(path), why)
			continue
		}
		if err != nil {
			return nil, "", err
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return nil, "", f.noText()
	}
	return texts, f.name, nil
}

// sourceFiles are the files of a source other than standard input.
type sourceFiles struct {
	name  string
	dir   string // "": the source is a single file
	paths []string
	once  bool // a pipe, which can be read only once
	notes notes
}

// leaveOut returns the reason to skip a file that could not be read, or "" if the error ends the
// reading: a directory of texts may contain a picture, an archive or a huge file, but a file that
// the user named must be text.
func (f *sourceFiles) leaveOut(err error) string {
	var binary *notTextError
	var bomb *bombError
	var long *tooLongError
	switch {
	case f.dir == "":
		return ""
	case errors.As(err, &binary):
		return notText
	case errors.As(err, &bomb):
		return fmt.Sprintf("unpacks to over %d times its size", maxRatio)
	case errors.As(err, &long):
		return fmt.Sprintf("larger than %d bytes", long.limit)
	}
	return ""
}

func (f *sourceFiles) noText() error {
	return fmt.Errorf("corpus %s: none of its %d files is text; want text files in it, or the "+
		"byte tokenizer, which takes anything", f.dir, len(f.paths))
}

// relative returns a path relative to the source, for notes.
func (f *sourceFiles) relative(path string) string {
	if rel, err := filepath.Rel(f.dir, path); err == nil {
		return rel
	}
	return path
}

// files finds the files of a source.
func (o Options) files(ctx context.Context, source string) (*sourceFiles, error) {
	if source == "" {
		return nil, errors.New("no corpus given; want a name, a file, a directory, or - for " +
			"standard input")
	}
	n, unknown := FindNamed(source)
	if unknown == nil {
		path, err := o.Cache.Get(ctx, n)
		return &sourceFiles{name: n.Name, paths: []string{path}}, err
	}
	info, err := os.Stat(source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("corpus %s: no such file or directory, and %w", source, unknown)
	case err != nil:
		return nil, fmt.Errorf("corpus %s: %w", source, err)
	case info.Mode()&fs.ModeDevice != 0:
		return nil, fmt.Errorf("corpus %s: a device may have no end; want a file, a directory, "+
			"or - for standard input", source)
	case info.IsDir():
		return filesBelow(source)
	}
	return &sourceFiles{name: filepath.Base(source), paths: []string{source},
		once: !info.Mode().IsRegular()}, nil
}

// filesBelow finds all files in and below a directory, in the order of their names. It follows
// links, but visits each directory once. It leaves out hidden files, runs of lmzoo, and anything
// that is neither a file nor a directory.
func filesBelow(dir string) (*sourceFiles, error) {
	f := &sourceFiles{name: filepath.Base(dir), dir: dir}
	if err := f.walk(dir, map[string]bool{}); err != nil {
		return nil, err
	}
	if len(f.paths) == 0 {
		return nil, fmt.Errorf("corpus %s: a directory without files; want text files in it", dir)
	}
	return f, nil
}

// walk adds the files below a directory; seen holds the real paths of the directories that were
// walked.
func (f *sourceFiles) walk(dir string, seen map[string]bool) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fmt.Errorf("corpus: %w", err)
	}
	if seen[real] {
		f.notes.leaveOut(f.relative(dir), "a second link to the same directory")
		return nil
	}
	seen[real] = true
	if isRun(dir) {
		f.notes.leaveOut(f.relative(dir), "a run of lmzoo")
		return nil
	}
	if IsRefined(dir) {
		return f.shards(dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("corpus: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil:
			f.notes.leaveOut(f.relative(path), "a link to nowhere")
		case info.IsDir():
			if err := f.walk(path, seen); err != nil {
				return err
			}
		case info.Mode().IsRegular():
			f.paths = append(f.paths, path)
		default:
			f.notes.leaveOut(f.relative(path), "not a file")
		}
	}
	return nil
}

// isRun reports whether a directory holds a run of lmzoo, whose files must not become training
// data.
func isRun(dir string) bool {
	for _, name := range []string{"config.json", "tokenizer.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}
