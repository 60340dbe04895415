package play

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	results "lmzoo/docs/lab"
	"lmzoo/lab"
	"lmzoo/report/browsertest"
)

// TestBrowserLab opens the figures of a committed result, runs an experiment, and cancels one.
func TestBrowserLab(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser is tested only in the full test")
	}
	browsertest.Chromium(t)
	committed, err := lab.ReadEmbedded(results.Files)
	require.NoError(t, err)
	scaling, err := lab.Find("scaling")
	require.NoError(t, err)
	scaling.Run = func(context.Context, *lab.Env) (*lab.Result, error) {
		return &lab.Result{Seeds: []lab.Verdict{{Seed: 1, Measures: map[string]float64{"x": 2}}},
			Tables: []lab.Table{{Title: "t", Columns: []string{"a"}, Rows: [][]string{{"1"}}}}}, nil
	}
	long := lab.Experiment{Name: "long", Era: "LLM", Claim: "It ends.", Topic: lab.Topics[0],
		Run: func(ctx context.Context, env *lab.Env) (*lab.Result, error) {
			env.Progress("step 1 of 2")
			<-ctx.Done()
			return nil, ctx.Err()
		}}
	s := New(nil, Options{TrainDir: t.TempDir(), Results: committed,
		Experiments: []lab.Experiment{scaling, long}})
	ts := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); ts.CloseClientConnections(); ts.Close() })
	v := visit(t, ts.URL)
	v.open("lab")
	card := func(name string) string { return `#lab-cards [data-experiment="` + name + `"] ` }
	v.until(`document.querySelectorAll("#lab-cards article").length === 2`)
	require.Contains(t, ask[string](v, `document.querySelector('`+card("scaling")+
		`.verdict').textContent`), "held for 3 of 3 seeds at full scale")
	v.press(card("scaling") + "summary")
	v.until(`document.querySelector('` + card("scaling") +
		`iframe')?.contentDocument?.querySelector("figure svg")`)
	v.until(`(f => f.contentDocument.documentElement.scrollHeight <= f.clientHeight + 1)(
		document.querySelector('` + card("scaling") + `iframe'))`)
	v.do(chromedp.EmulateViewport(390, 900))
	v.fits("lab")
	v.do(chromedp.EmulateViewport(1280, 900))

	v.press(card("scaling") + ".run")
	v.until(`document.querySelectorAll('` + card("scaling") + `.verdict').length === 2`)
	require.Contains(t, ask[string](v, `document.querySelectorAll('`+card("scaling")+
		`.verdict')[1].textContent`), "did not hold at quick scale")

	v.press(card("long") + ".run")
	v.until(`document.querySelector('` + card("long") +
		`[role=status]').textContent.includes("step 1 of 2")`)
	require.True(t, ask[bool](v, `document.querySelector('`+card("long")+`.run').hidden`))
	v.press(card("long") + ".cancel")
	v.until(`document.querySelector('` + card("long") +
		`[role=status]').textContent === "cancelled"`)
	v.press(`#lab-topics button:nth-child(2)`)
	v.until(`document.querySelector("#lab-cards").textContent.includes("It ends.") &&
		document.querySelectorAll("#lab-cards article").length === 1`)
	v.quiet()
}
