package play

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/play/playtest"
	"lmzoo/zoo"
)

// endless is a model of bytes whose documents never end, so that a test knows the length of an
// answer.
type endless struct{ vocab int }

func (e endless) Vocab() int { return e.vocab }

func (e endless) NextLogProbs(dst []float64, _ []lm.Token) []float64 {
	dst = append(dst[:0], math.Inf(-1))
	for range e.vocab - 1 {
		dst = append(dst, -math.Log(float64(e.vocab-1)))
	}
	return dst
}

func (e endless) Start() lm.State { return endlessState{e} }

type endlessState struct{ endless }

func (e endlessState) NextLogProbs(dst []float64) []float64 {
	return e.endless.NextLogProbs(dst, nil)
}
func (e endlessState) Push(lm.Token)   {}
func (e endlessState) Clone() lm.State { return e }

// narrow is a listener whose connections have tiny buffers, so that an unread answer remains with
// the server.
type narrow struct{ net.Listener }

func (l narrow) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetWriteBuffer(4 << 10)
	}
	return c, err
}

// serveEndless serves the endless model on narrow connections.
func serveEndless(t *testing.T, l Limits) (*Server, string) {
	t.Helper()
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	tok, err := corpus.NewByte(0)
	require.NoError(t, err)
	r := &zoo.Run{Dir: "runs/endless", Species: runs[0].Species, Model: endless{tok.Vocab()},
		Tokenizer: tok}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := New([]*zoo.Run{r}, Options{Limits: l})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, narrow{listener}) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		http.DefaultClient.CloseIdleConnections()
	})
	return s, listener.Addr().String()
}

// largest is a completion with the maximum number of entries of an answer.
const largest = `{"model":"endless","max_tokens":1560,"logprobs":20}`

// TestUnreadAnswers lets 64 clients request the largest answers and read nothing. Meanwhile,
// another client is answered and the memory remains bounded.
func TestUnreadAnswers(t *testing.T) {
	s, address := serveEndless(t, Limits{WriteTime: time.Minute, Unread: 256 << 20})
	before, peak := heap(), atomic.Uint64{}
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { // the memory in use, without waiting for the collector
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapAlloc))
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	for range 64 {
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.(*net.TCPConn).SetReadBuffer(4<<10))
		_, err = c.Write([]byte(rawPost("/v1/completions", largest)))
		require.NoError(t, err)
	}
	slowest, answers := time.Duration(0), 0
	ask := func(path, body string) {
		begin := time.Now()
		status, text := playtest.Call(t, "POST", "http://"+address+path, body)
		require.Equal(t, 200, status, "%s: %.200s", path, text)
		slowest, answers = max(slowest, time.Since(begin)), answers+1
	}
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end); {
		ask("/api/next", `{"prompt":"a"}`)
		ask("/v1/completions", `{"model":"endless","max_tokens":20}`)
	}
	require.True(t, s.idle(), "answers that are not read keep no place")
	ask("/v1/completions", largest)
	close(stop)
	watching.Wait()
	t.Logf("%d answers meanwhile, the slowest after %.2f s; heap %.0f MB, at most %.0f MB",
		answers, slowest.Seconds(), before/1e6, float64(peak.Load())/1e6)
	require.Less(t, slowest, patience) // no wait for a place, and a share of the processor
	require.Less(t, float64(peak.Load()), 500e6)
}

// TestUnreadBytes checks that the memory of unread answers is bounded: the oldest answers are cut
// off.
func TestUnreadBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads megabytes slowly")
	}
	s, address := serveEndless(t, Limits{WriteTime: time.Minute, Unread: 4 << 20})
	var clients []net.Conn
	for range 5 {
		c := raw(t, address, rawPost("/v1/completions", largest))
		defer c.Close()
		require.NoError(t, c.(*net.TCPConn).SetReadBuffer(4<<10))
		clients = append(clients, c)
		for s.streams.Inside() == 0 {
			time.Sleep(time.Millisecond)
		}
		require.True(t, s.idle()) // one request after another
	}
	whole := func(c net.Conn) bool {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		defer r.Body.Close()
		_, err = io.Copy(io.Discard, r.Body)
		return err == nil
	}
	require.False(t, whole(clients[0]), "the oldest is cut off")
	require.True(t, whole(clients[4]), "the newest can still be read")
}

// TestSlowBodies lets 64 clients send bodies that never end. Other clients do not have to wait for
// them.
func TestSlowBodies(t *testing.T) {
	_, address := serveEndless(t, Limits{Patience: 100 * time.Millisecond})
	for i := range 64 {
		path := []string{"/api/next", "/v1/completions", "/api/compress", "/api/jobs"}[i%4]
		c := raw(t, address,
			fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
				"Content-Length: %d\r\n\r\n{", path, 1000+i/4%2*1_000_000))
		defer c.Close()
	}
	for range 20 {
		begin := time.Now()
		for path, body := range map[string]string{
			"/api/next":       `{"prompt":"a"}`,
			"/v1/completions": `{"model":"endless"}`,
			"/api/compress":   `{"text":"a"}`,
			"/api/jobs":       `{"kind":"compare","models":["nobody"]}`,
		} {
			status, text := playtest.Call(t, "POST", "http://"+address+path, body)
			require.Contains(t, []int{200, 404}, status, "%s: %s", path, text)
		}
		require.Less(t, time.Since(begin), 2*time.Second)
	}
	status, text := playtest.Call(t, "POST", "http://"+address+"/api/jobs",
		`{"kind":"train","corpus":"text","text":"`+strings.Repeat("x", 200_000)+`"}`)
	require.Equal(t, 429, status, "long bodies wait for each other: %s", text)
}

// TestEntries checks that the entries of an answer are bounded, unless it is streamed.
func TestEntries(t *testing.T) {
	_, address := serveEndless(t, Limits{})
	url := "http://" + address + "/v1/completions"
	for body, status := range map[string]int{
		largest: 200,
		`{"model":"endless","max_tokens":1561,"logprobs":20}`:                           400,
		`{"model":"endless","max_tokens":4096,"n":8}`:                                   200,
		`{"model":"endless","max_tokens":4096,"n":9}`:                                   400,
		`{"model":"endless","max_tokens":300,"n":16,"logprobs":5,"prompt":["a","b"]}`:   400,
		`{"model":"endless","max_tokens":0,"echo":true,"logprobs":20,"prompt":"%s"}`:    400,
		`{"model":"endless","max_tokens":0,"echo":true,"logprobs":0,"prompt":"%s"}`:     200,
		`{"model":"endless","max_tokens":1561,"logprobs":20,"stream":true,"seed":1}`:    200,
		`{"model":"endless","max_tokens":2,"n":16,"logprobs":20,"prompt":["a","b",""]}`: 200,
	} {
		body = strings.Replace(body, "%s", strings.Repeat("x", 2000), 1)
		got, text := playtest.Call(t, "POST", url, body)
		require.Equal(t, status, got, "%.100s: %.200s", body, text)
		if status == 400 {
			require.Contains(t, text, "want at most 32768; ask for less, or set stream")
		}
	}
}
