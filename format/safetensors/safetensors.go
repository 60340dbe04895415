// Package safetensors reads and writes named tensors in the format of Hugging Face
// (github.com/huggingface/safetensors, "Format"): a length, a table of contents in JSON, and the
// numbers.
//
//	8 bytes    n, the length of the header: an unsigned little-endian integer
//	n bytes    {"__metadata__": {"key": "value"},
//	           "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
//	the rest   the numbers, little-endian, row by row; offsets count from here
//
// A file contains no code. The reader does not trust the header: it checks it against the size of
// the file before it allocates memory.
package safetensors

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Tensor is a named array of any number of dimensions in row-major order. Without dimensions it is
// a scalar.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

const (
	maxHeader    = 100_000_000 // bytes, as in the reference implementation
	maxName      = 1 << 12     // bytes
	maxRank      = 64
	metadataName = "__metadata__"
)

// checkName returns an error if a name is invalid.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("a tensor has no name")
	case name == metadataName:
		return fmt.Errorf("a tensor cannot be named %s", metadataName)
	case len(name) > maxName:
		return fmt.Errorf("a tensor's name has %d bytes; want at most %d", len(name), maxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("tensor name %q is not UTF-8", name)
	}
	for _, r := range name {
		if unicode.IsControl(r) {
			return fmt.Errorf("tensor name %q has a control character", name)
		}
	}
	return nil
}

// elements returns the product of a shape, and whether it is at most most.
func elements(shape []int, most int64) (int64, bool) {
	if len(shape) > maxRank {
		return 0, false
	}
	if len(shape) > 0 && slices.Min(shape) <= 0 {
		return 0, slices.Min(shape) == 0 // a tensor with an empty dimension is empty
	}
	n := int64(1)
	for _, d := range shape {
		if int64(d) > most/n {
			return 0, false
		}
		n *= int64(d)
	}
	return n, true
}
