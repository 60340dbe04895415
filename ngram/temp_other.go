//go:build !unix && !windows

package ngram

import "os"

// tempFile returns a file that the caller must remove.
func tempFile(dir string) (f *os.File, name string, err error) {
	f, err = os.CreateTemp(dir, "lmzoo-ngrams-*")
	if err != nil {
		return nil, "", err
	}
	return f, f.Name(), nil
}
