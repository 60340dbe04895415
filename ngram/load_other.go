//go:build !unix

package ngram

// loadFile reads the whole file.
func loadFile(path string) ([]byte, func() error, error) { return readFile(path) }
