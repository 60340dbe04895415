//go:build !unix

package ngram

// mapFile reads the whole file.
func mapFile(path string) ([]byte, func() error, error) { return readFile(path) }
