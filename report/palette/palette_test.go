package palette

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// eyes maps a kind of colour vision to its transformation of linear RGB: with all cones, or without
// the long, the middle or the short ones. Machado, Oliveira & Fernandes, "A Physiologically-based
// Model for Simulation of Color Vision Deficiency" (2009), severity 1.
var eyes = map[string][3][3]float64{
	"three cones": {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia": {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216},
		{-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413},
		{-0.011820, 0.042940, 0.968881}},
	"tritanopia": {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602},
		{0.004733, 0.691367, 0.303900}},
}

// seen returns the colour #rrggbb in CIELAB, as an eye sees it.
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
	x, y, z := f(0.4124, 0.3576, 0.1805, 0.9505), f(0.2126, 0.7152, 0.0722, 1),
		f(0.0193, 0.1192, 0.9505, 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// distance returns the distance of two colours in CIELAB, as an eye sees them. A just noticeable
// difference is about 2.3.
func distance(t *testing.T, one, other string, eye [3][3]float64) float64 {
	x, y := seen(t, strings.TrimPrefix(one, "#"), eye), seen(t, strings.TrimPrefix(other, "#"), eye)
	return math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
}

// themes returns a colour by day and by night.
func themes(c Colour) map[string]string { return map[string]string{"day": c.Day, "night": c.Night} }

// TestApart requires that no two colours of a set look alike to any eye, by day or by night.
func TestApart(t *testing.T) {
	for _, set := range []map[string]Colour{species, classes} {
		for eye, matrix := range eyes {
			for a, one := range set {
				for b, other := range set {
					for theme, hex := range themes(one) {
						d := distance(t, hex, themes(other)[theme], matrix)
						require.True(t, a == b || d > 15, "%s and %s by %s, seen with %s: %.1f", a,
							b, theme, eye, d)
					}
				}
			}
		}
	}
}

// TestOtherPalette requires that no class of tokens has the colour of a model.
func TestOtherPalette(t *testing.T) {
	for class, one := range classes {
		for model, other := range species {
			for theme, hex := range themes(one) {
				d := distance(t, hex, themes(other)[theme], eyes["three cones"])
				require.Greater(t, d, 15.0, "class %s and model %s by %s", class, model, theme)
			}
		}
	}
}

// TestVisible requires that every colour stands out from the paper.
func TestVisible(t *testing.T) {
	for theme, paper := range map[string]string{"day": "#ffffff", "night": "#15171a"} {
		for _, set := range []map[string]Colour{species, classes} {
			for name, c := range set {
				for eye, matrix := range eyes {
					require.Greater(t, distance(t, themes(c)[theme], paper, matrix), 20.0,
						"%s by %s, %s", name, theme, eye)
				}
			}
		}
	}
}

// TestFallbacks checks the fallbacks from a species to its era to ink.
func TestFallbacks(t *testing.T) {
	require.Equal(t, species["gpt"], Species("gpt", "PLM"))
	require.Equal(t, Era("NLM"), Species("log-bilinear", "NLM"))
	require.Equal(t, Ink, Species("log-bilinear", "unheard of"))
	require.Equal(t, Ink, Class("unheard of"))
	require.Equal(t, Ink.RGBA(), Colour{Day: "blue"}.RGBA())
	require.Equal(t, uint8(0x88), Era("PLM").RGBA().G)
}

func TestCSS(t *testing.T) {
	css := CSS([]Named{{"m0", Colour{"#010203", "#040506"}}})
	require.Contains(t, css, "--m0: #010203;")
	require.Contains(t, css, "--m0: #040506;")
	require.Contains(t, css, ".c-m0 { --c: var(--m0); }")
}
