package zoo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"lmzoo/format/atomic"
	"lmzoo/format/lock"
)

// Lock is the right to write to a run directory, which one holder has at a time.
type Lock struct {
	Dir  string
	held *lock.Lock
	made []string // directories that Acquire made, the deepest last
}

// Acquire makes a run directory unless it exists, locks it until Release or the end of the process,
// and clears what a process left there that was killed while it wrote.
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

// Release gives the lock up, and removes directories that Acquire made and nothing was written to.
// A second call does nothing, and neither does a call on a nil Lock.
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
			break // it is not empty, or not there
		}
	}
	l.made = nil
}

// Locked reports whether somebody is writing to a run directory.
func Locked(dir string) bool { return lock.Held(dir) }

// runFiles are the names of all files of a run directory.
var runFiles = []string{
	ConfigFile, TokenizerFile, WeightsFile, CountsFile, MetricsFile, CheckpointFile,
	previousCheckpoint,
}

// IsRunFile reports whether a path has the name of a file of a run directory.
func IsRunFile(path string) bool { return slices.Contains(runFiles, filepath.Base(path)) }

// Holds returns the name of a file that shows that dir holds a run, or a part of one; "" if there
// is none.
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

// CheckVacant returns a Misuse if dir holds a run already; advice says what to do then.
func CheckVacant(dir, advice string) error {
	file, err := Holds(dir)
	if err == nil && file != "" {
		err = Misuse{fmt.Errorf("%s already holds a run (%s); %s", dir, file, advice)}
	}
	return err
}

// cause leaves out the path of an error that names another one.
func cause(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
}
