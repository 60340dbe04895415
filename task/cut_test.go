package task

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

func TestCut(t *testing.T) {
	a, b := []lm.Token{1, 2, 3, 4, 5}, []lm.Token{6, 7, 8}
	for _, c := range []struct {
		room, text, pair int
		cut              bool
	}{{9, 5, 3, false}, {8, 5, 3, false}, {7, 4, 3, true}, {6, 3, 3, true}, {5, 2, 3, true}, {4, 2,
		2, true}, {1, 0, 1, true}, {0, 0, 0, true}, {-1, 0, 0, true}} {
		text, pair, cut := Cut(a, b, c.room)
		require.Equal(t, a[:c.text], text, c.room)
		require.Equal(t, b[:c.pair], pair, c.room)
		require.Equal(t, c.cut, cut, c.room)
	}
	text, pair, _ := Cut(a, nil, 2)
	require.Equal(t, a[:2], text)
	require.Empty(t, pair)
}
