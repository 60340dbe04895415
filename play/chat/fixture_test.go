package chat

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/zoo"
)

// serve returns the API of some runs over HTTP.
func serve(t testing.TB, file string, runs ...*zoo.Run) (*API, string) {
	desk := web.NewDesk(t.Context(), web.Limits{BodyTime: time.Minute, WriteTime: time.Minute,
		Unread: 1 << 20, Uploads: 1})
	requests, streams := web.NewGate(4, time.Second), web.NewGate(4, 0)
	set := new(models.Set)
	for _, r := range runs {
		set.Add(r)
	}
	a := &API{Desk: desk, Models: set, Preferences: file, Requests: &requests, Streams: &streams,
		Limits: Limits{PromptBytes: 16 << 10, Tokens: 100, Time: time.Minute}}
	mux := http.NewServeMux()
	for pattern, h := range a.Routes() {
		mux.HandleFunc(pattern, h)
	}
	ts := httptest.NewServer(mux)
	t.Cleanup(func() { ts.CloseClientConnections(); ts.Close(); desk.Wait() })
	return a, ts.URL
}
