package openai

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/play/models"
	"lmzoo/play/playtest"
	"lmzoo/play/web"
	"lmzoo/zoo"
)

// testServer serves the small zoo and returns its address. Its time of start is second 1000.
func testServer(t *testing.T) string {
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	return serve(t, runs...)
}

// serve serves runs and returns the address.
func serve(t *testing.T, runs ...*zoo.Run) string {
	set := &models.Set{}
	for _, r := range runs {
		set.Add(r)
	}
	requests, brief, streams := web.NewGate(4, 0), web.NewGate(4, 0), web.NewGate(4, 0)
	began := time.Unix(1000, 0)
	api := API{
		Desk: web.NewDesk(t.Context(), web.Limits{
			BodyTime: time.Minute, WriteTime: time.Minute, Unread: 1 << 20, Uploads: 1,
		}),
		Models:   set,
		Limits:   Limits{PromptBytes: 16 << 10, Tokens: 4096, Entries: 32 << 10, Time: time.Minute},
		Began:    began,
		Now:      func() time.Time { return began },
		Requests: &requests, Brief: &brief, Streams: &streams,
	}
	mux := http.NewServeMux()
	for pattern, h := range api.Routes() {
		mux.HandleFunc(pattern, h)
	}
	ts := httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	return ts.URL
}
