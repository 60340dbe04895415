package play

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"lmzoo/play/playtest"
	"lmzoo/zoo"
)

// TestMain requires that no goroutine outlives the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// testServer serves a playground of the small zoo over HTTP.
func testServer(t testing.TB, opt Options) (*Server, *httptest.Server) {
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	return serveRuns(t, runs, opt)
}

// serveRuns serves a playground of some runs over HTTP.
func serveRuns(t testing.TB, runs []*zoo.Run, opt Options) (*Server, *httptest.Server) {
	s := New(runs, opt)
	ts := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); ts.CloseClientConnections(); ts.Close() })
	return s, ts
}

// realRuns opens the runs below some directories, for the screenshots.
func realRuns(t testing.TB, dirs string) []*zoo.Run {
	var runs []*zoo.Run
	for _, dir := range strings.Split(dirs, string(filepath.ListSeparator)) {
		for _, name := range zoo.Standard().Names() {
			r, err := zoo.Standard().Open(filepath.Join(dir, name))
			if err != nil {
				t.Logf("left out: %v", err)
				continue
			}
			runs = append(runs, r)
		}
	}
	require.NotEmpty(t, runs, "no runs in %s", dirs)
	return runs
}

const patience = 20 * time.Second
