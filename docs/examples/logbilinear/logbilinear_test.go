package main

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm/lmtest"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
	"lmzoo/play"
	"lmzoo/report/palette"
	"lmzoo/zoo"
)

func model(t *testing.T) *Model {
	t.Helper()
	m, err := New(Config{VocabSize: 11, Context: 4, NEmbd: 6}, rand.New(rand.NewPCG(1, 2)))
	require.NoError(t, err)
	return nntest.Loud(m)
}

func TestContract(t *testing.T) {
	lmtest.Check(t, model(t), 1e-4, 0, 1, 2, 4, 5, 30)
	nntest.CheckGradients(t, model(t), nntest.SmallBatch())
	nntest.CheckOverfit(t, model(t), 300, 0.1)
}

func TestShape(t *testing.T) {
	m := model(t)
	require.EqualValues(t, nn.Count(m), m.Config.Shape(0).Params)
	_, err := New(Config{VocabSize: 11}, nntest.Rand())
	require.ErrorContains(t, err, "context is less than 1")
}

// TestVisit checks the promise of the README: the species is trained, resumed, compared, drawn and
// inspected without a changed line in lmzoo.
func TestVisit(t *testing.T) {
	dir := t.TempDir()
	runs, split, err := trainAll(t.Context(), io.Discard, dir, 24)
	require.NoError(t, err)
	mine := runs[2]
	require.Equal(t, 24, mine.Config.Result.Steps)

	whole := uninterrupted(t, mine, split)
	require.Equal(t, whole.Model.(*Model).R.Data, mine.Model.(*Model).R.Data, "resumed, to the bit")

	var out strings.Builder
	require.NoError(t, compare(t.Context(), &out, dir, runs, split))
	require.Contains(t, out.String(), "log-bilinear")
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "Three New Graphical Models")
	require.Contains(t, string(page), "--m2: "+Species().Colour.Day)

	server := play.New(runs, play.Options{Catalogue: catalogue()})
	defer server.Close()
	ts := httptest.NewServer(server)
	defer ts.Close()
	var listed struct {
		Models []struct {
			ID     string
			Views  []string
			Colour palette.Colour
		}
	}
	answer(t, &listed, func() (*http.Response, error) { return http.Get(ts.URL + "/api/models") })
	require.Equal(t, "logbilinear", listed.Models[2].ID)
	require.Equal(t, []string{"voices", "embeddings"}, listed.Models[2].Views)
	require.Equal(t, Species().Colour, listed.Models[2].Colour)

	var inside struct {
		Tokens   []struct{ Text string }
		Loudness []float32
	}
	answer(t, &inside, func() (*http.Response, error) {
		question := strings.NewReader(`{"model": "logbilinear", "prompt": "once in spring ,"}`)
		return http.Post(ts.URL+"/api/inside", "application/json", question)
	})
	require.Len(t, inside.Loudness, 8)
	require.Equal(t, "spring", strings.TrimSpace(inside.Tokens[6].Text))
}

// uninterrupted trains the species of a run on the same text without interruption.
func uninterrupted(t *testing.T, r *zoo.Run, split corpus.Split) *zoo.Run {
	t.Helper()
	steps := r.Config.Train.Steps
	settings, err := r.Species.SettingsWith("", map[string]any{
		"steps": steps, "eval_every": steps / 6, "save_every": steps / 6,
	})
	require.NoError(t, err)
	whole, err := zoo.Make(t.Context(), zoo.Order{
		Species: r.Species, Settings: settings, Data: r.Config.Data, Split: split,
		Tokenizer: r.Tokenizer, Seed: 1, Threads: 1,
	})
	require.NoError(t, err)
	return whole
}

func answer(t *testing.T, into any, ask func() (*http.Response, error)) {
	t.Helper()
	got, err := ask()
	require.NoError(t, err)
	defer got.Body.Close()
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.NoError(t, json.NewDecoder(got.Body).Decode(into))
}
