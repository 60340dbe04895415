// Package browsertest starts a real browser for the tests of pages.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Chromium finds the browser or skips the test. If LMZOO_BROWSER=required is set, as in CI, a
// missing browser is a failure.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("LMZOO_BROWSER") == "required" {
		t.Fatal(
			"there is no Chromium, and LMZOO_BROWSER=required; install it (Debian: " +
				"apt install chromium)")
	}
	t.Skip("there is no Chromium to open the page in; install it (Debian: apt install chromium)")
	return ""
}

// New prepares a browser without a window. The first use of the context starts it, and it ends with
// the test.
func New(t testing.TB) context.Context {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(Chromium(t)), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-proxy-server", true),
		chromedp.WSURLReadTimeout(time.Minute))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}
