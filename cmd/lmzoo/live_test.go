package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"lmzoo/train"
	"lmzoo/zoo"
)

// addresses receives the address at which a training run can be watched.
type addresses chan string

func (a addresses) Write(p []byte) (int, error) {
	if _, url, ok := strings.Cut(strings.TrimSpace(string(p)), "browser: "); ok {
		a <- strings.TrimSuffix(url, "/#train")
	}
	return len(p), nil
}

// watched starts a training run with a page in a browser, and returns the address of the page, a
// function that acts as Ctrl-C, and a channel for the result.
func watched(t *testing.T, makeIt making) (url string, interrupt func(), ended <-chan error) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	c := &cobra.Command{}
	c.SetContext(ctx)
	where, done := make(addresses, 1), make(chan error, 1)
	go func() {
		done <- live{addr: "127.0.0.1:0"}.do(c, newProgress(where, false), "a model", makeIt,
			func(_ *zoo.Run, err error) error { return err })
	}()
	return <-where, cancel, done
}

func fetch(t *testing.T, method, url string) string {
	q, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	r, err := http.DefaultClient.Do(q)
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(body)
}

// smallModel trains a model in memory for a number of steps.
func smallModel(steps int) making {
	return func(ctx context.Context, obs ...train.Observer) (*zoo.Run, error) {
		data := zoo.Data{Corpus: zoo.WorldName, Tokens: 5000}
		split, tok, err := (&dataFlags{data: data}).load(ctx, &cobra.Command{}, nil)
		if err != nil {
			return nil, err
		}
		split.Valid = split.Valid[:2]
		species, err := zoo.Standard().Find("gru")
		if err != nil {
			return nil, err
		}
		settings, err := species.Settings("tiny")
		if err == nil {
			err = settings.Set(map[string]any{"steps": steps})
		}
		if err != nil {
			return nil, err
		}
		return zoo.Make(ctx, zoo.Order{Species: species, Settings: settings, Data: data,
			Split: split, Tokenizer: tok, Seed: 1, Threads: 1}, obs...)
	}
}

// The training is a job with a curve while it runs, and a model when it is done; the page stays
// open until Ctrl-C.
func TestServeTraining(t *testing.T) {
	url, interrupt, ended := watched(t, smallModel(30))
	require.Eventually(t, func() bool {
		return strings.Contains(fetch(t, "GET", url+"/api/jobs"), `"state":"done"`)
	}, 20*time.Second, 20*time.Millisecond)
	jobs := fetch(t, "GET", url+"/api/jobs")
	require.Contains(t, jobs, `"title":"a model"`)
	require.Contains(t, jobs, `"step":30`)
	require.Contains(t, fetch(t, "GET", url+"/api/models"), `"species":"gru"`)
	select {
	case err := <-ended:
		t.Fatal("the page is not open: ", err)
	default:
	}
	interrupt()
	require.NoError(t, <-ended, "closing what is done is no failure")
}

// Ctrl-C and the button on the page both end a running training; a failure closes the page.
func TestServeEnds(t *testing.T) {
	url, interrupt, ended := watched(t, smallModel(1_000_000))
	require.Eventually(t,
		func() bool { return strings.Contains(fetch(t, "GET", url+"/api/jobs"), `"curve"`) },
		20*time.Second, 20*time.Millisecond)
	interrupt()
	require.ErrorIs(t, <-ended, context.Canceled)

	url, interrupt, ended = watched(t, smallModel(1_000_000))
	require.Eventually(t,
		func() bool { return strings.Contains(fetch(t, "GET", url+"/api/jobs"), `"curve"`) },
		20*time.Second, 20*time.Millisecond)
	fetch(t, "DELETE", url+"/api/jobs/train-1")
	require.Eventually(t,
		func() bool { return strings.Contains(fetch(t, "GET", url+"/api/jobs"), `"cancelled"`) },
		20*time.Second, 20*time.Millisecond)
	interrupt()
	require.ErrorIs(t, <-ended, context.Canceled)

	broken := errors.New("diverged")
	_, _, ended = watched(t,
		func(context.Context, ...train.Observer) (*zoo.Run, error) { return nil, broken })
	require.ErrorIs(t, <-ended, broken)
	_, _, ended = watched(t,
		func(context.Context, ...train.Observer) (*zoo.Run, error) { panic("a bug") })
	require.ErrorContains(t, <-ended, "internal error: the training panicked")
}
