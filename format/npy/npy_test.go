package npy

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The files equal those of NumPy, byte for byte (testdata/golden.py).
func TestWrite(t *testing.T) {
	for name, shape := range map[string][]int{"one": {6}, "two": {2, 3}, "three": {3, 1, 2}} {
		want, err := os.ReadFile("testdata/" + name + ".npy")
		require.NoError(t, err)
		var got bytes.Buffer
		require.NoError(t, Write(&got, []float32{0, 1.5, -2, 3e30, 4, 5}, shape...))
		require.Equal(t, want, got.Bytes(), name)
	}
	require.Error(t, Write(&bytes.Buffer{}, []float32{1}, 2))
}
