package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The eyes of readers: what linear RGB becomes without the long, the middle or the short cones, by Machado, Oliveira &
// Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), severity 1.
var eyes = map[string][3][3]float64{
	"three cones":  {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// seen is the colour #rrggbb in CIELAB, as an eye sees it.
func seen(t *testing.T, hex string, eye [3][3]float64) (lab [3]float64) {
	n, err := strconv.ParseUint(hex, 16, 32)
	require.NoError(t, err)
	var linear, rgb [3]float64
	for i := range linear {
		v := float64(n>>(16-8*i)&255) / 255
		if linear[i] = v / 12.92; v > 0.04045 {
			linear[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	for i, row := range eye {
		for k, v := range row {
			rgb[i] += v * linear[k]
		}
		rgb[i] = min(max(rgb[i], 0), 1)
	}
	f := func(r, g, b, white float64) float64 {
		if v := (r*rgb[0] + g*rgb[1] + b*rgb[2]) / white; v > 0.008856 {
			return math.Cbrt(v)
		} else {
			return 7.787*v + 16./116
		}
	}
	x, y, z := f(0.4124, 0.3576, 0.1805, 0.9505), f(0.2126, 0.7152, 0.0722, 1), f(0.0193, 0.1192, 0.9505, 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// TestPalette: no two colours of the charts, by day or by night, look alike to any eye. A just noticeable difference is about 2.3.
func TestPalette(t *testing.T) {
	css, err := asset("report.css")
	require.NoError(t, err)
	day, night, ok := strings.Cut(css, "prefers-color-scheme: dark")
	require.True(t, ok)
	palette := map[string]string{}
	for _, sheet := range []string{day, night} { // the night changes some of the day's
		for _, m := range regexp.MustCompile(`--(grey|sky|blue|orange|wine|vermillion|purple|green|black): #([0-9a-f]{6})`).FindAllStringSubmatch(sheet, -1) {
			palette[m[1]] = m[2]
		}
		require.Len(t, palette, 9)
		for eye, matrix := range eyes {
			for a, one := range palette {
				for b, other := range palette {
					x, y := seen(t, one, matrix), seen(t, other, matrix)
					distance := math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
					require.True(t, a == b || distance > 12, "%s #%s and %s #%s, seen with %s: %.1f", a, one, b, other, eye, distance)
				}
			}
		}
	}
	for _, name := range []string{"uniform", "unigram", "bigram", "ngram", "mlp", "rnn", "lstm", "gru", "gpt", "another"} {
		require.Contains(t, palette, speciesColours(name))
	}
}
