package play

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"lmzoo/play/playtest"
	"lmzoo/prompt"
	"lmzoo/report/browsertest"
	"lmzoo/train"
	"lmzoo/zoo"
)

// visitor is a browser with the playground open.
type visitor struct {
	t   *testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	complain []string // errors and warnings of the console
}

// visit opens a browser and records errors and warnings of its console.
func visit(t *testing.T, url string) *visitor {
	ctx := browsertest.New(t)
	v := &visitor{t: t, ctx: ctx, url: url}
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)))
	require.NoError(t, chromedp.Listen(ctx, v.hear))
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(url)))
	v.until(`document.body.dataset.ready === "true"`)
	return v
}

func (v *visitor) hear(ev any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		v.complain = append(v.complain, thrown(ev.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError ||
			ev.Type == runtime.ConsoleAPICalledTypeWarning {
			v.complain = append(v.complain, fmt.Sprint(ev.Type, ev.Args))
		}
	case *log.EventEntryAdded:
		if ev.Entry.Level == log.EntryLevelError || ev.Entry.Level == log.EntryLevelWarning {
			v.complain = append(v.complain, ev.Entry.Text+" "+ev.Entry.URL)
		}
	}
}

// quiet requires that the console has shown no error or warning.
func (v *visitor) quiet() {
	v.mu.Lock()
	defer v.mu.Unlock()
	require.Empty(v.t, v.complain, "the console of the browser")
}

// thrown returns the text of an exception.
func thrown(d *runtime.ExceptionDetails) string {
	text := fmt.Sprintf("%s at %s:%d:%d", d.Text, d.URL, d.LineNumber+1, d.ColumnNumber+1)
	if d.Exception != nil {
		text += ": " + d.Exception.Description
	}
	return text
}

// ask evaluates an expression in the page.
func ask[T any](v *visitor, expression string) T {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(v.t, err, expression)
	return answer
}

// until waits for an expression to become true.
func (v *visitor) until(expression string) {
	v.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if ask[bool](v, "!!("+expression+")") {
			return
		}
		if time.Now().After(end) {
			v.t.Fatalf("not true after %s: %s\n%s", patience, expression,
				ask[string](v, "document.querySelector('main').innerText"))
		}
	}
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	require.NoError(v.t, chromedp.Do(ctx, steps...))
}

func (v *visitor) click(selector string) { v.t.Helper(); v.do(chromedp.Click(selector)) }

// press clicks an element as soon as it exists, without moving the mouse to it, because the page
// may redraw it meanwhile.
func (v *visitor) press(selector string) {
	v.t.Helper()
	v.until(fmt.Sprintf(`(e => e && (e.click(), true))(document.querySelector(%q))`, selector))
}

// open opens a view as a visitor would.
func (v *visitor) open(view string) {
	v.t.Helper()
	v.click(`nav a[href="#` + view + `"]`)
	v.until(`!document.getElementById("view-` + view + `").hidden`)
}

// typed replaces the prompt.
func (v *visitor) typed(text string) {
	v.t.Helper()
	ask[bool](v,
		`document.getElementById("prompt").value = "", document.getElementById("prompt").focus(),
			true`)
	v.do(chromedp.SendKeys("#prompt", text))
	v.until(fmt.Sprintf(`document.getElementById("prompt").value === %q`, text))
}

// key presses a key on an element.
func (v *visitor) key(selector, key string) {
	v.t.Helper()
	v.until(
		fmt.Sprintf(
			`(e => e && (e.focus(), e === document.activeElement) &&
				(e.dispatchEvent(new KeyboardEvent("keydown", {key: %q, bubbles: true,
					cancelable: true})), true))(document.querySelector(%q))`, key, selector))
}

// fits requires that the page is not wider than the window.
func (v *visitor) fits(what string) {
	v.t.Helper()
	wide := ask[int](v,
		"document.documentElement.scrollWidth - document.documentElement.clientWidth")
	require.LessOrEqual(v.t, wide, 0, "%s is wider than the window", what)
}

// TestBrowser uses every view: it types, clicks a token, generates and stops, inspects models,
// compresses and trains.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser is tested only in the full test")
	}
	_, ts := bothServer(t, Options{TrainDir: t.TempDir()})
	v := visit(t, ts.URL)

	v.typed("once in spring")
	v.until(`document.body.dataset.nextPrompt === "once in spring"`)
	require.Equal(t, 7,
		ask[int](v,
			`document.querySelectorAll("#next-cards article:not(.limit)").length`),
		"uniform knows nothing and is not ticked")
	v.until(`document.querySelector("#next-cards article").classList.contains("limit")`)
	require.Equal(t, "the limit gpt letters gru lstm rnn mlp ngram", ask[string](v,
		`[...document.querySelectorAll("#next-cards article")].map((e) => e.dataset.model)
			.join(" ")`),
		"the source first, then the newest era")
	bars := `document.querySelectorAll('[data-model="ngram"] ol button').length`
	require.Equal(t, 3, ask[int](v, bars))
	v.click(`[data-model="ngram"] .who`)
	require.Equal(t, 10, ask[int](v, bars), "an open row has more predictions")
	v.click(`[data-model="ngram"] .who`)
	require.Equal(t, 3, ask[int](v, bars))
	v.do(chromedp.EmulateViewport(1280, 720))
	require.LessOrEqual(t, ask[float64](v,
		`document.getElementById("next-cards").getBoundingClientRect().bottom`), 720.0,
		"all models are on the first screen")
	v.do(chromedp.EmulateViewport(1280, 900))
	first := ask[string](v,
		`document.querySelector('[data-model="ngram"] ol button').dataset.append`)
	require.Equal(t, " ,", first, "after the season there is always a comma")
	// wait until the bars have grown to full length
	v.until(
		`document.querySelector('[data-model="ngram"] ol i').getBoundingClientRect().width > 100`)

	v.click(`[data-model="ngram"] ol button`)
	v.until(`document.getElementById("prompt").value === "once in spring ,"`)
	v.until(`document.body.dataset.nextPrompt === "once in spring ,"`)
	require.Equal(t, " on",
		ask[string](v, `document.querySelector('[data-model="ngram"] ol button').dataset.append`))

	v.typed("once in spr") // an unfinished word
	v.until(`document.body.dataset.nextPrompt === "once in spr"`)
	require.Equal(t, "ing",
		ask[string](v, `document.querySelector('[data-model="ngram"] ol button').dataset.append`))
	v.fits("side by side")
	v.quiet()

	v.click(`#starters button:nth-child(2)`) // long memory
	v.until(`document.body.dataset.nextPrompt.endsWith("outside the")`)
	v.until(`document.querySelector(".limit button.right .t").textContent === "·mild"`)
	v.click("#classroom")
	require.Equal(t, "24px", ask[string](v, `getComputedStyle(document.documentElement).fontSize`))
	v.do(chromedp.Navigate(ts.URL))
	v.until(`document.body.dataset.ready === "true"`)
	require.True(t, ask[bool](v, `document.documentElement.classList.contains("classroom")`),
		"the browser remembers the mode")
	v.fits("classroom")
	v.do(chromedp.Navigate(ts.URL + "/?classroom=0"))
	v.until(`document.body.dataset.ready === "true"`)
	require.False(t, ask[bool](v, `document.documentElement.classList.contains("classroom")`))
	v.typed("today in spring , spring")
	v.until(`document.querySelector(".limit .foot").textContent.includes("impossible")`)
	require.Zero(t, ask[int](v, `document.querySelectorAll("#next-cards button.right").length`))
	v.quiet()

	t.Run("inside", func(t *testing.T) {
		v.t = t
		v.typed("once in spring , on a windy")
		v.open("inside")
		require.Zero(t, ask[int](v, `document.getElementById("models").offsetHeight`),
			"what is hidden takes no room")
		for model, view := range map[string]string{"ngram": "backoff", "mlp": "voices",
			"lstm": "signals", "gpt": "flow", "bert": "fill", "word2vec": "embeddings"} {
			v.press(`#inside-models [data-model="` + model + `"]`)
			v.until(`document.getElementById("inside-view").dataset.view === "` + view + `"`)
			v.fits(view)
		}
		look := func(model, view string) {
			v.press(`#inside-models [data-model="` + model + `"]`)
			v.until(`document.querySelector('#inside-models [data-model="` + model +
				`"]').getAttribute("aria-pressed") === "true"`)
			v.press(`#inside-views [data-key="` + view + `"]`)
			v.until(`document.getElementById("inside-view").dataset.view === "` + view + `"`)
		}
		v.press(`#inside-models [data-model="ngram"]`)
		v.until(
			`document.querySelectorAll(".chain li").length === 5 &&
				document.querySelectorAll(".chain li.answered").length === 1`)
		look("gpt", "flow")
		testFlow(t, v)
		look("lstm", "units")
		v.key("#inside-view .said", "ArrowRight")
		v.until(`/^“<bos>” -?[01][.]/.test(document.querySelector("#inside-view [role=status]")
			.textContent)`)
		look("bert", "fill")
		v.press(`#inside-view .said button:nth-child(3)`)
		v.until(`document.querySelector("#inside-view .panel h3")?.textContent ===
			"In place of “spring”"`)
		look("bert", "flow")
		v.press(`.tokens button:nth-child(4)`)
		v.until(`document.querySelector(".tokens button:nth-child(4)").textContent
			.startsWith("[MASK]")`)
		v.fits("flow of BERT")
		ask[bool](v, `(e => (e.value = "", e.dispatchEvent(new Event("input"))))(
			document.getElementById("prompt"))`)
		v.until(`document.getElementById("inside-view").textContent.includes("prompt is empty")`)
		look("gpt", "embeddings")
		v.until(`document.querySelectorAll(".map svg text").length > 100`)
		ask[bool](v,
			`document.querySelector(".map svg text").dispatchEvent(new MouseEvent("click",
				{bubbles: true}))`)
		v.until(`document.querySelectorAll(".map ol button").length === 12`)
		require.Contains(t, ask[string](v, `document.querySelector(".legend").textContent`),
			"animal")
		v.press(".analogy button.main")
		v.until(`document.querySelectorAll("#analogy-answers button").length === 12`)
		v.quiet()
	})

	t.Run("generate", func(t *testing.T) {
		v.t = t
		v.open("generate")
		ask[bool](v,
			`document.getElementById("g-max").value = 4000, document.getElementById("g-temperature")
				.value = 2, true`)
		v.click("#g-go")
		v.until(
			`document.querySelectorAll('#generate-cards [data-model="letters"] .tok').length >= 5`)
		v.click("#g-stop")
		v.until(`document.getElementById("view-generate").dataset.state === "stopped"`)
		n := ask[int](v, `document.querySelectorAll("#generate-cards .tok").length`)
		time.Sleep(300 * time.Millisecond)
		require.Equal(t, n, ask[int](v, `document.querySelectorAll("#generate-cards .tok").length`),
			"stopped is stopped")
		v.key(`[data-model="letters"] .said`, "ArrowRight")
		v.until(
			`document.querySelector('[data-model="letters"] [role=status]')
				.textContent.includes("likeliest")`)
		v.fits("generate")
		v.quiet()
	})

	t.Run("compress", func(t *testing.T) {
		v.t = t
		v.open("compress")
		v.until(
			`document.querySelectorAll("#compress-result .sizes tbody tr").length === 9 &&
				document.querySelector("#compress-result canvas")`)
		require.Equal(t, 7,
			ask[int](v,
				`new Set([...document.querySelectorAll("#compress-result .sizes .swatch")]
					.map((e) => e.style.background)
					.filter((c) => c.startsWith("rgb("))).size - 1`),
			"the models and gzip have different colours")
		v.fits("compress")
		v.quiet()
	})

	t.Run("train", func(t *testing.T) {
		v.t = t
		v.open("train")
		ask[bool](v,
			`document.getElementById("t-budget").value = 2, document.getElementById("t-size")
				.value = "tiny", true`)
		v.click("#t-go")
		v.until(`document.querySelector('#train-jobs [data-state="running"]')`)
		v.until(`document.querySelector('#train-jobs [data-state="done"] canvas')`)
		require.True(t, ask[bool](v,
			`document.querySelectorAll("#train-jobs .samples li").length > 0 &&
				document.querySelector("#train-jobs .u-legend").textContent.includes("the limit")`))
		v.until(`document.querySelector("#models").textContent.includes("my-gpt")`)
		v.fits("train")
		ask[bool](v, `document.getElementById("t-budget").value = 600, true`)
		v.click("#t-go")
		v.until(
			`document.querySelector('#train-jobs [data-state="running"] p.state')
				?.textContent.includes("steps")`)
		v.click(`#train-jobs [data-state="running"] .row button`)
		v.until(`document.querySelector('#train-jobs [data-state="cancelled"]')`)
		v.click(`#train-unfinished [data-run="my-gpt-2"]`)
		v.until(
			`document.querySelector('#train-jobs [data-state="running"] canvas') &&
				!document.querySelector("#train-unfinished button")`)
		v.click(`#train-jobs [data-state="running"] .row button`)
		v.until(
			`document.querySelectorAll('#train-jobs [data-state="cancelled"]').length === 2 &&
				document.querySelector("#train-unfinished button")`)
		v.quiet()
	})

	t.Run("phone", func(t *testing.T) {
		v.t = t
		v.do(chromedp.EmulateViewport(320, 700))
		for _, view := range []string{"next", "inside", "generate", "compress", "compare",
			"train"} {
			v.open(view)
			v.until("innerWidth === 320 && document.documentElement.scrollWidth <= 320")
		}
		v.do(chromedp.EmulateViewport(1280, 900))
	})

	t.Run("keyboard", func(t *testing.T) {
		v.t = t
		v.open("next")
		unnamed := ask[[]string](v, `[...document.querySelectorAll(
			"button, input, select, textarea, canvas, progress, iframe")]
			.filter((e) => !e.textContent.trim() && !e.getAttribute("aria-label") && !(e.labels &&
				e.labels.length) && e.getAttribute("aria-hidden") !== "true" && !e.title &&
					!e.closest(".uplot"))
			.map((e) => e.outerHTML.slice(0, 120))`)
		require.Empty(t, unnamed, "elements without a name for screen readers")
		v.do(chromedp.SendKeys("#prompt", "\t"))
		require.NotEqual(t, "prompt", ask[string](v, `document.activeElement.id`),
			"Tab leaves the prompt")
	})
}

// testFlow follows a prediction through a GPT: heads, an ablation, and sampling.
func testFlow(t *testing.T, v *visitor) {
	v.until(`document.querySelectorAll(".thumbs button").length === 4`)
	v.press(`.thumbs [data-head="0.1"]`)
	v.until(`document.querySelector(".attention h3").textContent === "Layer 1, head 2"`)
	require.Equal(t, []string{"<bos>", "<bos>"},
		ask[[]string](v,
			`[".beside span", ".cells .under span"].map((e) => document.querySelector(e)
				.textContent)`), "rows and columns have names")
	v.until(`document.querySelectorAll(".qkv tbody tr").length ===
		document.querySelectorAll(".tokens > *").length`)
	require.Equal(t, 3, ask[int](v, `document.querySelectorAll(".lens .next").length`))
	ask[bool](v, `document.getElementById("ablate").focus(), true`)
	v.press("#ablate")
	v.until(`document.querySelector("#ablation tr td") && document.activeElement.id === "ablate"`)
	v.press("#ablation button")
	v.until(`!document.querySelector("#ablation tr")`)
	v.press(`.arcs button:nth-child(3)`)
	v.until(
		`document.querySelector(".arcs button[aria-pressed=true]").textContent === "in" &&
			document.querySelectorAll(".arcs path").length > 0`)
	v.key(".heat canvas", "ArrowRight")
	v.until(`document.querySelector(".heat [role=status]").textContent.includes("takes")`)
	v.until(`document.querySelectorAll(".sampled li").length === 10`)
	ask[bool](v, `(e => (e.value = 0, e.dispatchEvent(new Event("input"))))(
		document.getElementById("s-top-p"))`)
	v.until(`document.getElementById("drawn").textContent.startsWith("1 token is left") &&
		document.querySelectorAll(".sampled .cut").length === 9`)
	ask[bool](v, `(e => (e.value = 1, e.dispatchEvent(new Event("input"))))(
		document.getElementById("s-top-p"))`)
	v.fits("flow")
	v.quiet()
}

// TestBrowserReport checks that the page makes and shows the report of a comparison.
func TestBrowserReport(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser is tested only in the full test")
	}
	_, ts := testServer(t, Options{})
	v := visit(t, ts.URL+"/#compare")
	ask[bool](v,
		`document.querySelectorAll("#models input").forEach((e, i) => { if (e.checked !== (i ===
			1)) e.click(); }), true`)
	v.click("#compare-go")
	v.until(`document.querySelector("#compare-jobs iframe")`)
	v.until(
		`document.querySelector("#compare-jobs iframe")
			.contentDocument.querySelector("canvas, svg, table")`)
	v.quiet()
}

// TestBrowserMistakes checks that the page reports a prompt that is too long, before sending it,
// and a comparison without models.
func TestBrowserMistakes(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser is tested only in the full test")
	}
	_, ts := testServer(t, Options{Limits: Limits{PromptBytes: 100}})
	v := visit(t, ts.URL)
	v.until(`document.querySelector("#next-cards button")`)
	paste := func(text string) {
		ask[bool](v,
			fmt.Sprintf(
				`document.getElementById("prompt").value = %q, document.getElementById("prompt")
					.dispatchEvent(new Event("input"))`, text))
	}
	paste(strings.Repeat("é", 51))
	v.until(
		`document.getElementById("error").textContent.includes("102 bytes") &&
			document.body.classList.contains("stale")`)
	paste("שלום\n\n🏳️‍🌈  ")
	v.until(
		`document.getElementById("error").hidden && !document.body.classList.contains("stale") &&
			document.body.dataset.nextPrompt.startsWith("שלום")`)
	v.open("compare")
	ask[bool](v,
		`document.querySelectorAll("#models input:checked").forEach((e) => e.click()), true`)
	v.click("#compare-go")
	v.until(`document.getElementById("error").textContent.includes("No model is ticked")`)
	v.quiet()
}

// TestBrowserLost checks that the page shows a lost server and reconnects.
func TestBrowserLost(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser is tested only in the full test")
	}
	browsertest.Chromium(t)
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	open := func(l net.Listener, runs []*zoo.Run) (stop func()) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- New(runs, Options{}).Serve(ctx, l) }()
		return func() { cancel(); require.NoError(t, <-done) }
	}
	stop := open(l, runs[:3])
	v := visit(t, "http://"+address+"/#generate")
	ask[bool](v, `document.getElementById("g-max").value = 4000, true`)
	v.click("#g-go")
	v.until(`document.querySelectorAll('#generate-cards .tok').length >= 5`)
	stop()
	v.until(`document.getElementById("error").textContent.includes("does not answer")`)
	v.until(
		`document.getElementById("generate-cards")
			.textContent.includes("the playground was closed") && document.getElementById("g-stop")
				.disabled`)
	v.open("next")
	v.until(`document.getElementById("error").textContent.includes("does not answer")`)
	l, err = net.Listen("tcp", address)
	require.NoError(t, err)
	stop = open(l, runs[:5])
	defer stop()
	v.until(
		`document.getElementById("error").hidden && document.querySelectorAll("#next-cards article")
			.length === 5`)
}

// TestBrowserFirstModel opens the page before there is a model, and checks that the first model
// appears by itself.
func TestBrowserFirstModel(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser is tested only in the full test")
	}
	browsertest.Chromium(t)
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	s := New(nil, Options{TrainDir: t.TempDir()})
	ts := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); ts.CloseClientConnections(); ts.Close() })
	v := visit(t, ts.URL)
	v.until(`document.getElementById("next-status").textContent.includes("There is no model yet")`)
	require.NoError(t,
		s.Train("a model",
			func(context.Context, train.Observer) (*zoo.Run, error) { return runs[0], nil }))
	v.until(
		`document.querySelectorAll("#next-cards article:not(.limit) ol button").length === 3 &&
			document.getElementById("next-status").textContent.startsWith("1 model answered")`)
	v.quiet()
}

// TestBrowserTicks checks that the first screen compares models of one corpus, because the prompts
// are about its world. Chat still lists the assistants of another world.
func TestBrowserTicks(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser is tested only in the full test")
	}
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	talker, err := playtest.Talker("talker", []prompt.Message{
		{Role: prompt.User, Content: "what is 2 plus 2 ?"},
		{Role: prompt.Assistant, Content: "2 plus 2 is 4 ."},
	})
	require.NoError(t, err)
	_, ts := serveRuns(t, append([]*zoo.Run{talker}, runs...), Options{})
	v := visit(t, ts.URL)
	v.until(`document.querySelectorAll("#next-cards article:not(.limit)").length === 7`)
	require.Equal(t, "Models: 7 of 9",
		ask[string](v, `document.getElementById("choice-sum").textContent`))
	v.open("chat")
	require.True(t, ask[bool](v, `document.getElementById("chat-none").hidden`))
	v.quiet()
}

// TestScreenshots draws the pictures of the documentation: make screenshots.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("LMZOO_SCREENSHOTS")
	if dir == "" {
		t.Skip("run make screenshots to make the pictures")
	}
	require.NoError(t, os.MkdirAll(dir, 0o777))
	_, ts := testServer(t, Options{TrainDir: t.TempDir()})
	if real := os.Getenv("LMZOO_RUNS"); real != "" {
		s := New(realRuns(t, real), Options{TrainDir: t.TempDir()})
		ts = httptest.NewServer(s)
		t.Cleanup(func() { s.Close(); ts.CloseClientConnections(); ts.Close() })
	}
	v := visit(t, ts.URL)
	narrow := os.Getenv("LMZOO_NARROW") != ""
	shoot := func(name string, width, height int64) {
		v.do(chromedp.EmulateViewport(width, height))
		time.Sleep(500 * time.Millisecond) // until bars have grown and charts have their width
		png, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "play-"+name+".png"), png, 0o666))
	}
	both := func(name string, height int64) { // wide and, to check the layout, narrow
		t.Helper()
		shoot(name, 1280, height)
		if narrow {
			shoot(name+"-narrow", 390, 1800)
			v.fits(name)
		}
		v.quiet()
	}
	// long memory
	v.click(`#starters button:nth-child(2)`)
	v.until(`document.body.dataset.nextPrompt === document.getElementById("prompt").value`)
	both("next", 720)
	v.typed(
		"once in spring , on a windy evening , two friends met in lorrin . it was a tale of the")
	v.open("inside")
	for _, model := range []string{"ngram", "mlp", "lstm", "gpt"} {
		v.click(`#inside-models [data-model="` + model + `"]`)
		v.until(`document.getElementById("inside-view").dataset.view === "` +
			map[string]string{"ngram": "backoff", "mlp": "voices", "lstm": "signals",
				"gpt": "flow"}[model] + `"`)
		if model != "mlp" || narrow {
			both(model, map[string]int64{"gpt": 300}[model]+900)
		}
	}
	v.click(`#inside-views [data-key="embeddings"]`)
	v.until(`document.querySelector(".map svg text")`)
	ask[bool](v,
		`document.querySelector(".map").scrollIntoView(),
			([...document.querySelectorAll(".map svg text")].find((e) => e.textContent ===
				"doctor") || document.querySelector(".map svg text"))
					.dispatchEvent(new MouseEvent("click", {bubbles: true}))`)
	v.until(`document.querySelectorAll(".map ol button").length === 12`)
	both("embeddings", 800)
	v.typed("once in")
	v.open("generate")
	ask[bool](v,
		`document.getElementById("g-pace").value = 102, document.getElementById("g-pace")
			.dispatchEvent(new Event("input")), true`)
	v.click("#g-go")
	v.until(`document.getElementById("view-generate").dataset.state === "done"`)
	ask[bool](v, `scrollTo(0, 0), true`)
	both("generate", 1100)
	v.open("compress")
	v.until(`document.querySelector("#compress-result canvas")`)
	both("compress", 1200)
	v.open("train")
	ask[bool](v, `document.getElementById("t-budget").value = 4, true`)
	v.click("#t-go")
	v.click("#t-go")
	v.until(`document.querySelector('#train-jobs [data-state="done"] canvas')`)
	both("train", 1000)
	_, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	require.NoError(t, err)
	if narrow {
		v.open("inside")
		both("dark-inside", 900)
	}
	v.open("next")
	both("dark", 720)
}
