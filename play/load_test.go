package play

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/play/playtest"
)

// serve runs a playground on a listener of its own, as lmzoo play does.
func serve(t *testing.T, opt Options) (s *Server, address string) {
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s = New(runs, opt)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		http.DefaultClient.CloseIdleConnections()
	})
	return s, l.Addr().String()
}

// raw sends bytes and returns the connection.
func raw(t testing.TB, address, request string) net.Conn {
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	return c
}

// rawPost is a POST request as bytes.
func rawPost(path, body string) string {
	return fmt.Sprintf(
		"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: "+
			"application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// idle waits until no request is being computed or streamed, and reports success.
func (s *Server) idle() bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if s.streams.Inside()+s.requests.Inside()+s.brief.Inside()+s.heavy.Inside() == 0 {
			return true
		}
	}
	return false
}

// TestManyStreams answers 64 streams at once, refuses the next, and admits it when they have ended.
func TestManyStreams(t *testing.T) {
	s, address := serve(t, Options{})
	n := s.opt.Limits.Streams
	require.Equal(t, 64, n)
	var begun, done sync.WaitGroup
	var ended atomic.Int32
	release := make(chan struct{})
	for i := range n {
		begun.Add(1)
		done.Go(func() {
			body := fmt.Sprintf(
				`{"prompt":"once in","models":["ngram","letters"],"max_tokens":200,`+
					`"pace":40,"seed":%d}`, i)
			response, err := http.Post("http://"+address+"/api/generate", "application/json",
				strings.NewReader(body))
			begun.Done()
			if err != nil {
				return
			}
			defer response.Body.Close()
			<-release
			if data, err := io.ReadAll(response.Body); err == nil && strings.HasSuffix(string(data),
				"event: done\ndata: {}\n\n") {
				ended.Add(1)
			}
		})
	}
	begun.Wait()
	status, text := playtest.Call(t, "POST", "http://"+address+"/api/generate", `{"prompt":"once"}`)
	require.Equal(t, 429, status, text)
	status, _ = playtest.Call(t, "POST", "http://"+address+"/api/next", `{"prompt":"once"}`)
	require.Equal(t, 200, status, "short questions are still answered")
	close(release)
	done.Wait()
	require.EqualValues(t, n, ended.Load())
	require.True(t, s.idle())
	status, _ = playtest.Call(t, "POST", "http://"+address+"/api/generate",
		`{"prompt":"once","max_tokens":1}`)
	require.Equal(t, 200, status)
}

// TestLeaving checks that a stream releases its place as soon as its client has left.
func TestLeaving(t *testing.T) {
	s, address := serve(t, Options{Limits: Limits{Streams: 2}})
	for _, path := range []string{"/api/generate", "/v1/completions"} {
		body := `{"model":"letters","max_tokens":4000,"stream":true}`
		if path == "/api/generate" {
			body = `{"models":["letters","gpt"],"max_tokens":4000,"pace":5}`
		}
		for range 2 {
			c := raw(t, address, rawPost(path, body))
			_, err := bufio.NewReader(c).ReadString('\n')
			require.NoError(t, err)
			require.NoError(t, c.Close())
		}
		require.True(t, s.idle(), path)
	}
}

// TestSlowReader checks that a client that does not read its stream is cut off.
func TestSlowReader(t *testing.T) {
	s, address := serve(t,
		Options{Limits: Limits{WriteTime: 200 * time.Millisecond, Tokens: 1 << 30,
			StreamTime: time.Hour}})
	// greedy generation repeats itself, which makes a long text
	body := `{"prompt":"once in","models":["letters"],"max_tokens":%d,"temperature":0,` +
		`"alternatives":10}`
	_, text := playtest.Call(t, "POST", "http://"+address+"/api/generate", fmt.Sprintf(body, 1000))
	require.Contains(t, text, `"reason":"length"`, "it does not end by itself")
	c := raw(t, address, rawPost("/api/generate", fmt.Sprintf(body, 1<<30)))
	defer c.Close()
	require.NoError(t, c.(*net.TCPConn).SetReadBuffer(1024))
	for s.streams.Inside() == 0 {
		time.Sleep(time.Millisecond)
	}
	require.True(t, s.idle(),
		"it fills the buffers, then waits no longer than the time limit for writing")
}

// TestStorm sends the bad requests of slow networks and broken clients all at the same time.
// Afterwards, no request, goroutine or memory may remain.
func TestStorm(t *testing.T) {
	s, address := serve(t,
		Options{TrainDir: t.TempDir(),
			Limits: Limits{Patience: 50 * time.Millisecond, WriteTime: patience}})
	url := "http://" + address
	storm := func(seed uint64, rounds int) {
		rng := rand.New(rand.NewPCG(seed, 0))
		for range rounds {
			switch rng.IntN(8) {
			case 0: // a body of garbage
				garbage := make([]byte, rng.IntN(3000))
				for i := range garbage {
					garbage[i] = byte(rng.Uint32())
				}
				path := []string{"/api/next", "/api/generate", "/v1/completions", "/api/inside",
					"/api/compress", "/api/jobs"}[rng.IntN(6)]
				status, text := playtest.Call(t, "POST", url+path, string(garbage), "Content-Type",
					"application/json")
				require.True(t, status >= 400 && status < 500, "%s: %d %s", path, status, text)
			case 1: // garbage instead of HTTP
				c := raw(t, address, strings.Repeat("\x00\xffGET", rng.IntN(500)+1)+"\r\n\r\n")
				c.Close()
			case 2: // a stream whose client leaves in the middle
				c := raw(t, address,
					rawPost("/api/generate",
						`{"prompt":"once in spring","max_tokens":500,"pace":100}`))
				_ = c.SetReadDeadline(time.Now().Add(time.Second))
				_, _ = io.CopyN(io.Discard, c, int64(rng.IntN(4000)))
				c.Close()
			case 3: // a body that never arrives
				c := raw(t, address,
					"POST /api/next HTTP/1.1\r\nHost: localhost\r\nContent-Type: "+
						"application/json\r\nContent-Length: 1000\r\n\r\n{")
				time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
				c.Close()
			case 4: // a client that reads to the end
				status, _ := playtest.Call(t, "POST", url+"/api/generate",
					`{"prompt":"once in","max_tokens":30}`)
				require.Contains(t, []int{200, 429}, status)
			case 5:
				status, _ := playtest.Call(t, "POST", url+"/v1/completions",
					`{"model":"lstm","prompt":"once in","max_tokens":20,"stream":true,`+
						`"logprobs":3}`)
				require.Contains(t, []int{200, 429}, status)
			case 6:
				status, _ := playtest.Call(t, "POST", url+"/api/next",
					fmt.Sprintf(`{"prompt":"once in spring , %d"}`, rng.IntN(1000)))
				require.Contains(t, []int{200, 429}, status)
			case 7: // watchers come and go
				c := raw(t, address, "GET /api/jobs/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
				_, _ = bufio.NewReader(c).ReadString('\n')
				c.Close()
			}
		}
	}
	all := func(rounds int) {
		var done sync.WaitGroup
		for i := range 64 {
			done.Go(func() { storm(uint64(i), rounds) })
		}
		done.Wait()
		http.DefaultClient.CloseIdleConnections()
		require.True(t, s.idle())
	}
	all(2) // fills memories, buffers and pools
	before, goroutines := heap(), runtime.NumGoroutine()
	all(6)
	after := heap()
	t.Logf("heap %.1f MB, then %.1f MB; %d goroutines, then %d", before/1e6, after/1e6, goroutines,
		runtime.NumGoroutine())
	require.Less(t, after, before+16e6, "bytes that were not given back")
	for end := time.Now().Add(patience); runtime.NumGoroutine() > goroutines+
		8; time.Sleep(10 * time.Millisecond) {
		require.True(t, time.Now().Before(end), "%d goroutines, where there were %d",
			runtime.NumGoroutine(), goroutines)
	}
}

// heap returns the bytes in use.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkKeystroke measures one more letter in the prompt: the predictions of all models.
func BenchmarkKeystroke(b *testing.B) {
	s, _ := testServer(b, Options{})
	text := "once in spring , on a windy evening , two friends met in lorrin . it was a tale of " +
		"the forest . lena was a potter with a green rope . "
	i := 0
	for b.Loop() {
		for _, e := range s.models.List() {
			mustNext(b, e, nextRequest{Prompt: text[:1+i%len(text)], Top: 10})
		}
		i++
	}
}
