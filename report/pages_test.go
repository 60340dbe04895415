package report

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"lmzoo/lab"
	"lmzoo/report/browsertest"
)

// committed returns the results of docs/lab.
func committed(t *testing.T) []*lab.Result {
	results, err := lab.ReadResults(filepath.Join("..", "docs", "lab"))
	require.NoError(t, err)
	return results
}

func TestPages(t *testing.T) {
	results := committed(t)
	var b bytes.Buffer
	require.NoError(t, Page(&b, nil, results))
	page := b.String()
	require.Less(t, len(page), 2<<20)
	for _, r := range results {
		require.Contains(t, page, `id="lab-`+r.Name+`"`)
		command := "lmzoo lab " + r.Name
		if r.Command != "" {
			command = r.Command
		}
		require.Contains(t, page, "<code>"+command+"</code>")
		for _, f := range r.Figures {
			require.Contains(t, page, "<h4>"+f.Title+"</h4>")
		}
	}
	// every link leads to a part of the page, and every picture has the colours of the theme
	for _, m := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		switch anchor, local := strings.CutPrefix(m[1], "#"); {
		case local:
			require.Contains(t, page, `id="`+anchor+`"`)
		default:
			require.True(t, strings.HasPrefix(m[1], "data:"), m[1])
		}
	}
	require.NotRegexp(t, `(?:fill|stroke):#[0-9A-F]{6}`, page)
	require.NotContains(t, page, "url(")

	// a result that no experiment of this program knows shows its tables as text
	b.Reset()
	evil := "</script><script>alert(1)</script>"
	require.NoError(t, Page(&b, nil, []*lab.Result{{
		Experiment: lab.Experiment{Name: "mine", Claim: evil},
		Tables:     []lab.Table{{Title: evil, Columns: []string{evil}, Rows: [][]string{{evil}}}},
	}}))
	require.NotContains(t, b.String(), "<script>alert")
	require.Contains(t, b.String(), "Other experiments")
	require.Error(t, Page(&b, nil, nil))
}

// TestLabPictures draws the figures of all experiments.
func TestLabPictures(t *testing.T) {
	pictures, err := LabPictures(committed(t))
	require.NoError(t, err)
	names := map[string]bool{}
	for _, p := range pictures {
		require.False(t, names[p.Name], "two pictures %s", p.Name)
		names[p.Name] = true
	}
	var dots bytes.Buffer
	require.NoError(t, pictures[0].PNG(&dots))
	size, err := png.DecodeConfig(&dots)
	require.NoError(t, err)
	require.Equal(t, 1800, size.Width)
	words := labels(t, pictures[0].Drawing)
	for _, want := range []string{
		"the limit", "BERT from scratch", "accuracy", "labelled reviews",
	} {
		require.NotZero(t, words[want], want)
	}
}

// TestLooks checks that no two lines of a figure have the same colour and dashes.
func TestLooks(t *testing.T) {
	for _, r := range committed(t) {
		plots, err := r.Plots()
		require.NoError(t, err)
		for _, p := range plots {
			seen := map[string]string{}
			for i, s := range p.Series {
				l := (Plotted{Plot: p}).style(i)
				key := fmt.Sprint(l.name, l.dash)
				require.Empty(t, seen[key], "%s: %q looks like it in %q", r.Name, s.Name, p.Title)
				seen[key] = s.Name
			}
		}
	}
	require.Equal(t, []string{"0.05", "1000", "20k", "5G"}, []string{
		shortNumber(0.05), shortNumber(1000), shortNumber(2e4), shortNumber(5e9),
	})
	require.Len(t, logTicks{}.Ticks(1.5e9, 1.9e11), 6)
	require.Nil(t, logTicks{}.Ticks(0, 1))
}

// TestPagesInBrowser opens the page in a real browser and checks that every figure fills its place
// and is not cut off, in wide and narrow windows, in light and dark themes.
func TestPagesInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes too long for a short test")
	}
	browsertest.Chromium(t)
	var b bytes.Buffer
	require.NoError(t, Page(&b, nil, committed(t)))
	page := filepath.Join(t.TempDir(), "lab.html")
	require.NoError(t, os.WriteFile(page, b.Bytes(), 0o666))
	r := read(t, page)
	const fits = `document.documentElement.scrollWidth <= document.documentElement.clientWidth &&
		[...document.querySelectorAll(".plot")].every((e) => {
		const svg = [...e.querySelectorAll("svg")].filter((s) => s.clientWidth > 0);
		const box = svg[0].getBoundingClientRect();
		return svg.length === 1 && box.width > 250 && box.right <= innerWidth &&
			[...svg[0].querySelectorAll("text")].every((t) => {
				const b = t.getBoundingClientRect();
				return b.left >= box.left - 2 && b.right <= box.right + 2;
			});
	})`
	for _, width := range []int64{1400, 390, 320} {
		r.do(chromedp.EmulateViewport(width, 900))
		r.until(fmt.Sprintf("innerWidth === %d && %s", width, fits))
	}
	const paper = `getComputedStyle(document.querySelector(".plot text")).fill`
	r.until(paper + ` === "rgb(27, 27, 27)"`)
	_, err := chromedp.Call(r.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	require.NoError(t, err)
	r.until(paper + ` === "rgb(232, 232, 232)"`)
	r.until(`dispatchEvent(new Event("beforeprint")) && ` + paper + ` === "rgb(27, 27, 27)"`)
}
