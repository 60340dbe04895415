package experiments

import (
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	results "lmzoo/docs/lab"
	"lmzoo/lab"
	"lmzoo/play/playtest"
	"lmzoo/play/web"
)

// serve returns the API over HTTP with the committed results.
func serve(t *testing.T) (*API, string) {
	desk := web.NewDesk(t.Context(), web.Limits{BodyTime: time.Minute, WriteTime: time.Minute,
		Unread: 1 << 20, Uploads: 1})
	gate := web.NewGate(4, time.Second)
	a := &API{Desk: desk, Requests: &gate, Experiments: lab.Reported()}
	committed, err := lab.ReadEmbedded(results.Files)
	require.NoError(t, err)
	a.Add(committed...)
	mux := http.NewServeMux()
	for pattern, h := range a.Routes() {
		mux.HandleFunc(pattern, h)
	}
	ts := httptest.NewServer(mux)
	t.Cleanup(func() { ts.CloseClientConnections(); ts.Close(); desk.Wait() })
	return a, ts.URL
}

type list struct {
	Experiments []card `json:"experiments"`
}

// find returns the card of an experiment.
func find(t *testing.T, url, name string) card {
	for _, c := range playtest.OK[list](t, "GET", url+"/api/lab", "").Experiments {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no card of %s", name)
	return card{}
}

// TestCommitted checks that every committed result has a card with figures or tables.
func TestCommitted(t *testing.T) {
	a, url := serve(t)
	shown := 0
	for _, c := range playtest.OK[list](t, "GET", url+"/api/lab", "").Experiments {
		require.NotEmpty(t, c.Claim)
		require.NotEmpty(t, c.Topic, c.Name)
		for _, r := range c.Results {
			shown++
			require.NotEmpty(t, r.Seeds, c.Name)
			for name := range r.Seeds[0].Measures {
				require.NotEmpty(t, r.Seeds[0].Measures, name)
			}
			status, page := playtest.Call(t, "GET", url+r.Page, "")
			require.Equal(t, 200, status, page)
			require.Contains(t, page, "<figure>", c.Name)
			require.NotContains(t, page, "<script", c.Name)
		}
	}
	require.Equal(t, len(a.results), shown)
	require.Greater(t, shown, 10)
}

// TestPipelineDoesNotRun checks that the pipeline has a card with its result, but that visitors
// cannot run it.
func TestPipelineDoesNotRun(t *testing.T) {
	a, url := serve(t)
	require.False(t, find(t, url, "scaling").CanRun)
	a.CanRun = true
	require.True(t, find(t, url, "scaling").CanRun)
	pipeline := find(t, url, "pipeline")
	require.False(t, pipeline.CanRun)
	require.Len(t, pipeline.Results, 1)
}

// TestAdd adds the result of a quick run beside the committed one, and replaces it.
func TestAdd(t *testing.T) {
	a, url := serve(t)
	full := a.of("scaling")[0]
	for _, held := range []bool{false, true} {
		quick := *full
		quick.Scale = lab.Quick
		quick.Seeds = []lab.Verdict{{Seed: 1, Held: held,
			Measures: map[string]float64{"x": math.NaN(), "y": 2}}}
		a.Add(&quick)
		c := find(t, url, "scaling")
		require.Len(t, c.Results, 2)
		require.Equal(t, lab.Full, c.Results[0].Scale, "the pages' result stays")
		require.Equal(t, held, c.Results[1].Seeds[0].Held)
		require.Equal(t, web.Float(2), c.Results[1].Seeds[0].Measures["y"])
	}
	for _, path := range []string{"/report/lab/nothing/full", "/report/lab/scaling/huge"} {
		status, _ := playtest.Call(t, "GET", url+path, "")
		require.Equal(t, 404, status)
	}
}
