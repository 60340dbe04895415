package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// full refuses every write, as a full disk does.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestResultsThatAreNotWritten: a result that cannot be written gives an exit code that a script
// notices.
func TestResultsThatAreNotWritten(t *testing.T) {
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"corpus", "list"}, {"--help"}} {
		var stderr bytes.Buffer
		require.Equal(t, exitFailed, run(args, strings.NewReader(""), full{}, &stderr), args)
		require.Contains(t, stderr.String(), "no space left on device")
		require.Equal(t, exitOK, run(args, strings.NewReader(""), &bytes.Buffer{}, &stderr), args)
	}
}

func TestControlCharactersAreVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain\ttext\r\n猫 é":  "plain\ttext\r\n猫 é",
		"\x1b[31mred\x07\x00": `\x1b[31mred\x07\x00`,
		"\u009b31m\x7f":       `\u009b31m\u007f`,
		"caf\xe9 \x9b31m":     "caf\xe9 \\x9b31m",
		"cut \xe7\x8c":        "cut \xe7\\x8c",
		"\ufffd":              "\ufffd",
	} {
		require.Equal(t, want, printable(text))
		for step := 1; step <= len(text); step++ { // whatever the sizes of the writes
			var out bytes.Buffer
			o := &output{Writer: &out}
			for rest := text; rest != ""; {
				n, err := o.Write([]byte(rest[:min(step, len(rest))]))
				require.NoError(t, err)
				rest = rest[n:]
			}
			o.flush()
			require.Equal(t, want, out.String(), "%d bytes at a time", step)
		}
		var out bytes.Buffer
		_, err := exact(&output{Writer: &out}).Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, text, out.String())
	}
}
