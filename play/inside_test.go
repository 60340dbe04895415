package play

import (
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus/world"
	"lmzoo/play/playtest"
	"lmzoo/transformer"
)

// bothServer serves the small zoo, a BERT and a word2vec.
func bothServer(t testing.TB, opt Options) (*Server, *httptest.Server) {
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	sides, err := playtest.Sides()
	require.NoError(t, err)
	return serveRuns(t, append(runs[:len(runs):len(runs)], sides...), opt)
}

type flowReply struct {
	View      string
	Tokens    []seen
	Layers    int
	Heads     int
	Attention [][][][]float64
	Flow      flow
}

// TestFlow checks that the numbers of a flow belong together: the last prediction of the lens is
// the model's, the scores are those of q and k, and the weights are their softmax.
func TestFlow(t *testing.T) {
	_, ts := testServer(t, Options{})
	ask := func(more string) flowReply {
		return playtest.OK[flowReply](t, "POST", ts.URL+"/api/inside",
			`{"model":"gpt","prompt":"once in spring , on a"`+more+`}`)
	}
	got := ask("")
	next := playtest.OK[nextReply](t, "POST", ts.URL+"/api/next",
		`{"models":["gpt"],"prompt":"once in spring , on a","top":5}`).Models[0].Next
	f := got.Flow
	require.Equal(t, len(got.Tokens)-1, f.At)
	require.Len(t, f.Lens, got.Layers+1)
	for i, c := range f.Lens[got.Layers] {
		require.Equal(t, next[i].ID, c.ID)
		require.InDelta(t, next[i].P, c.P, 1e-5)
		require.Equal(t, next[i].Append, c.Append)
	}
	require.Len(t, f.Grid, got.Layers+1)
	require.Equal(t, f.Lens[1][0].ID, f.Grid[1][f.At-f.GridFrom].ID)
	require.Len(t, f.Sharpness, got.Layers*got.Heads)
	require.Equal(t, f.Sharpness[0].Head, f.Head.Head, "the sharpest head is shown")
	require.GreaterOrEqual(t, f.Sharpness[0].Sharpness, f.Sharpness[1].Sharpness)
	checkHead(t, f.Head)
	require.Equal(t, []string{"token", "position", "stream"},
		[]string{f.Embedding[0].Name, f.Embedding[1].Name, f.Embedding[2].Name})
	require.Nil(t, f.Ablated)

	f = ask(`,"layer":1,"head":0,"ablate":[{"layer":1,"head":0}]`).Flow
	require.Equal(t, transformer.Head{Layer: 1}, f.Head.Head)
	require.Positive(t, f.Ablated.Bits)
	require.InDelta(t, next[0].P, f.Ablated.Next[0].P, 1e-5)
	require.NotEqual(t, f.Ablated.Next[0].P, f.Ablated.Next[0].Without)

	long := playtest.OK[flowReply](t, "POST", ts.URL+"/api/inside",
		`{"model":"gpt","prompt":"`+strings.Repeat(" the", 40)+`"}`).Flow
	require.Len(t, long.Grid[0], gridTokens)
	require.Equal(t, long.At, long.GridFrom+gridTokens-1, "the grid ends where the model predicts")
	require.Equal(t, long.Lens[2][0].ID, long.Grid[2][gridTokens-1].ID)

	for body, param := range map[string]string{
		`,"layer":2`: "layer", `,"layer":0,"head":-1`: "head", `,"view":"units"`: "view",
		`,"ablate":[{"layer":0,"head":9}]`: "ablate",
	} {
		status, text := playtest.Call(t, "POST", ts.URL+"/api/inside", `{"model":"gpt"`+body+`}`)
		require.Equal(t, 400, status)
		require.Contains(t, text, `"param":"`+param+`"`)
	}
}

// checkHead recomputes scores, weights and output of a head from its rounded vectors.
func checkHead(t *testing.T, h headFlow) {
	require.Len(t, h.K, len(h.Att))
	sum, whole := 0.0, 0.0
	for _, s := range h.Scores {
		whole += math.Exp(float64(s))
	}
	out := make([]float64, len(h.Q))
	for i, k := range h.K {
		score := 0.0
		for j, v := range k {
			score += float64(v) * float64(h.Q[j])
			out[j] += float64(h.Att[i]) * float64(h.V[i][j])
		}
		require.InDelta(t, score/math.Sqrt(float64(len(k))), float64(h.Scores[i]), 0.01)
		require.InDelta(t, math.Exp(float64(h.Scores[i]))/whole, float64(h.Att[i]), 0.01)
		sum += float64(h.Att[i])
	}
	require.InDelta(t, 1, sum, 0.03)
	for j, v := range out {
		require.InDelta(t, v, float64(h.Out[j]), 0.01)
	}
}

// TestGap checks that BERT fills a gap, at [MASK] or at a token of the text, and that its flow
// predicts the same.
func TestGap(t *testing.T) {
	_, ts := bothServer(t, Options{})
	type fillReply struct {
		Tokens []seen
		Fill   fill
		Flow   flow
		Layers int
	}
	ask := func(view, prompt, more string) fillReply {
		return playtest.OK[fillReply](t, "POST", ts.URL+"/api/inside",
			fmt.Sprintf(`{"model":"bert","view":%q,"prompt":%q%s}`, view, prompt, more))
	}
	text := "once in spring , on a windy evening"
	masked := ask("fill", "once in [MASK] , on a windy evening", "")
	require.Equal(t, "[MASK]", masked.Tokens[masked.Fill.Gap].Text)
	require.Nil(t, masked.Fill.Hidden)
	chosen := ask("fill", text, `,"gap":2`)
	require.Equal(t, " spring", chosen.Fill.Hidden.Text)
	require.Equal(t, masked.Fill.Next, chosen.Fill.Next, "the hidden token changes nothing")
	require.Len(t, chosen.Fill.P, len(chosen.Tokens))
	flowed := ask("flow", text, `,"gap":2`)
	last := flowed.Flow.Lens[flowed.Layers]
	require.Equal(t, "[MASK]", flowed.Tokens[flowed.Flow.At].Text)
	require.Equal(t, 2, flowed.Flow.From+flowed.Flow.At)
	for i, c := range last {
		require.Equal(t, chosen.Fill.Next[i].ID, c.ID)
		require.InDelta(t, chosen.Fill.Next[i].P, c.P, 1e-5)
		if c.ID == chosen.Fill.Hidden.ID {
			require.InDelta(t, c.P, chosen.Fill.P[2], 1e-5)
		}
	}
	for prompt, want := range map[string]string{
		"": "is empty", "a [MASK] and a [MASK]": "more than once"} {
		status, answer := playtest.Call(t, "POST", ts.URL+"/api/inside",
			fmt.Sprintf(`{"model":"bert","prompt":%q}`, prompt))
		require.Equal(t, 400, status)
		require.Contains(t, answer, want)
	}
	status, _ := playtest.Call(t, "POST", ts.URL+"/api/inside",
		`{"model":"bert","prompt":"once","gap":7}`)
	require.Equal(t, 400, status)
}

// TestNotCausal checks that models without a next-token distribution are shown only where they can
// answer.
func TestNotCausal(t *testing.T) {
	s, ts := bothServer(t, Options{})
	require.Len(t, s.models.List(), 10)
	got := playtest.OK[nextReply](t, "POST", ts.URL+"/api/next", `{"prompt":"once"}`)
	require.Len(t, got.Models, 8)
	for path, body := range map[string]string{
		"/api/next":       `{"models":["bert"],"prompt":"once"}`,
		"/api/generate":   `{"models":["word2vec"],"prompt":"once"}`,
		"/api/compress":   `{"models":["bert"],"text":"once"}`,
		"/v1/completions": `{"model":"bert","prompt":"once"}`,
		"/api/jobs":       `{"kind":"compare","models":["bert"]}`,
	} {
		status, text := playtest.Call(t, "POST", ts.URL+path, body)
		require.Equal(t, 400, status, path)
		require.Contains(t, text, "no next-token distribution")
	}
	require.NotContains(t, playtest.OK[any](t, "GET", ts.URL+"/v1/models", ""), "bert")
	status, _ := playtest.Call(t, "POST", ts.URL+"/api/inside", `{"model":"word2vec"}`)
	require.Equal(t, 404, status)
}

// TestAnalogy checks the words of an analogy and its refusals, and the classes of the map.
func TestAnalogy(t *testing.T) {
	_, ts := bothServer(t, Options{})
	got := playtest.OK[struct{ Answers []neighbour }](t, "POST", ts.URL+"/api/analogy",
		`{"model":"word2vec","a":"spring","b":"mild","c":"winter"}`)
	require.Len(t, got.Answers, maxNear)
	for _, a := range got.Answers {
		require.NotContains(t, []string{" spring", " mild", " winter"}, a.Text)
	}
	for body, param := range map[string]string{
		`{"model":"word2vec","a":"spring","b":"qqq","c":"winter"}`: "b",
		`{"model":"word2vec","a":"","b":"mild","c":"winter"}`:      "a",
		`{"model":"ngram","a":"spring","b":"mild","c":"winter"}`:   "model",
	} {
		_, text := playtest.Call(t, "POST", ts.URL+"/api/analogy", body)
		require.Contains(t, text, `"param":"`+param+`"`)
	}
	drawn := playtest.OK[struct {
		Points  []point
		Classes []string
	}](t, "GET", ts.URL+"/api/embeddings/word2vec", "")
	require.Contains(t, drawn.Classes, "animal")
	for _, p := range drawn.Points {
		if p.Text == " gull" {
			require.Equal(t, "animal", p.Class)
		}
	}
	require.Equal(t, "job", world.WordClass("potter"))
	require.Empty(t, world.WordClass("the"))
}

// TestSampling checks that the sampling fields of /api/next do what generation does.
func TestSampling(t *testing.T) {
	_, ts := testServer(t, Options{})
	ask := func(fields string) nextAnswer {
		return playtest.OK[nextReply](t, "POST", ts.URL+"/api/next",
			`{"models":["gpt"],"prompt":"once in spring , on a","top":100`+fields+`}`).Models[0]
	}
	plain := ask("")
	require.Nil(t, plain.Drawn)
	require.Nil(t, plain.Next[0].Q)
	hot := ask(`,"temperature":2,"top_k":3`)
	require.Equal(t, 3, hot.Drawn.Kept)
	sum := 0.0
	for i, c := range hot.Next {
		require.InDelta(t, plain.Next[i].P, c.P, 1e-9)
		sum += *c.Q
	}
	require.InDelta(t, 1, sum, 1e-9)
	require.InDelta(t, math.Sqrt(plain.Next[0].P/plain.Next[1].P), *hot.Next[0].Q / *hot.Next[1].Q,
		1e-6)
	greedy := ask(`,"temperature":0`)
	require.Equal(t, greedy.Next[0].ID, greedy.Drawn.Token.ID)
	require.Equal(t, ask(`,"seed":4`).Drawn, ask(`,"seed":4`).Drawn)
	status, text := playtest.Call(t, "POST", ts.URL+"/api/next", `{"prompt":"once","top_p":2}`)
	require.Equal(t, 400, status)
	require.Contains(t, text, `"param":"top_p"`)
}

// TestUnits checks that the view of one unit reads more of the text than the view of all signals.
func TestUnits(t *testing.T) {
	_, ts := testServer(t, Options{})
	for model, name := range map[string]string{"lstm": "c", "gru": "h", "rnn": "h"} {
		got := playtest.OK[struct {
			Tokens  []seen
			Signals []signal
		}](t, "POST", ts.URL+"/api/inside",
			fmt.Sprintf(`{"model":%q,"view":"units","prompt":%q}`, model,
				"once in spring , on a windy evening , two friends met in lorrin . it was a tale "+
					"of the forest . lena was a potter with a green rope . rosa was a doctor with "+
					"a purple axe . "+
					"then lena went to the hut . the gull would yawn happily near the pier ."))
		require.Len(t, got.Signals, 1)
		require.Equal(t, name, got.Signals[0].Name)
		require.Greater(t, len(got.Tokens), maxSeen)
		require.Len(t, got.Signals[0].Values, len(got.Tokens))
	}
}
