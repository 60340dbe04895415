package corpus

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// served returns a corpus on a test server, a cache, and the number of requests to the server.
func served(t *testing.T, handler http.HandlerFunc) (n Named, c Cache, requests *atomic.Int32) {
	requests = new(atomic.Int32)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter,
		r *http.Request) {
		requests.Add(1)
		handler(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the tests include clients that hang up
	server.StartTLS()
	t.Cleanup(server.Close)
	n = Named{Name: "test", URL: server.URL + "/test.txt", Bytes: int64(len(sample)),
		SHA256: sha(sample)}
	return n, Cache{Dir: filepath.Join(t.TempDir(), "cache"), Client: server.Client()}, requests
}

func serveText(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func TestFetchOnce(t *testing.T) {
	n, cache, requests := served(t, serveText(sample))
	require.False(t, cache.Has(t.Context(), n))
	for range 3 {
		path, err := cache.Get(t.Context(), n)
		require.NoError(t, err)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, sample, string(data))
		require.True(t, cache.Has(t.Context(), n))
	}
	require.EqualValues(t, 1, requests.Load())
	left, err := os.ReadDir(cache.Dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing but the corpus is left in the cache")
}

func TestFetchAgainWhatIsDamaged(t *testing.T) {
	n, cache, requests := served(t, serveText(sample))
	path, err := cache.Get(t.Context(), n)
	require.NoError(t, err)
	for _, damage := range []string{sample[:100], strings.ToUpper(sample), ""} {
		require.NoError(t, os.WriteFile(path, []byte(damage), 0o644))
		require.False(t, cache.Has(t.Context(), n))
		_, err = cache.Get(t.Context(), n)
		require.NoError(t, err)
		require.True(t, cache.Has(t.Context(), n))
	}
	require.EqualValues(t, 4, requests.Load())
}

func TestFetchRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"another text": {serveText(strings.ToUpper(sample)), "SHA-256"},
		"too short":    {serveText(sample[:100]), "got 100 bytes of"},
		"too long":     {serveText(sample + "!"), "got more than its"},
		"not found":    {http.NotFound, "404 Not Found"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			_, _ = io.WriteString(w, sample[:100])
		}, "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			n, cache, _ := served(t, c.handler)
			_, err := cache.Get(t.Context(), n)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, n.URL)
			require.ErrorContains(t, err, "--corpus FILE")
			require.NotContains(t, err.Error(), "\n")
			require.False(t, cache.Has(t.Context(), n))
			left, _ := os.ReadDir(cache.Dir)
			require.Empty(t, left, "no part of a download is left")
		})
	}
}

func TestFetchOffline(t *testing.T) {
	server := httptest.NewServer(serveText(sample))
	server.Close()
	n := Named{Name: "test", URL: server.URL, Bytes: 1, SHA256: sha("x")}
	_, err := Cache{Dir: t.TempDir()}.Get(t.Context(), n)
	require.ErrorContains(t, err, server.URL)
	require.ErrorContains(t, err, "--corpus FILE")
	require.ErrorContains(t, err, "dial tcp")
}

// TestFetchFromAServerThatHangs covers a server that hangs before and in the middle of its answer.
func TestFetchFromAServerThatHangs(t *testing.T) {
	for name, begin := range map[string]string{"silent": "", "stalled": sample[:100]} {
		t.Run(name, func(t *testing.T) {
			started, release := make(chan bool, 9), make(chan bool)
			n, cache, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
				if begin != "" {
					_, _ = io.WriteString(w, begin)
					w.(http.Flusher).Flush()
				}
				started <- true
				<-release
			})
			t.Cleanup(func() { close(release) })
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-started
				cancel()
			}()
			_, err := cache.Get(ctx, n)
			require.ErrorIs(t, err, context.Canceled)

			cache.Timeout = 10 * time.Millisecond
			_, err = cache.Get(t.Context(), n)
			require.ErrorContains(t, err, "took longer than 10ms")
			require.False(t, cache.Has(t.Context(), n))
		})
	}
}

func TestFetchToNowhere(t *testing.T) {
	n, cache, _ := served(t, serveText(sample))
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	cache.Dir = filepath.Join(file, "cache")
	_, err := cache.Get(t.Context(), n)
	require.ErrorContains(t, err, "--corpus FILE")
}

func TestGoFile(t *testing.T) {
	n := Named{Name: "test", GoFile: "src/testdata/test.txt", Bytes: int64(len(sample)),
		SHA256: sha(sample)}
	cache := Cache{GoRoot: write(t, map[string]string{"src/testdata/test.txt": sample})}
	require.True(t, cache.Has(t.Context(), n))
	path, err := cache.Get(t.Context(), n)
	require.NoError(t, err)
	require.FileExists(t, path)

	cache.GoRoot = t.TempDir()
	require.False(t, cache.Has(t.Context(), n))
	_, err = cache.Get(t.Context(), n)
	require.ErrorContains(t, err, "install Go from")
	require.ErrorContains(t, err, "--corpus FILE")
}

func TestOpticks(t *testing.T) {
	opticks, err := FindNamed("opticks")
	require.NoError(t, err)
	if !(Cache{}).Has(t.Context(), opticks) {
		t.Skip("this Go installation has no test data")
	}
	c, err := Load(t.Context(), Options{Source: "opticks"})
	require.NoError(t, err)
	require.EqualValues(t, opticks.Bytes, c.Bytes)
	require.Equal(t, opticks.SHA256, c.SHA256)
	require.Equal(t, c.Bytes, len(everything(c.Split)))
}

// TestNamed checks that the rows of the catalogue are complete.
func TestNamed(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range AllNamed() {
		require.False(t, seen[n.Name])
		seen[n.Name] = true
		require.Len(t, n.SHA256, 64)
		require.Positive(t, n.Bytes)
		require.True(t, strings.HasPrefix(n.URL, "https://") != (n.GoFile != ""), n.Name)
		require.NotEmpty(t, n.Title)
		require.NotEmpty(t, n.Licence)
		_, err := ParseBoundaries(string(n.Documents))
		require.NoError(t, err)
		_, err = ParseRatio(n.Ratio.String())
		require.NoError(t, err)
	}
	_, err := FindNamed("ptb")
	require.EqualError(t, err,
		`no corpus is named "ptb"; want one of tinyshakespeare, names, opticks, world, `+
			`world-reviews, world-talk, or a file`)
	_, err = FindNamed("world-reveiws")
	require.EqualError(t, err,
		`no corpus is named "world-reveiws"; did you mean "world-reviews"?`)
}

// TestLoadNamed checks the default boundaries, split and order of a named corpus.
func TestLoadNamed(t *testing.T) {
	names, err := FindNamed("names")
	require.NoError(t, err)
	cache := Cache{Dir: t.TempDir()}
	path, err := cache.Path(names)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte("not the names"), 0o644))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Load(ctx, Options{Source: "names", Cache: cache})
	require.ErrorIs(t, err, context.Canceled, "a wrong file in the cache is not used")
}
