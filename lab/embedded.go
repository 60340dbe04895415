package lab

import (
	"io/fs"
	"slices"
)

// ReadEmbedded reads the results at the root of a file system, such as the committed results of
// package results, in historical order.
func ReadEmbedded(files fs.FS) ([]*Result, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	var all []*Result
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		r, err := parseResult(name, data)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b *Result) int { return rank(a) - rank(b) })
	return all, nil
}
