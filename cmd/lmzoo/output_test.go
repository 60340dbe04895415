package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// full takes nothing, as a full disk does.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestResultsThatAreNotWritten: a script must hear of them.
func TestResultsThatAreNotWritten(t *testing.T) {
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"corpus", "list"}, {"--help"}} {
		var stderr bytes.Buffer
		require.Equal(t, exitFailed, run(args, strings.NewReader(""), full{}, &stderr), args)
		require.Contains(t, stderr.String(), "no space left on device")
		require.Equal(t, exitOK, run(args, strings.NewReader(""), &bytes.Buffer{}, &stderr), args)
	}
}
