package eval_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/eval"
)

// TestGzip compares the size with that of the gzip tool.
func TestGzip(t *testing.T) {
	docs, _ := coinLines(2000, 9)
	got := eval.Gzip(docs)
	require.Greater(t, got, 10.0/11, "fair flips have an entropy of one bit")
	require.Less(t, got, 2.0)
	if _, err := exec.LookPath("gzip"); err != nil {
		t.Skip("gzip is not installed")
	}
	var text bytes.Buffer
	for _, d := range docs {
		text.WriteString(d.Text + d.End)
	}
	cmd := exec.Command("gzip", "-9", "-n", "-c")
	cmd.Stdin = &text
	out, err := cmd.Output()
	require.NoError(t, err)
	require.InEpsilon(t, 8*float64(len(out))/22000, got, 0.02)
}

func TestXZ(t *testing.T) {
	docs, _ := coinLines(2000, 9)
	if _, err := exec.LookPath("xz"); err == nil {
		got, err := eval.XZ(ctx, docs)
		require.NoError(t, err)
		require.Greater(t, got, 10.0/11)
		require.Less(t, got, eval.Gzip(docs))
	}
	t.Setenv("PATH", "")
	_, err := eval.XZ(ctx, docs)
	require.ErrorContains(t, err, "install xz")
}

func TestRepetitionIsCheap(t *testing.T) {
	require.Less(t, eval.Gzip(lines(strings.Repeat("the same again. ", 10000))), 0.05)
}
