package zoo

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lmzoo/format/atomic"
)

// A run is several files, and one run replaces another as a whole: commit writes the new files to
// stagedDir, renames it to committedDir (the moment of replacement), and moves the files into
// place. A reader looks into committedDir first, so it finds the old run before the rename and the
// new run after it, even if the writer is killed. The next writer moves the remaining files.
const (
	stagedDir    = ".staged"
	committedDir = ".committed"
	// obsoleteFile is in both directories. It names the files that the new run lacks, one per line
	obsoleteFile = "obsolete"
)

// content writes the content of a file.
type content func(io.Writer) error

// commit replaces all files of a run directory with files. The caller must hold the lock of dir.
func commit(dir string, files map[string]content) error {
	staged := filepath.Join(dir, stagedDir)
	if err := os.Mkdir(staged, 0o777); err != nil {
		return fmt.Errorf("cannot write to the run directory: %w", err)
	}
	if err := stage(staged, files); err != nil {
		return errors.Join(err, os.RemoveAll(staged))
	}
	if err := atomic.Rename(staged, filepath.Join(dir, committedDir)); err != nil {
		return errors.Join(err, os.RemoveAll(staged))
	}
	return settleCommit(dir)
}

func stage(staged string, files map[string]content) error {
	var obsolete []string
	for _, name := range runFiles {
		write, ok := files[name]
		if !ok {
			obsolete = append(obsolete, name)
			continue
		}
		if err := atomic.WriteFile(filepath.Join(staged, name), write); err != nil {
			return err
		}
	}
	list := strings.Join(obsolete, "\n")
	return atomic.WriteFile(filepath.Join(staged, obsoleteFile),
		content(bytesContent([]byte(list))))
}

// settleCommit moves the files of a commit into place. If a process is killed in the middle,
// another can call it again.
func settleCommit(dir string) error {
	committed := filepath.Join(dir, committedDir)
	for _, name := range obsolete(dir) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil &&
			!errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot remove a file of the old run: %w", err)
		}
	}
	for _, name := range runFiles {
		err := os.Rename(filepath.Join(committed, name), filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot replace a file of the old run: %w", err)
		}
	}
	if err := os.RemoveAll(committed); err != nil {
		return fmt.Errorf("cannot remove a temporary directory: %w", err)
	}
	return nil
}

// recoverCommit completes or discards the commit of a process that was killed.
func recoverCommit(dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, stagedDir)); err != nil {
		return fmt.Errorf("cannot remove a temporary directory: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, committedDir)); err != nil {
		return nil
	}
	return settleCommit(dir)
}

// obsolete lists the files that a commit in progress removes.
func obsolete(dir string) []string {
	list, err := os.ReadFile(filepath.Join(dir, committedDir, obsoleteFile))
	if err != nil {
		return nil // no commit is in progress
	}
	return strings.Fields(string(list))
}

// locate returns the path of a file of a run, which differs from dir/name while a commit is in
// progress.
func locate(dir, name string) string {
	path := filepath.Join(dir, committedDir, name)
	if _, err := os.Stat(path); err == nil || slices.Contains(obsolete(dir), name) {
		return path
	}
	return filepath.Join(dir, name)
}

func bytesContent(data []byte) content {
	return func(w io.Writer) error { _, err := w.Write(data); return err }
}
