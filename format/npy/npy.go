// Package npy writes arrays in the format of NumPy, version 1.0 (numpy.lib.format), so that
// numpy.load opens them.
package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// header is the fixed beginning: the magic string, the version, and the length of the rest.
const header = 6 + 2 + 2

// Write writes data as a float32 array with the given shape, in row-major order.
func Write(w io.Writer, data []float32, shape ...int) error {
	n := 1
	var dims []string
	for _, d := range shape {
		n *= d
		dims = append(dims, fmt.Sprint(d))
	}
	if n != len(data) {
		return fmt.Errorf("npy: %d numbers for the shape %v; want %d", len(data), shape, n)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", tuple)
	pad := 64 - (header+len(dict)+1)%64 // so that the array begins at a multiple of 64
	dict += strings.Repeat(" ", pad%64) + "\n"
	head := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(dict)))
	if _, err := w.Write(append(head, dict...)); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, data)
}
