package jobs

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"lmzoo/play/models"
	"lmzoo/play/playtest"
	"lmzoo/play/web"
	"lmzoo/zoo"
)

// TestMain requires that no goroutine outlives the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

const patience = 20 * time.Second

// testServer serves the jobs of a playground of the small zoo.
func testServer(t *testing.T, opt Options) (*Queue, *httptest.Server) {
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	set := &models.Set{}
	for _, r := range runs {
		set.Add(r)
	}
	opt.Catalogue = zoo.Standard()
	if opt.Waiting == 0 {
		opt.Waiting = 8
	}
	opt.Threads, opt.TextBytes, opt.TrainingTime = 1, 4<<20, 30*time.Minute
	ctx, cancel := context.WithCancel(context.Background())
	q := New(ctx, set, opt)
	desk := web.NewDesk(ctx, web.Limits{
		BodyTime: patience, WriteTime: patience, Unread: 1 << 20, Uploads: 2, Patience: time.Second,
	})
	requests, watchers := web.NewGate(16, time.Second), web.NewGate(16, 0)
	mux := http.NewServeMux()
	for pattern, h := range q.Routes(desk, &requests, &watchers) {
		mux.HandleFunc(pattern, h)
	}
	ts := httptest.NewServer(mux)
	t.Cleanup(func() { cancel(); q.Wait(); desk.Wait(); ts.CloseClientConnections(); ts.Close() })
	return q, ts
}
