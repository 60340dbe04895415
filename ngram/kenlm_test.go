package ngram

import (
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

//go:embed testdata/*.txt testdata/*.json
var testdata embed.FS

func testText(t testing.TB, name string) string {
	data, err := testdata.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(data)
}

// TestKenLMScores checks that the story of the mill has the same scores as under KenLM. The numbers
// were made by testdata/golden.py.
func TestKenLMScores(t *testing.T) {
	var golden []struct {
		Order     int
		Prune     []int
		Chars     bool
		Discounts [][]float64
		Log10     [][]float64
	}
	require.NoError(t, json.Unmarshal([]byte(testText(t, "kenlm.json")), &golden))
	for _, g := range golden {
		t.Run(fmt.Sprint(g.Order, g.Prune, g.Chars), func(t *testing.T) {
			split := func(line string) string { return line }
			if g.Chars {
				split = func(line string) string {
					return strings.Join(strings.Split(strings.ReplaceAll(line, " ", "_"), ""), " ")
				}
			}
			w := newWords()
			var train [][]lm.Token
			for line := range strings.Lines(testText(t, "mill.txt")) {
				train = append(train, w.document(split(strings.TrimSuffix(line, "\n")), true))
			}
			m, _, err := Train(train, Config{Order: g.Order, Smoothing: "modified-kneser-ney",
				Vocab: len(w.text), Unk: 1, Prune: g.Prune})
			require.NoError(t, err)
			for k, d := range m.Discounts {
				require.InDeltaSlice(t, g.Discounts[k], d, 1e-5, "order %d", k+1)
			}
			for i, line := range strings.Split(strings.TrimSuffix(testText(t, "mill.test.txt"),
				"\n"), "\n") {
				got := m.Score(nil, w.document(split(line), false))
				require.Len(t, got, len(g.Log10[i]))
				for j := range got {
					require.InDelta(t, g.Log10[i][j], got[j]/math.Ln10, 1e-5, "line %q token %d",
						line, j)
				}
			}
		})
	}
}
