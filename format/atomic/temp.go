package atomic

import (
	"os"
	"path/filepath"
	"strings"
)

// The name of a temporary file is ".", the name of the file, a random number, and one of these
// endings.
const (
	tempEnd   = ".tmp"
	secondEnd = tempEnd + ".old" // a second name of the file to replace
)

// createTemp makes a temporary file for path. release removes the mark that it is in use.
func createTemp(path string) (f *os.File, release func(), err error) {
	for {
		f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*"+tempEnd)
		if err != nil {
			return nil, nil, err
		}
		release := markUsed(f.Name())
		if _, err := os.Lstat(f.Name()); err == nil {
			return f, release, nil
		}
		f.Close() // another process removed it before it was marked
		release()
	}
}

// RemoveAbandoned removes the temporary files that killed processes have left in dir.
func RemoveAbandoned(dir string) { removeAbandoned(dir, "") }

// removeAbandoned removes the abandoned temporary files of base, or of every file if base is empty.
// It ignores errors; the next writer tries again.
func removeAbandoned(dir, base string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.Type().IsRegular() && isTempOf(e.Name(), base) && abandoned(path) {
			os.Remove(path)
		}
	}
}

// isTempOf reports whether a name is "." base "." digits and an ending; an empty base stands for
// any base.
func isTempOf(name, base string) bool {
	rest, temp := strings.CutSuffix(name, tempEnd)
	if !temp {
		rest, temp = strings.CutSuffix(name, secondEnd)
	}
	dot := strings.LastIndexByte(rest, '.')
	if !temp || dot < 2 || rest[0] != '.' || base != "" && rest[1:dot] != base {
		return false
	}
	number := rest[dot+1:]
	return number != "" && strings.Trim(number, "0123456789") == ""
}
