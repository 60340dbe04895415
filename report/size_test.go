package report

import (
	"bytes"
	"image/png"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/eval"
	"lmzoo/report/palette"
)

// Points of one family are labelled by the rest of their names and ordered from the smallest model
// to the largest.
func TestSizePlot(t *testing.T) {
	s := SizePlot{Title: "size", Axis: "bits per byte", Points: []SizePoint{
		{Label: "order-3", Bytes: 2000, Value: 2.5}, {Label: "cutoff-0,1", Bytes: 900, Value: 2.7},
		{Label: "order-2", Bytes: 1000, Value: 2.9}, {Label: "gpt", Bytes: 50000, Value: 2.1},
		{Label: "7", Bytes: 10, Value: 8},
	}}
	names, points := s.families()
	require.Equal(t, []string{"order", "cutoff", "gpt", "7"}, names)
	require.Equal(t, []SizePoint{{Label: "order-2", Bytes: 1000, Value: 2.9},
		{Label: "order-3", Bytes: 2000, Value: 2.5}}, points[0])
	var svg, picture bytes.Buffer
	require.NoError(t, s.SVG(&svg))
	for _, text := range []string{"bits per byte", ">order<", ">cutoff<", ">3<", ">1 kB<",
		">50 kB<"} {
		require.Contains(t, svg.String(), text)
	}
	require.NoError(t, s.PNG(&picture))
	image, err := png.Decode(&picture)
	require.NoError(t, err)
	require.Equal(t, 1800, image.Bounds().Dx())
	for _, bad := range []SizePlot{{}, {Points: []SizePoint{{Label: "x", Bytes: 0, Value: 1}}},
		{Points: []SizePoint{{Label: "x", Bytes: 1, Value: math.Inf(1)}}}} {
		require.Error(t, bad.SVG(&svg))
	}
}

// A model without a file or without a finite loss is left out. With closed vocabularies, the plot
// shows perplexity.
func TestSizes(t *testing.T) {
	row := func(name string, size int, bits, perplexity float64) *Row {
		return &Row{Run: "runs/" + name, Size: size, Report: &eval.Report{},
			Summary: eval.Summary{BitsPerByte: eval.Number(bits),
				Perplexity: eval.Number(perplexity)}}
	}
	own := palette.Colour{Day: "#0000ff", Night: "#00ffff"} // for a species of another module
	c := &Comparison{Rows: []*Row{row("a", 10, 2, 9), row("uniform", 0, 8, 99), row("b", 20, 1, 7),
		row("mle", 30, math.Inf(1), math.Inf(1))}}
	c.Rows[2].Colour = own
	s, err := c.Sizes()
	require.NoError(t, err)
	require.Equal(t, []SizePoint{{"a", 10, 2, palette.Ink.RGBA()}, {"b", 20, 1, own.RGBA()}},
		s.Points)
	for _, r := range c.Rows {
		r.Report.Closed = true
	}
	s, err = c.Sizes()
	require.NoError(t, err)
	require.Equal(t, "perplexity", s.Axis)
	require.Equal(t, []SizePoint{{"a", 10, 9, palette.Ink.RGBA()}, {"b", 20, 7, own.RGBA()}},
		s.Points)
	c.Rows = c.Rows[:2]
	_, err = c.Sizes()
	require.ErrorContains(t, err, "want at least two")
}
