package report

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"lmzoo/report/browsertest"
	"lmzoo/zoo"
)

// reader is a browser with a report open.
type reader struct {
	t   *testing.T
	ctx context.Context
}

// read opens a page. An error or a warning on its console fails the test.
func read(t *testing.T, page string) reader {
	ctx := browsertest.New(t)
	r := reader{t, ctx}
	var mu sync.Mutex
	var complaints []string
	// the first use of ctx starts the browser, which ends with ctx
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1400, 900)))
	require.NoError(t, chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, ev.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			complaints = append(complaints, fmt.Sprint(ev.Type, ev.Args))
		case *log.EventEntryAdded:
			complaints = append(complaints, ev.Entry.Text)
		}
	}))
	// an element can lose the focus only if the page has it
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled,
		emulation.SetFocusEmulationEnabledParams{Enabled: true})
	require.NoError(t, err)
	r.do(chromedp.Navigate("file://" + filepath.ToSlash(page)))
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		require.Empty(t, complaints, "the console of the browser")
	})
	return r
}

func (r reader) do(steps ...chromedp.Action[chromedp.Void]) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, time.Minute)
	defer cancel()
	require.NoError(r.t, chromedp.Do(ctx, steps...))
}

// until waits for an expression to become true.
func (r reader) until(expression string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, time.Minute)
	defer cancel()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		require.NoError(r.t, err, expression)
		if yes {
			return
		}
		require.True(r.t, time.Now().Before(end), "still not true: %s", expression)
	}
}

// press moves the focus to an element and presses a key there, such as an arrow or " ".
func (r reader) press(selector, key string) {
	r.t.Helper()
	r.until(
		fmt.Sprintf(
			`(e => e && (e.focus({focusVisible: true}), e.dispatchEvent(new KeyboardEvent("keydown",
				{key: %q, bubbles: true, cancelable: true})), true))(document.querySelector(%q))`,
			key, selector))
}

// TestBrowser opens the page in a real browser. Every chart is drawn and nothing is cut, in wide
// and narrow windows and on paper; everything that works with the mouse also works with the
// keyboard.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes too long for a short test")
	}
	browsertest.Chromium(t) // skips the test before the training
	runs, split, opt := exhibits(t, zoo.Data{Corpus: zoo.WorldName, Tokens: 6000}, "word", nil,
		"uniform", "ngram", "lstm")
	c, err := Collect(context.Background(), runs, split.Test[:40], opt)
	require.NoError(t, err)
	page := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(page)
	require.NoError(t, err)
	require.NoError(t, Page(f, c, committed(t))) // with the pages of experiments
	require.NoError(t, f.Close())
	r := read(t, page)

	// the style of the pages does not change the comparison, and no name occurs twice
	r.until(`(ids => new Set(ids).size === ids.length)(
		[...document.querySelectorAll("[id]")].map((e) => e.id))`)
	const drawn = `document.querySelectorAll(".chart").length === 7 &&
		[...document.querySelectorAll(".chart")].every((e) => {
		const canvas = e.querySelector("canvas");
		return canvas && Math.abs(canvas.getBoundingClientRect().width - e.clientWidth) < 2;
	}) && document.documentElement.scrollWidth <= document.documentElement.clientWidth`
	for _, width := range []int64{1400, 390, 320} {
		r.do(chromedp.EmulateViewport(width, 900))
		r.until(fmt.Sprintf("innerWidth === %d && %s", width, drawn))
	}

	_, err = chromedp.Call(r.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	require.NoError(t, err)
	r.until(`getComputedStyle(document.body).backgroundColor === "rgb(21, 23, 26)"`)
	r.until(
		`dispatchEvent(new Event("beforeprint")) && getComputedStyle(document.body)
			.backgroundColor === "rgb(255, 255, 255)"`)
	// the charts have the size of the paper, not of the screen
	r.until(
		`[...document.querySelectorAll(".chart canvas")].every((e) => e.getBoundingClientRect()
			.width === 680)`)
	r.until(`dispatchEvent(new Event("afterprint"))`)
	r.do(chromedp.EmulateViewport(1400, 900))
	r.until(drawn)

	r.press("#contexts .u-over", "ArrowRight")
	r.press("#contexts .u-over", "ArrowRight")
	r.until(
		`document.querySelector("#contexts .u-over").getAttribute("aria-valuetext")
			.startsWith("context 2, 5-gram")`)
	r.until(`document.querySelector("#contexts").classList.contains("read")`)
	r.press("#contexts .u-series:last-child th", " ")
	r.until(`document.querySelector("#contexts .u-series:last-child").classList.contains("u-off")`)
	r.press("#contexts .u-series:last-child th", "Enter")
	r.until(
		`document.querySelector("#contexts .u-series:last-child th")
			.getAttribute("aria-pressed") === "true"`)
	// the focus is no longer on the points
	r.until(`!document.querySelector("#contexts").classList.contains("read")`)
	r.press("#passage .t", "ArrowRight")
	r.until(
		`!document.getElementById("tip").hidden && document.getElementById("tip")
			.innerText.includes("lstm")`)
	r.press("#passage .t.on", "Escape")
	r.until(`document.getElementById("tip").hidden`)
}
