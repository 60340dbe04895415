package play

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/play/playtest"
	"lmzoo/report/uplot"
	"lmzoo/zoo"
)

// mustNext returns the next tokens of one model.
func mustNext(t testing.TB, e *models.Model, q nextRequest) nextAnswer {
	t.Helper()
	a, err := next(e, q)
	require.NoError(t, err)
	return a
}

type nextReply struct{ Models []nextAnswer }

func TestModels(t *testing.T) {
	s, ts := testServer(t, Options{})
	got := playtest.OK[struct {
		Models   []description
		CanTrain bool `json:"can_train"`
	}](t, "GET", ts.URL+"/api/models", "")
	require.False(t, got.CanTrain)
	require.Len(t, got.Models, 8)
	var ids []string
	for _, m := range got.Models {
		ids = append(ids, m.ID)
	}
	require.Equal(t, []string{"uniform", "ngram", "mlp", "rnn", "lstm", "gru", "gpt", "letters"},
		ids)
	require.Equal(t, []string{"flow", "embeddings"}, got.Models[6].Views)
	require.Equal(t, []string{"signals", "units", "embeddings"}, got.Models[4].Views)
	require.Equal(t, "nats/token", got.Models[6].Unit)
	elmo, err := zoo.Standard().Find("elmo")
	require.NoError(t, err)
	require.Equal(t, "nats per token, mean of both directions", elmo.ValidationUnit())
	elsewhere := func(dir string) *zoo.Run {
		other := *s.models.List()[6].Run
		other.Dir = filepath.FromSlash(dir)
		return &other
	}
	require.Equal(t, "runs-gpt", s.models.Add(elsewhere("a/runs/gpt")),
		"a second one of the same name is told apart by where it is")
	require.Equal(t, "runs-gpt-2", s.models.Add(elsewhere("b/runs/gpt")))
	require.Equal(t, "gpt", s.models.Add(s.models.List()[6].Run),
		"the same one takes its own place")
}

// TestNext compares the answer with the distribution of the model.
func TestNext(t *testing.T) {
	s, ts := testServer(t, Options{})
	got := playtest.OK[nextReply](t, "POST", ts.URL+"/api/next",
		`{"prompt":"once in spring","top":5}`)
	require.Len(t, got.Models, 8)
	for i, e := range s.models.List() {
		own := e.LM.NextLogProbs(nil, e.Tokenizer().Encode(nil, "once in spring"))
		a := got.Models[i]
		require.Equal(t, e.ID, a.Model)
		require.Len(t, a.Next, 5)
		for k, c := range a.Next {
			require.InDelta(t, math.Exp(own[c.ID]), c.P, 1e-5)
			if k > 0 {
				require.GreaterOrEqual(t, a.Next[k-1].P, c.P)
			}
		}
		require.InDelta(t, math.Exp(slices.Max(own)), a.Next[0].P, 1e-5, "the likeliest is there")
	}
	require.InDelta(t, math.Log2(float64(s.models.List()[0].LM.Vocab())), got.Models[0].Entropy,
		1e-6, "uniform: log2 V bits")
	for _, c := range got.Models[0].Next {
		require.NotNil(t, c.Append, "of equal tokens, those that are text come first: %q", c.Text)
		require.NotContains(t, c.Text, `\x`)
	}
	_, isText := s.models.List()[0].Appended(models.Prompt{}, "", lm.BOS)
	require.False(t, isText, "the end of a document is not text")
}

// TestUnfinished checks that an unfinished word is completed, letter by letter, and that a finished
// word is not changed.
func TestUnfinished(t *testing.T) {
	s, _ := testServer(t, Options{})
	e, err := s.models.Get("", "ngram")
	require.NoError(t, err)
	for prompt, unfinished := range map[string]string{
		"":                    "",
		"once":                "",
		"onc":                 "onc",
		"once in spr":         " spr",
		"once in spring":      "",
		"once in spring ":     " ",
		"once in spring ,":    "",
		"once in zzz":         "", // no token continues it, so it is spelled
		"once in spring , on": "",
	} {
		a := mustNext(t, e, nextRequest{Prompt: prompt, Top: 100})
		require.Equal(t, unfinished, a.Unfinished, "%q", prompt)
		sum := 0.0
		for _, c := range a.Next {
			require.True(t, unfinished == "" || strings.HasPrefix(e.Texts[c.ID], unfinished))
			if unfinished != "" {
				require.Equal(t, e.Texts[c.ID], unfinished+*c.Append)
			}
			sum += c.P
		}
		require.LessOrEqual(t, sum, 1+1e-9)
		if unfinished == " spr" {
			require.InDelta(t, 1, sum, 1e-9, "what may complete it has all the probability")
		}
	}
	no := false
	require.Empty(t, mustNext(t, e, nextRequest{Prompt: "onc", Top: 1, Heal: &no}).Unfinished)
	letters, err := s.models.Get("", "letters")
	require.NoError(t, err)
	require.Empty(t, mustNext(t, letters, nextRequest{Prompt: "onc", Top: 1}).Unfinished,
		"letters are tokens of their own")
}

// said joins the texts of each model.
func said(t testing.TB, names, data []string) (text map[string]string, ends map[string]saying) {
	text, ends = map[string]string{}, map[string]saying{}
	for i, name := range names {
		var s saying
		require.NoError(t, json.Unmarshal([]byte(data[i]), &s))
		switch name {
		case "token":
			require.NotContains(t, ends, s.Model, "nothing comes after the end")
			text[s.Model] += s.Text
		case "end":
			ends[s.Model] = s
		}
	}
	return text, ends
}

func TestGenerate(t *testing.T) {
	s, ts := testServer(t, Options{})
	body := `{"prompt":"once in spr","models":["ngram","gpt","letters"],"max_tokens":12,` +
		`"seed":3,"alternatives":2}`
	names, data := playtest.Events(t, ts.URL+"/api/generate", body)
	require.Equal(t, "done", names[len(names)-1])
	text, ends := said(t, names, data)
	require.Len(t, ends, 3)
	require.True(t, strings.HasPrefix(text["ngram"], "ing ,"), "the word is finished first: %q",
		text["ngram"])
	require.Equal(t, 12, ends["letters"].Count)
	require.Equal(t, "length", ends["letters"].Reason)

	names, data = playtest.Events(t, ts.URL+"/api/generate", body)
	again, _ := said(t, names, data)
	require.Equal(t, text, again, "the same seed says the same")

	// Greedy generation always takes the likeliest token and reports the model's own probability.
	var bySeed []map[string]string
	for _, seed := range []string{``, `,"seed":1`, `,"seed":0`} {
		names, data := playtest.Events(t, ts.URL+"/api/generate",
			`{"prompt":"once","models":["lstm"],"max_tokens":12`+seed+`}`)
		text, _ := said(t, names, data)
		bySeed = append(bySeed, text)
	}
	require.Equal(t, bySeed[1], bySeed[0], "1 unless given, as for completions")
	require.NotEqual(t, bySeed[2], bySeed[0])

	names, data = playtest.Events(t, ts.URL+"/api/generate",
		`{"prompt":"once","models":["lstm"],"max_tokens":6,"temperature":0,"alternatives":3}`)
	e, err := s.models.Get("", "lstm")
	require.NoError(t, err)
	context := e.Tokenizer().Encode(nil, "once")
	for i, name := range names {
		if name != "token" {
			continue
		}
		var ev saying
		require.NoError(t, json.Unmarshal([]byte(data[i]), &ev))
		for _, tok := range ev.Tokens {
			own := e.LM.NextLogProbs(nil, context)
			require.Equal(t, e.Likeliest(own, 1)[0], tok.ID)
			require.InDelta(t, math.Exp(own[tok.ID]), tok.P, 1e-5)
			require.Equal(t, tok.ID, tok.Top[0].ID)
			require.Len(t, tok.Top, 3)
			context = append(context, tok.ID)
		}
	}
}

// TestPaceAndTime checks that a stream keeps its pace and ends when its time is over.
func TestPaceAndTime(t *testing.T) {
	_, ts := testServer(t, Options{Limits: Limits{StreamTime: 300 * time.Millisecond}})
	begin := time.Now()
	names, data := playtest.Events(t, ts.URL+"/api/generate",
		`{"models":["letters"],"max_tokens":1000,"pace":50}`)
	text, ends := said(t, names, data)
	require.Equal(t, endTime, ends["letters"].Reason)
	require.InDelta(t, 0.3, time.Since(begin).Seconds(), 0.25)
	require.Less(t, len(text["letters"]), 30, "50 a second for 0.3 seconds")
}

func TestInside(t *testing.T) {
	_, ts := testServer(t, Options{})
	for model, view := range map[string]string{"ngram": "backoff", "mlp": "voices",
		"rnn": "signals", "gru": "signals", "gpt": "flow"} {
		got := playtest.OK[struct {
			View      string
			Tokens    []seen
			Backoff   *backoff
			Signals   []struct{ Values [][]float64 }
			Attention [][][][]float64
			Loudness  []float64
		}](t, "POST", ts.URL+"/api/inside", `{"model":"`+model+`","prompt":"once in spring , on"}`)
		require.Equal(t, view, got.View)
		require.Equal(t, " on", got.Tokens[len(got.Tokens)-1].Text)
		switch view {
		case "backoff":
			require.Len(t, got.Backoff.Steps, 5)
			require.Equal(t, " a", got.Backoff.Token.Text)
			require.Equal(t, 0, got.Backoff.Answered)
			require.InDelta(t, got.Backoff.P, got.Backoff.Steps[0].Prob, 1e-9)
			require.InDelta(t, got.Backoff.P, got.Backoff.Candidates[0].P, 1e-6)
		case "voices":
			require.Len(t, got.Loudness, len(got.Tokens))
		case "signals":
			for _, s := range got.Signals {
				require.Len(t, s.Values, len(got.Tokens))
			}
		case "flow":
			for _, layer := range got.Attention {
				for _, head := range layer {
					for i, row := range head {
						require.Len(t, row, i+1)
					}
				}
			}
		}
	}
	for n := 30; n < 70; n++ { // lengths around the number of visible tokens and around the window
		prompt := strings.Repeat(" the", n)
		got := playtest.OK[struct {
			Tokens    []seen
			Attention [][][][]float64
		}](t, "POST", ts.URL+"/api/inside", `{"model":"gpt","prompt":"`+prompt+`"}`)
		for _, head := range got.Attention[0] {
			require.Len(t, head, len(got.Tokens))
			for i, row := range head {
				require.Len(t, row, i+1)
			}
		}
	}
	long := strings.Repeat("then lena goes to the hut . ", 100)
	for _, model := range []string{"gpt", "lstm", "letters"} {
		got := playtest.OK[struct{ Tokens []seen }](t, "POST", ts.URL+"/api/inside",
			`{"model":"`+model+`","prompt":"`+long+`"}`)
		require.LessOrEqual(t, len(got.Tokens), maxSeen)
	}
}

func TestEmbeddings(t *testing.T) {
	_, ts := testServer(t, Options{})
	got := playtest.OK[struct {
		Points []struct {
			ID   lm.Token
			Text string
			X, Y float64
		}
		Variance []float64
	}](t, "GET", ts.URL+"/api/embeddings/gpt", "")
	require.Greater(t, len(got.Points), 100)
	for _, p := range got.Points {
		require.True(t, math.Abs(p.X) <= 1 && math.Abs(p.Y) <= 1)
	}
	require.GreaterOrEqual(t, got.Variance[0], got.Variance[1])
	near := playtest.OK[struct{ Neighbours []neighbour }](t, "GET",
		fmt.Sprintf("%s/api/embeddings/gpt/%d", ts.URL, got.Points[3].ID), "")
	require.Len(t, near.Neighbours, maxNear)
	for i, n := range near.Neighbours {
		require.NotEqual(t, got.Points[3].ID, n.ID)
		require.True(t, i == 0 || near.Neighbours[i-1].Cosine >= n.Cosine)
	}
}

// TestCompress compares the number of bits with the log-probabilities of the model.
func TestCompress(t *testing.T) {
	s, ts := testServer(t, Options{})
	text := "once in spring , die Straße 春 and more"
	got := playtest.OK[struct {
		Chars  int
		Models []struct {
			Bits     float64
			Lossless bool
			Tokens   []struct {
				Text  string
				Chars int
				Bits  float64
			}
		}
		Gzip []gzipped
	}](t, "POST", ts.URL+"/api/compress", fmt.Sprintf(`{"text":%q}`, text))
	require.Equal(t, 38, got.Chars)
	for i, e := range s.models.List() {
		want := 0.0
		for _, p := range lm.Score(e.LM, e.Tokenizer().Encode(nil, text)) {
			want -= p / math.Ln2
		}
		m := got.Models[i]
		require.InDelta(t, want, m.Bits, 0.01)
		require.True(t, m.Lossless)
		whole, chars := "", 0
		for _, c := range m.Tokens {
			whole += c.Text
			chars += c.Chars
		}
		require.Equal(t, text, whole)
		require.Equal(t, 38, chars)
	}
	require.Equal(t, 38, got.Gzip[len(got.Gzip)-1].Chars)
	require.Greater(t, got.Gzip[0].Bits, 150, "gzip pays its header first")
}

// TestRefusals checks that each invalid request gets a reason and a 4xx status.
func TestRefusals(t *testing.T) {
	_, ts := testServer(t,
		Options{TrainDir: filepath.Join(t.TempDir(), "runs"),
			Limits: Limits{PromptBytes: 1000, TextBytes: 5000}})
	long := strings.Repeat("x", 1001)
	for _, c := range []struct {
		path, body string
		status     int
		says       string
	}{
		{"/api/next", `{`, 400, "JSON"},
		{"/api/next", ``, 415, "application/json"},
		{"/api/next", `[]`, 400, "want an object"},
		{"/api/next", `{} {}`, 400, "trailing data"},
		{"/api/next", `{"promt":"x"}`, 400, "promt"},
		{"/api/next", `{"prompt":7}`, 400, "prompt"},
		{"/api/next", `{"prompt":"` + long + `"}`, 400, "want at most 1000"},
		{"/api/next", `{"prompt":"` + strings.Repeat("x", 40_000) + `"}`, 413, "longer than"},
		{"/api/next", `{"models":["../../etc/passwd"]}`, 404, "no model"},
		{"/api/next", `{"models":[` + strings.Repeat(`"gpt",`, 40) + `"gpt"]}`, 400,
			"want at most 32"},
		{"/api/next", `{"top":-1}`, 400, "top"},
		{"/api/next", `{"top":1e9}`, 400, "top"},
		{"/api/generate", `{"max_tokens":-5}`, 400, "max_tokens"},
		{"/api/generate", `{"max_tokens":5000}`, 400, "max_tokens"},
		{"/api/generate", `{"temperature":-1}`, 400, "temperature"},
		{"/api/generate", `{"temperature":1e300}`, 400, "temperature"},
		{"/api/generate", `{"top_p":2}`, 400, "top_p"},
		{"/api/generate", `{"min_p":-0.1}`, 400, "min_p"},
		{"/api/generate", `{"top_k":-1}`, 400, "top_k"},
		{"/api/generate", `{"pace":-1}`, 400, "pace"},
		{"/api/generate", `{"alternatives":99}`, 400, "alternatives"},
		{"/api/generate", `{"seed":-1}`, 400, "seed"},
		{"/v1/completions", `{"model":"nobody"}`, 404, "nobody"},
		{"/v1/completions", `{"model":"gpt","prompt":{"a":1}}`, 400, "prompt"},
		{"/v1/completions", `{"model":"gpt","prompt":[99999]}`, 400, "99999"},
		{"/v1/completions", `{"model":"gpt","prompt":[-1]}`, 400, "-1"},
		{"/v1/completions", `{"model":"gpt","n":100}`, 400, "n is"},
		{"/v1/completions", `{"model":"gpt","logprobs":100}`, 400, "logprobs"},
		{"/v1/completions", `{"model":"gpt","stop":[""]}`, 400, "stop"},
		{"/v1/completions", `{"model":"gpt","stop":7}`, 400, "stop"},
		{"/v1/completions", `{"model":"gpt","suffix":"x"}`, 400, "suffix"},
		{"/v1/completions", `{"model":"gpt","frequency_penalty":1}`, 400, "frequency_penalty"},
		{"/api/inside", `{"model":"uniform"}`, 404, "no view of its internals"},
		{"/api/inside", `{"model":"lstm","layer":7}`, 400, "layer"},
		{"/api/inside", `{"model":"lstm","layer":-1}`, 400, "layer"},
		{"/api/inside", `{"model":"ngram","token":-1}`, 400, "token"},
		{"/api/inside", `{"model":"ngram","token":123456}`, 400, "token"},
		{"/api/compress", `{"text":"` + long + `"}`, 400, "text"},
		{"/api/jobs", `{"kind":"rob"}`, 400, "kind"},
		{"/api/jobs", `{"kind":"train","species":"dodo"}`, 400, "species"},
		{"/api/jobs", `{"kind":"train","species":"gpt","corpus":"/etc/passwd"}`, 400, "corpus"},
		{"/api/jobs", `{"kind":"train","species":"gpt","size":"giant"}`, 400, "size"},
		{"/api/jobs", `{"kind":"train","species":"gpt","budget":1e9}`, 400, "budget"},
		{"/api/jobs", `{"kind":"train","species":"gpt","budget":-1}`, 400, "budget"},
		{"/api/jobs", `{"kind":"train","species":"gpt","tokenizer":"../x"}`, 400, "tokenizer"},
		{"/api/jobs", `{"kind":"train","species":"gpt","vocab":-2}`, 400, "vocab"},
		{"/api/jobs", `{"kind":"train","species":"gpt","corpus":"text","text":"short"}`, 400,
			"at least"},
		{"/api/jobs", `{"kind":"train","species":"gpt","text":"for the world"}`, 400,
			"leave it out"},
		{"/api/jobs", `{"kind":"train","species":"gpt","out":"/tmp/x"}`, 400, "out"},
		{"/api/jobs", `{"kind":"compare","models":["nobody"]}`, 404, "nobody"},
		{"/api/nothing", `{}`, 404, "there is nothing at"},
	} {
		status, text := playtest.Call(t, "POST", ts.URL+c.path, c.body)
		require.Equal(t, c.status, status, "%s %.80s: %s", c.path, c.body, text)
		var e struct {
			Error struct{ Message, Type string }
		}
		require.NoError(t, json.Unmarshal([]byte(text), &e), text)
		require.Contains(t, e.Error.Message, c.says, "%s %.80s", c.path, c.body)
		require.NotEmpty(t, e.Error.Type)
	}
	for _, path := range []string{"/api/embeddings/uniform", "/api/embeddings/nobody",
		"/api/embeddings/gpt/x", "/api/embeddings/gpt/-1",
		"/api/embeddings/gpt/99999999999999999999",
		"/report/compare-1", "/report/..%2f..%2fgo.mod", "/v1/models/..%2f..%2fx", "/server.go",
		"/..%2fserver.go", "/page/index.html"} {
		status, text := playtest.Call(t, "GET", ts.URL+path, "")
		require.True(t, status == 404 || status == 400, "%s: %d %s", path, status, text)
	}
	status, _ := playtest.Call(t, "PUT", ts.URL+"/", "x")
	require.Equal(t, 405, status)
	status, _ = playtest.Call(t, "DELETE", ts.URL+"/api/jobs/train-77", "")
	require.Equal(t, 404, status)
}

// TestStrangers checks that requests from pages of other sites, and by names rebound to this
// machine, are refused.
func TestStrangers(t *testing.T) {
	_, ts := testServer(t, Options{})
	host := strings.TrimPrefix(ts.URL, "http://")
	_, port, _ := strings.Cut(host, ":")
	for _, c := range []struct {
		method, path string
		headers      []string
		status       int
	}{
		{"GET", "/api/models", nil, 200},
		{"GET", "/api/models", []string{"Host", "localhost:" + port}, 200},
		{"GET", "/api/models", []string{"Host", "[::1]:" + port}, 200},
		{"GET", "/api/models", []string{"Host", "evil.example:" + port}, 403},
		{"GET", "/", []string{"Host", "evil.example"}, 403},
		{"GET", "/api/models", []string{"Host", "localhost.evil.example"}, 403},
		{"GET", "/api/models", []string{"Host", "192.168.1.7"}, 403},
		{"GET", "/api/models", []string{"Origin", "http://evil.example"}, 403},
		{"GET", "/api/models", []string{"Origin", "null"}, 403},
		{"GET", "/api/models", []string{"Origin", ts.URL}, 200},
		{"GET", "/api/models", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "/api/models", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"GET", "/api/models", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"GET", "/", []string{"Sec-Fetch-Site", "cross-site"}, 200}, // a link to the page
		{"POST", "/api/next", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", "/api/next", []string{"Origin", "http://evil.example"}, 403},
		{"POST", "/api/next", []string{"Origin", ts.URL}, 200},
		// an HTML form can send this without a preflight request
		{"POST", "/api/next", []string{"Content-Type", "text/plain"}, 415},
		{"DELETE", "/api/jobs/train-1", []string{"Origin", "http://evil.example"}, 403},
	} {
		body := ""
		if c.method == "POST" {
			body = `{"prompt":"once"}`
		}
		status, text := playtest.Call(t, c.method, ts.URL+c.path, body, c.headers...)
		require.Equal(t, c.status, status, "%v: %.200s", c, text)
	}
	_, public := testServer(t, Options{Public: true, Hosts: []string{"museum"}})
	for name, status := range map[string]int{"192.168.1.7": 200, "museum": 200, "MUSEUM:80": 200,
		"evil.example": 403} {
		got, _ := playtest.Call(t, "GET", public.URL+"/api/models", "", "Host", name)
		require.Equal(t, status, got, name)
	}
}

// TestPage checks that every file of the page is served and loads nothing from other servers.
func TestPage(t *testing.T) {
	_, ts := testServer(t, Options{})
	files, err := page.ReadDir("page")
	require.NoError(t, err)
	for _, f := range files {
		data, err := page.ReadFile("page/" + f.Name())
		require.NoError(t, err)
		for _, from := range []string{"src=\"http", "href=\"http", "url(http", "@import",
			"from \"http", "fetch(\"http"} {
			require.NotContains(t, string(data), from, f.Name())
		}
		if f.Name() != "index.html" { // index.html is served at /
			status, got := playtest.Call(t, "GET", ts.URL+"/"+f.Name(), "")
			require.Equal(t, 200, status)
			require.Equal(t, string(data), got)
		}
	}
	r, err := http.Get(ts.URL)
	require.NoError(t, err)
	defer r.Body.Close()
	require.Contains(t, r.Header.Get("Content-Security-Policy"), "default-src 'self'")
	for name, want := range map[string]string{"uPlot.iife.min.js": uplot.Script,
		"uPlot.min.css": uplot.Style, "uPlot.LICENSE.txt": uplot.License, "keys.js": uplot.Keys} {
		status, got := playtest.Call(t, "GET", ts.URL+"/"+name, "")
		require.Equal(t, 200, status)
		require.Equal(t, want, got, name)
	}
}
