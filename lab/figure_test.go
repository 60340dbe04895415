package lab

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFigures draws the figures of every committed result. It checks that every experiment has a
// topic and a figure with a sentence on what to look at.
func TestFigures(t *testing.T) {
	results, err := ReadResults(filepath.Join("..", "docs", "lab"))
	require.NoError(t, err)
	require.Greater(t, len(results), 10)
	for _, r := range results {
		plots, err := r.Plots()
		require.NoError(t, err)
		for _, p := range plots {
			for _, name := range p.Only {
				require.True(t, drawnLine(p, name), "%s: no line %q in %q", r.Name, name, p.Title)
			}
			require.True(t, p.Limit == "" || drawnLine(p, p.Limit), "%s: no %q", r.Name, p.Limit)
		}
	}
	for _, e := range All() {
		require.Contains(t, Topics, e.Topic, e.Name)
		for _, f := range e.Figures {
			require.NotEmpty(t, f.Title, e.Name)
			require.Regexp(t, `\.$`, f.Look, e.Name)
			require.NotEmpty(t, f.YAxis, e.Name)
		}
	}
}

func drawnLine(p Plot, name string) bool {
	for _, s := range p.Series {
		if s.Name == name {
			return true
		}
	}
	return false
}

// TestPlot checks the averages over the seeds, the selection of rows, columns and lines, and every
// form of a cell.
func TestPlot(t *testing.T) {
	r := &Result{Tables: []Table{{
		Columns: []string{"seed", "model", "size", "10", "50"},
		Rows: [][]string{
			{"1", "A", "8", ".1", "0.5 ±0.1"}, {"2", "A", "8", ".3", "−0.7 ±0.1"},
			{"1", "B", "8", "", "+16: 2.5 (2.4–2.7)"}, {"1", "B", "9", "7", "7"},
			{"1", "best", "8", "1", "1"},
		},
	}}}
	plot := func(f Figure) Plot {
		t.Helper()
		p, err := r.plot(f)
		require.NoError(t, err)
		return p
	}
	p := plot(Figure{
		Lines: []string{"model"}, Where: map[string]string{"size": "8"}, Limit: "best",
	})
	require.Nil(t, p.Places)
	require.Equal(t, []Series{
		{
			"A", false, []float64{10, 50}, []float64{0.2, -0.1}, []float64{.1, -.7},
			[]float64{.3, .5},
		},
		{"B", false, []float64{50}, []float64{2.5}, []float64{2.4}, []float64{2.7}},
		{"best", true, []float64{10, 50}, []float64{1, 1}, []float64{1, 1}, []float64{1, 1}},
	}, rounded(p.Series))

	p = plot(Figure{X: "size", Y: []string{"10", "50"}, Lines: []string{"model"},
		Where: map[string]string{"seed": "1"}, Only: []string{"B, 50", "A, 50"}})
	require.Equal(t, []Series{
		{"B, 50", false, []float64{8, 9}, []float64{2.5, 7}, []float64{2.4, 7}, []float64{2.7, 7}},
		{"A, 50", false, []float64{8}, []float64{.5}, []float64{.4}, []float64{.6}},
	}, rounded(p.Series))

	p = plot(Figure{X: "model", Y: []string{"10"}, Skip: []string{"B"}, Dots: true})
	require.Equal(t, []string{"A", "best"}, p.Places)
	require.Equal(t, []float64{0, 1}, p.Series[0].X)

	p = plot(Figure{X: "seed", Y: []string{"50"}, Lines: []string{"size"}, LogY: true,
		Where: map[string]string{"model": "A"}})
	require.Equal(t, "8 size", p.Series[0].Name)
	require.Len(t, p.Series[0].X, 1, "a negative value has no logarithm")

	for want, f := range map[string]Figure{
		`unknown column "modle"; did you mean "model"?`: {Lines: []string{"modle"}},
		`unknown column "100"`:                          {Y: []string{"100"}},
		`table 1; want one of 1 tables`:                 {Table: 1},
		`no row of the table`:                           {Where: map[string]string{"model": "C"}},
	} {
		_, err := r.plot(f)
		require.ErrorContains(t, err, want)
	}
}

// rounded removes floating-point noise.
func rounded(all []Series) []Series {
	for _, s := range all {
		for _, values := range [][]float64{s.X, s.Y, s.Low, s.High} {
			for i := range values {
				values[i] = float64(int(values[i]*1e6+copysign(values[i]))) / 1e6
			}
		}
	}
	return all
}

func copysign(x float64) float64 {
	if x < 0 {
		return -0.5
	}
	return 0.5
}

func TestReadResults(t *testing.T) {
	dir := t.TempDir()
	_, err := ReadResults(dir)
	require.ErrorContains(t, err, "holds no results; create one with: lmzoo lab NAME --out "+dir)
	file := filepath.Join(dir, "a.json")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o666)) }
	write(`{"rows": []}`)
	_, err = ReadResults(dir)
	require.ErrorContains(t, err, file+" is not the result of an experiment")
	write(`{"name": 1}`)
	_, err = ReadResult(file)
	require.ErrorContains(t, err, "reading "+file)
	write(`{"name": "labels", "claim": "as it was", "tables": [{"columns": ["a"], "rows": []}]}`)
	r, err := ReadResult(file)
	require.NoError(t, err)
	require.Equal(t, "as it was", r.Claim)
	require.Equal(t, "pre-training", r.Topic)
	require.NotEmpty(t, r.Figures)

	// a result in the last directory replaces the earlier one
	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "labels.json"), []byte(
		`{"name": "labels", "claim": "newer", "tables": [{"columns": ["a"], "rows": []}]}`), 0o666))
	all, err := ReadResults(dir, other)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "newer", all[0].Claim)
}
