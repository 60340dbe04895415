package main

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSideBySide: as many lines as there are tokens, however many are asked for.
func TestSideBySide(t *testing.T) {
	all := []predictions{{Run: "a", Next: []prediction{{Text: "x", P: 0.5}, {Text: "猫", P: 0.25}}}, {Run: "b", Next: []prediction{{Text: "y", P: 1}}}}
	lines := strings.Split(strings.TrimSpace(sideBySide(all, math.MaxInt)), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[1], "50.0% █████")
	require.Contains(t, lines[1], "100.0% ██████████")
	require.Contains(t, lines[2], "25.0% ██▌")
}
