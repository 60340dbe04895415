package report

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/eval"
	"lmzoo/report/palette"
	"lmzoo/zoo"
)

// labels returns the words in a picture.
func labels(t *testing.T, d Drawing) map[string]int {
	t.Helper()
	var svg bytes.Buffer
	require.NoError(t, d.SVG(&svg))
	words := map[string]int{}
	for d := xml.NewDecoder(&svg); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return words
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok {
			words[strings.TrimSpace(string(text))]++
		}
	}
}

// TestPictures checks that every chart of the page has a picture, with its axes and the models that
// the page shows.
func TestPictures(t *testing.T) {
	runs, split, opt := exhibits(t, zoo.Data{Corpus: zoo.WorldName, Tokens: 6000}, "word", nil,
		"uniform", "ngram", "rnn")
	c, err := Collect(context.Background(), runs, split.Test[:40], opt)
	require.NoError(t, err)
	page, _ := written(t, c)
	var want []string
	for _, m := range regexp.MustCompile(
		`class="chart" id="(\w+)"|id="(\w+)" class="chart"`).FindAllStringSubmatch(page, -1) {
		want = append(want, m[1]+m[2])
	}
	require.Len(t, want, 7)
	pictures := map[string]Drawing{}
	var got []string
	for _, p := range Pictures(c) {
		pictures[p.Name], got = p.Drawing, append(got, p.Name)
		var dots bytes.Buffer
		require.NoError(t, p.PNG(&dots))
		size, err := png.DecodeConfig(&dots)
		require.NoError(t, err)
		require.Equal(t, 1800, size.Width)
	}
	require.Equal(t, want, got)
	for name, axes := range map[string][]string{
		"bits":      {"bits per byte", "uniform", "true entropy", "gzip"},
		"classes":   {"nats per token above the true entropy", "in-context", "uniform"},
		"seconds":   {"seconds of training", "nats per token"},
		"tokens":    {"tokens seen", "nats per token"},
		"positions": {"token of the document", "nats per token"},
		"contexts":  {"tokens of context", "all"},
		"words":     {"times in the training text", "nats per word"},
	} {
		words := labels(t, pictures[name])
		for _, label := range append(axes, "Elman RNN") {
			require.NotZero(t, words[label], "%s: %q in %v", name, label, words)
		}
		lines, ok := pictures[name].(Lines)
		if !ok {
			continue
		}
		require.Zero(t, words["uniform"], "%s: what knows nothing squeezes the others", name)
		if name == "seconds" || name == "tokens" {
			require.Equal(t, c.Rows[2].Curve.Valid[1], lines.Rows[0].Marks[1].Y)
			require.Len(t, lines.Rows, 1)
			continue
		}
		require.Len(t, lines.Rows, 2)
	}
	require.Equal(t, Point{0, float64(c.Rows[1].Positions[0].NatsPerToken)},
		pictures["positions"].(Lines).Rows[0].Line[0])
	require.Equal(t, float64(c.Rows[1].BitsPerByte), pictures["bits"].(Chart).Bars[1].Value)
	sum := 0.0
	for _, part := range pictures["classes"].(Chart).Bars[1].Parts {
		sum += part
	}
	require.InDelta(t, float64(c.Rows[1].Gap), sum, 1e-9, "the parts of a bar are the bar")

	// a model with impossible tokens has no bar
	c.Rows[0].BitsPerByte, c.Rows[0].Gap = eval.Number(math.Inf(1)), eval.Number(math.Inf(1))
	require.Len(t, Bits(c).Bars, 2)
	require.Len(t, Gaps(c).Bars, 2)
}

// TestPageColours requires that the page and the pictures draw a model in the colour of the
// palette.
func TestPageColours(t *testing.T) {
	own := palette.Colour{Day: "#0000ff", Night: "#00ffff"} // of a species of another module
	c := &Comparison{Rows: []*Row{{Model: "gpt", Era: "PLM"}, {Model: "log-bilinear", Era: "NLM"},
		{Model: "odd", Era: "</style>"}, {Model: "mine", Era: "NLM", Colour: own}}}
	css := string(colours(c))
	for i, want := range []palette.Colour{palette.Species("gpt", "PLM"), palette.Era("NLM"),
		palette.Ink, own} {
		require.Contains(t, css, fmt.Sprintf("--m%d: %s;", i, want.Day))
		require.Contains(t, css, fmt.Sprintf("--m%d: %s;", i, want.Night))
		require.Equal(t, want, lineStyles(c.Rows)[i].colour)
	}
	require.Contains(t, css, "--era-PLM: "+palette.Era("PLM").Day)
	require.NotContains(t, css, "<")
}

// TestClippedBar requires that a bar longer than the axis shows all its parts, scaled and striped.
func TestClippedBar(t *testing.T) {
	c := Chart{Max: 2, Parts: []Part{{"a", color.Black}, {"b", color.White}}, Bars: []Bar{
		{Label: "long", Value: 8, Parts: []float64{6, 2}},
		{Label: "short", Value: 1, Parts: []float64{0.25, 0.75}},
	}}
	require.Equal(t, segment{from: 0, to: 1.5, y: 1, striped: true}, c.segment(0, 0, 6))
	require.Equal(t, segment{from: 1.5, to: 2, y: 1, striped: true}, c.segment(0, 6, 8))
	require.Equal(t, segment{from: 0.25, to: 1}, c.segment(1, 0.25, 1))
	require.NotZero(t, labels(t, c)["8.000 →"])
}

func TestLines(t *testing.T) {
	row := LineRow{Label: "one", Colour: color.Black, Line: []Point{{0, 3}, {1, 2}},
		Marks: []Point{{1, 2}}}
	places := make([]string, 30)
	for i := range places {
		places[i] = fmt.Sprintf("%d–%d", 1000*i, 1000*i+999)
	}
	words := labels(t, Lines{X: "x", Y: "y", Places: places, Rows: []LineRow{row}})
	require.NotZero(t, words[places[0]])
	require.Zero(t, words[places[1]], "thirty names do not fit")
	require.NotZero(t, labels(t, Lines{Places: places[:4], Rows: []LineRow{row}})[places[1]],
		"four do")

	var out bytes.Buffer
	require.ErrorContains(t, Lines{}.SVG(&out), "nothing to draw")
	row.Marks = []Point{{1, math.NaN()}}
	require.ErrorContains(t, Lines{Rows: []LineRow{row}}.PNG(&out),
		"drawing one: the point NaN at 1")
	require.Zero(t, out.Len())
	for _, at := range [][2]float64{{0, 1}, {0.98, 3.1}, {0, 1.3e6}, {5, 5.001}} {
		n := len(countTicks{}.Ticks(at[0], at[1]))
		require.True(t, 3 <= n && n <= 10, "%v: %d ticks", at, n)
	}
}
