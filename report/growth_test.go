package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGrowth(t *testing.T) {
	g := Growth{Axis: "ms per step", Panels: []GrowthPanel{
		{"rows", []GrowthPoint{{4, 11, 10}, {8, 19, 20}, {16, 41, 40}}},
		{"weights", []GrowthPoint{{1e5, 7, 7}, {3e6, 400, 210}}},
	}}
	var svg, picture bytes.Buffer
	require.NoError(t, g.SVG(&svg))
	words := map[string]int{}
	for d := xml.NewDecoder(&svg); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok {
			words[strings.TrimSpace(string(text))]++
		}
	}
	for _, want := range []string{"ms per step", "rows", "weights", "16", "256"} {
		require.NotZero(t, words[want], "%q in %v", want, words)
	}
	require.Equal(t, 1, words["ms per step"], "the panels share an axis")
	require.Zero(t, words["512"], "a tick beyond the axis")
	require.NoError(t, g.PNG(&picture))
	image, err := png.DecodeConfig(&picture)
	require.NoError(t, err)
	require.Equal(t, 1200, image.Width)

	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		g.Panels[1].Points[0].Cost = bad
		require.ErrorContains(t, g.SVG(&svg), "weights")
	}
	require.ErrorContains(t, Growth{}.PNG(&picture), "nothing to draw")
}
