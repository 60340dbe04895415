//go:build unix

package ngram

import (
	"errors"
	"os"
)

// tempFile returns an unlinked file, which disappears when the process ends, even by a signal that
// cannot be caught.
func tempFile(dir string) (f *os.File, name string, err error) {
	f, err = os.CreateTemp(dir, "lmzoo-ngrams-*")
	if err != nil {
		return nil, "", err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, "", errors.Join(err, f.Close())
	}
	return f, "", nil
}
