package lm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

type narrow struct{ window int }

func (n narrow) Window() int { return n.window }

// TestWindow checks that a model without a limit has the window 0.
func TestWindow(t *testing.T) {
	require.Equal(t, 8, lm.Window(narrow{8}))
	require.Zero(t, lm.Window(narrow{}))
	require.Zero(t, lm.Window(lm.Uniform(3)))
	require.Zero(t, lm.Window(nil))
}
