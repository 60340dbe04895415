//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package atomic

import (
	"os"
	"syscall"
)

// markUsed locks a temporary file until release, or until the process dies.
func markUsed(path string) (release func()) {
	f, err := os.Open(path)
	if err != nil {
		return func() {}
	}
	// not supported on every file system
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return func() { f.Close() }
}

// abandoned reports whether no process holds the lock on a temporary file.
func abandoned(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
