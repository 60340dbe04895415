package lab

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMeasuredOnce(t *testing.T) {
	dir := t.TempDir()
	n := 0
	compute := func() (float64, error) { n++; return 0.1 * float64(n), nil }
	for range 2 { // two processes
		x, err := NewStore(dir).measured([]any{"a", 1}, compute)
		require.NoError(t, err)
		require.Equal(t, 0.1, x)
	}
	x, err := NewStore(dir).measured([]any{"a", 2}, compute)
	require.NoError(t, err)
	require.Equal(t, 0.2, x)
	_, err = NewStore("").measured([]any{"a", 1}, compute)
	require.NoError(t, err)
	require.Equal(t, 3, n, "a store in memory measures again")
	broken := errors.New("broken")
	_, err = NewStore(dir).measured([]any{"b"}, func() (float64, error) { return 0, broken })
	require.ErrorIs(t, err, broken)
}
