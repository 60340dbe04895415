package play

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"lmzoo/corpus"
	"lmzoo/zoo"
)

// Nothing that a test starts may outlive it.
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

// zooOnce trains one small model of each kind, on a world of a few documents, once for all tests.
var zooOnce = sync.OnceValues(func() ([]*zoo.Run, error) {
	data := zoo.Data{Corpus: zoo.WorldName, Tokens: 30_000}
	split, err := data.Load(context.Background(), nil, false)
	if err != nil {
		return nil, err
	}
	split.Valid, split.Test = split.Valid[:5], split.Test[:20]
	word, err := corpus.Train("word", split.Train, 0)
	if err != nil {
		return nil, err
	}
	letter, err := corpus.Train("byte", split.Train, 0)
	if err != nil {
		return nil, err
	}
	var runs []*zoo.Run
	for _, name := range []string{"uniform", "ngram", "mlp", "rnn", "lstm", "gru", "gpt", "gpt"} {
		tok, dir := word, "runs/"+name
		if len(runs) == 7 {
			tok, dir = letter, "runs/letters"
		}
		r, err := small(name, dir, data, split, tok)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		runs = append(runs, r)
	}
	return runs, nil
})

// small trains a species for some steps, in memory.
func small(name, dir string, data zoo.Data, split corpus.Split, tok corpus.Tokenizer) (*zoo.Run, error) {
	species, err := zoo.Standard().Find(name)
	if err != nil {
		return nil, err
	}
	settings, err := species.SettingsWith("tiny", map[string]any{"steps": 60, "batch": 4, "lr": 5e-3, "warmup": 5, "eval_every": 60})
	if err != nil {
		return nil, err
	}
	r, err := zoo.Make(context.Background(), zoo.Order{Species: species, Settings: settings, Data: data, Split: split, Tokenizer: tok, Seed: 1})
	if r != nil {
		r.Dir = filepath.FromSlash(dir)
	}
	return r, err
}

// testServer is a playground of the small zoo over HTTP.
func testServer(t testing.TB, opt Options) (*Server, *httptest.Server) {
	runs, err := zooOnce()
	require.NoError(t, err)
	return serveRuns(t, runs, opt)
}

// serveRuns is a playground of some runs over HTTP.
func serveRuns(t testing.TB, runs []*zoo.Run, opt Options) (*Server, *httptest.Server) {
	s := New(runs, opt)
	ts := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); ts.CloseClientConnections(); ts.Close() })
	return s, ts
}

// realRuns are the runs below the directories that an environment variable names, for the pictures.
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
