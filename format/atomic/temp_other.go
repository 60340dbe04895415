//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package atomic

import "runtime"

// markUsed does nothing: Windows refuses to remove an open file, and other systems have no
// flock(2).
func markUsed(string) (release func()) { return func() {} }

// abandoned reports whether a temporary file may be removed if the system permits it.
func abandoned(string) bool { return runtime.GOOS == "windows" }
