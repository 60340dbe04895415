package report

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/zoo"
)

// TestBrowser opens the page in a real browser: every chart is drawn, wide and narrow, and nothing is complained about.
func TestBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium here; install it to see the page drawn by a browser")
	}
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	runs, split, opt := exhibits(t, zoo.Data{Corpus: zoo.WorldName, Tokens: 6000}, "word", nil, "uniform", "ngram", "lstm")
	c, err := Collect(context.Background(), runs, split.Test[:40], opt)
	require.NoError(t, err)
	page := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(page)
	require.NoError(t, err)
	require.NoError(t, HTML(f, c))
	require.NoError(t, f.Close())
	for _, size := range []string{"1280,1000", "500,900"} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		var out, log bytes.Buffer
		cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
			"--enable-logging=stderr", "--virtual-time-budget=2000", "--window-size="+size, "--dump-dom", "file://"+page)
		cmd.Stdout, cmd.Stderr = &out, &log
		if err := cmd.Run(); err != nil {
			t.Skipf("chromium does not start here: %v", err)
		}
		require.Equal(t, 7, strings.Count(out.String(), "<canvas"), "one for every chart")
		for line := range strings.Lines(log.String()) {
			require.NotContains(t, line, "CONSOLE")
		}
	}
}
