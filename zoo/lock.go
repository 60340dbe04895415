package zoo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"lmzoo/align"
	"lmzoo/format/atomic"
	"lmzoo/format/lock"
)

// Lock is the exclusive right to write to a run directory.
type Lock struct {
	Dir  string
	held *lock.Lock
	made []string // directories that Acquire made, the deepest last
}

// Acquire creates a run directory unless it exists, locks it until Release or the end of the
// process, and removes the temporary files of a process that was killed while writing.
func Acquire(dir string) (*Lock, error) {
	l := &Lock{Dir: dir}
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || d == filepath.Dir(d) {
			break
		}
		l.made = slices.Insert(l.made, 0, d)
	}
	err := fs.ErrNotExist
	for range 3 { // another process may remove an empty directory in between
		if err = os.MkdirAll(dir, 0o777); err == nil {
			l.held, err = lock.Dir(dir)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		l.removeEmpty()
	}
	switch {
	case errors.Is(err, lock.ErrHeld):
		return nil, fmt.Errorf("cannot write to %s: another process is writing to it; "+
			"wait until it ends, or choose another directory", dir)
	case err != nil:
		return nil, fmt.Errorf("cannot make the run directory %s: %w; choose another directory",
			dir, cause(err))
	}
	if err := recoverCommit(dir); err != nil {
		l.Release()
		return nil, err
	}
	atomic.RemoveAbandoned(dir)
	return l, nil
}

// Release releases the lock and removes the directories that Acquire made if they are still empty.
// A second call, or a call on a nil Lock, does nothing.
func (l *Lock) Release() {
	if l == nil {
		return
	}
	l.removeEmpty() // before another process can acquire them
	l.held.Release()
}

func (l *Lock) removeEmpty() {
	for _, d := range slices.Backward(l.made) {
		if os.Remove(d) != nil {
			break // not empty, or already removed
		}
	}
	l.made = nil
}

// Locked reports whether a process is writing to a run directory.
func Locked(dir string) bool { return lock.Held(dir) }

// runFiles lists the names of all files of a run directory.
var runFiles = []string{
	ConfigFile, TokenizerFile, WeightsFile, CountsFile, MetricsFile, CheckpointFile,
	previousCheckpoint, align.AdapterFile, align.AdapterConfigFile,
}

// IsRunFile reports whether a path has the name of a file of a run directory.
func IsRunFile(path string) bool { return slices.Contains(runFiles, filepath.Base(path)) }

// Holds returns the name of a file in dir that belongs to a run, complete or not, or "" if there is
// none.
func Holds(dir string) (string, error) {
	if _, err := os.Stat(filepath.Join(dir, committedDir)); err == nil {
		return ConfigFile, nil
	}
	for _, name := range runFiles {
		_, err := os.Stat(filepath.Join(dir, name))
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("cannot inspect %s: %w; choose another directory", dir,
				cause(err))
		}
	}
	return "", nil
}

// CheckVacant returns a Misuse if dir already holds a run; advice completes the error.
func CheckVacant(dir, advice string) error {
	file, err := Holds(dir)
	if err == nil && file != "" {
		err = Misuse{fmt.Errorf("%s already holds a run (%s); %s", dir, file, advice)}
	}
	return err
}

// cause returns err without its path, which the message that wraps it already names.
func cause(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
}
