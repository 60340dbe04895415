package playtest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Call sends a request with a JSON body, if any, and returns status and body.
func Call(t testing.TB, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(data)
}

// OK sends a request that must succeed, and decodes the answer.
func OK[T any](t testing.TB, method, url, body string) T {
	t.Helper()
	status, text := Call(t, method, url, body)
	require.Less(t, status, 300, text)
	var v T
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

// Events posts a request and returns the server-sent events of the answer.
func Events(t testing.TB, url, body string) (names, data []string) {
	t.Helper()
	status, text := Call(t, "POST", url, body)
	require.Equal(t, 200, status, text)
	for _, e := range strings.Split(strings.TrimSuffix(text, "\n\n"), "\n\n") {
		name := ""
		for _, line := range strings.Split(e, "\n") {
			if after, found := strings.CutPrefix(line, "event: "); found {
				name = after
			}
			if after, found := strings.CutPrefix(line, "data: "); found {
				names, data = append(names, name), append(data, after)
			}
		}
	}
	return names, data
}

// Follow sends the lines of a stream to lines until it is stopped, then closes lines.
func Follow(t testing.TB, url string, lines chan<- string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.Equal(t, 200, response.StatusCode)
	var done sync.WaitGroup
	done.Go(func() {
		defer close(lines)
		defer response.Body.Close()
		in := bufio.NewReader(response.Body)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); done.Wait() }
}
