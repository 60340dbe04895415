// Package lock locks directories: at most one process writes to a directory at a time. The lock is
// advisory (flock(2) on Unix) and ends when the process that holds it ends for any reason.
package lock

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// File is the lock file in directories that cannot be locked themselves: on Windows, and on some
// network file systems. On other systems, a lock creates no file.
const File = ".lock"

// ErrHeld reports that another holder, in this process or another, has the lock.
var ErrHeld = errors.New("locked by another process")

// Lock is a held lock.
type Lock struct{ held *flock.Flock }

// A probe by Held holds the lock for an instant, so Dir retries.
const (
	attempts = 5
	pause    = 10 * time.Millisecond
)

// Dir locks an existing directory. It returns ErrHeld if another holder has the lock; it does not
// wait for the release.
func Dir(dir string) (*Lock, error) {
	for range attempts - 1 {
		l, err := lockDir(dir)
		if !errors.Is(err, ErrHeld) {
			return l, err
		}
		time.Sleep(pause)
	}
	return lockDir(dir)
}

func lockDir(dir string) (*Lock, error) {
	for {
		before, err := os.Stat(dir)
		if err != nil {
			return nil, err
		}
		l, err := tryDir(dir)
		if err != nil {
			return nil, err
		}
		after, err := os.Stat(dir)
		if err == nil && os.SameFile(before, after) {
			return l, nil
		}
		l.Release() // the directory was removed or replaced in the meantime
	}
}

func tryDir(dir string) (*Lock, error) {
	l := &Lock{flock.New(dir, flock.SetFlag(os.O_RDONLY))}
	ok, err := l.held.TryLock()
	if err != nil {
		l.held = flock.New(filepath.Join(dir, File))
		ok, err = l.held.TryLock()
	}
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, ErrHeld
	}
	return l, nil
}

// Release releases the lock. A second call does nothing.
func (l *Lock) Release() {
	_ = l.held.Unlock() // fails only for a closed descriptor, which has no lock
}

// Held reports whether the lock of dir is held.
func Held(dir string) bool {
	l, err := lockDir(dir)
	if err == nil {
		l.Release()
	}
	return errors.Is(err, ErrHeld)
}
