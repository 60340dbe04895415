package align

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
	"lmzoo/prompt"
	"lmzoo/transformer"
)

// The data of testdata/stages.py, where token 10 is [END].
var (
	goldenConversations = []prompt.Encoded{
		encodedAs([]lm.Token{8, 3, 5, 9}, []lm.Token{2, 7, 10}),
		encodedAs([]lm.Token{8, 9}, []lm.Token{10}),
		encodedAs([]lm.Token{8, 1, 9}, []lm.Token{4, 10}),
	}
	goldenPairs = []Pair{
		{Prompt: []lm.Token{8, 3, 9}, Chosen: []lm.Token{2, 7, 10}, Rejected: []lm.Token{4, 10}},
		{Prompt: []lm.Token{8, 9}, Chosen: []lm.Token{10}, Rejected: []lm.Token{1, 1, 6, 10}},
		{Prompt: []lm.Token{8, 5, 5, 9}, Chosen: []lm.Token{6, 10}, Rejected: []lm.Token{7, 10}},
	}
	goldenText = []lm.Token{1, 2, 3, 4, 5, 0}
)

func encodedAs(prompt, answer []lm.Token) (e prompt.Encoded) {
	e.Tokens = append(append(e.Tokens, prompt...), answer...)
	e.Loss = make([]bool, len(e.Tokens))
	for i := range answer {
		e.Loss[len(prompt)+i] = true
	}
	return e
}

// goldenGPT returns the GPT of a golden file, with its weights.
func goldenGPT(t *testing.T, name string) (*transformer.Model, *nntest.Golden[transformer.Config]) {
	g := nntest.Read[transformer.Config](t, name)
	m, err := transformer.New(g.Config, nntest.Rand())
	require.NoError(t, err)
	nntest.Fill(nn.Params(m))
	return m, g
}

func goldenBatch(t *testing.T) (b corpus.Batch) {
	c := conversations(t, goldenConversations, SFTOptions{Batch: 2, Context: 8, Mask: true})
	require.Equal(t, 2, c.Rows(), "two conversations share a row")
	c.Batch(&b, 0)
	return b
}

// readMore reads the fields of a golden file that nntest.Golden does not have.
func readMore(t *testing.T, name string, to any) {
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, to))
}

// requireClose requires a number to agree with PyTorch's, to a relative error of 1e-4.
func requireClose(t *testing.T, want, got float64) {
	t.Helper()
	require.InDelta(t, want, got, 1e-4*max(math.Abs(want), 1e-2))
}

// TestSFTGolden checks that the masked loss of packed conversations and its gradient equal
// PyTorch's over separate conversations.
func TestSFTGolden(t *testing.T) {
	m, g := goldenGPT(t, "sft")
	g.CheckLossOf(t, m, func(tape *autograd.Tape) *autograd.Tensor {
		return m.Loss(tape, goldenBatch(t))
	})
}

// TestLoRAGolden compares loss, logits and gradients of A, B and the rows of tokens with PyTorch,
// for both layouts of a matrix.
func TestLoRAGolden(t *testing.T) {
	gpt, _ := goldenGPT(t, "lora")
	checkLoRA(t, gpt, nntest.Read[any](t, "lora"))

	g := nntest.Read[transformer.LlamaConfig](t, "loralinear")
	llama, err := transformer.NewLlama(g.Config, nntest.Rand())
	require.NoError(t, err)
	nntest.Fill(nn.Params(llama))
	checkLoRA(t, llama, nntest.Read[any](t, "loralinear"))
}

func checkLoRA(t *testing.T, m Policy, g *nntest.Golden[any]) {
	t.Helper()
	l, err := NewLoRA(m, LoRAOptions{Rank: 2, Alpha: 6, Tokens: []lm.Token{8, 9, 10}},
		rand.New(rand.NewPCG(1, 1)))
	require.NoError(t, err)
	nntest.Fill(nn.Params(l))
	g.CheckLossOf(t, l, func(tape *autograd.Tape) *autograd.Tensor {
		return l.Loss(tape, goldenBatch(t))
	})
	row := 0
	for _, e := range goldenConversations {
		tokens := append([]lm.Token{lm.BOS}, e.Tokens...)
		for i := range e.Tokens {
			got := l.NextLogProbs(nil, tokens[1:i+1])
			want := logSoftmax(g.Logits[row])
			require.InDeltaSlice(t, want, got, 1e-4)
			row++
		}
	}
	require.Equal(t, len(g.Logits), row)
}

func logSoftmax(logits []float64) (out []float64) {
	sum := 0.0
	for _, x := range logits {
		sum += math.Exp(x)
	}
	for _, x := range logits {
		out = append(out, x-math.Log(sum))
	}
	return out
}

// TestRewardGolden compares scores, loss and gradients of a reward model with PyTorch (Ouyang et
// al. 2022, equation 1).
func TestRewardGolden(t *testing.T) {
	g := nntest.Read[transformer.Config](t, "reward")
	m, err := transformer.New(g.Config, nntest.Rand())
	require.NoError(t, err)
	r := rewardOf(t, m)
	nntest.Fill(nn.Params(r))
	r.Center = 0.1
	s, err := NewPairs(goldenPairs, nil, PairOptions{Batch: 3, Context: 8})
	require.NoError(t, err)
	var b PairBatch
	s.Batch(&b, 0)
	g.CheckLossOf(t, r, func(tape *autograd.Tape) *autograd.Tensor { return r.Loss(tape, b) })

	var more struct{ Scores [][2]float64 }
	readMore(t, "reward", &more)
	for i, p := range goldenPairs {
		requireClose(t, more.Scores[i][0], r.Score(append(p.Prompt[:len(p.Prompt):len(p.Prompt)],
			p.Chosen...)))
		requireClose(t, more.Scores[i][1], r.Score(append(p.Prompt[:len(p.Prompt):len(p.Prompt)],
			p.Rejected...)))
	}
}

// TestDPOGolden compares reference, implicit rewards, loss and gradients of a policy that has moved
// away from its reference with PyTorch (Rafailov et al. 2023, equation 7), with both anchors.
func TestDPOGolden(t *testing.T) {
	m, g := goldenGPT(t, "dpo")
	raw, err := corpus.NewWindows([][]lm.Token{goldenText}, 1, 8, 1)
	require.NoError(t, err)
	s, err := NewPairs(goldenPairs, raw, PairOptions{Batch: 3, Context: 8})
	require.NoError(t, err)
	d, err := NewDPO(t.Context(), m, s, DPOOptions{Beta: 0.3, NLL: 0.2, Rehearse: 0.5})
	require.NoError(t, err)
	for k, p := range nn.Params(m) {
		for i := range p.Data {
			p.Data[i] += float32(0.1 * math.Cos(0.2*float64(i)+float64(k)))
		}
	}
	var b PairBatch
	s.Batch(&b, 0)
	g.CheckLossOf(t, m, func(tape *autograd.Tape) *autograd.Tensor { return d.Loss(tape, b) })

	var more struct {
		Preference               float64
		Rewards, Reference, Logs [][2]float64
	}
	readMore(t, "dpo", &more)
	got, err := d.Measure(t.Context(), s)
	require.NoError(t, err)
	var want Preference
	for i := range goldenPairs {
		for side := range 2 {
			requireClose(t, more.Reference[i][side], s.reference[i][side])
		}
		want.add(more.Logs[i][0], more.Logs[i][1], more.Rewards[i][0], more.Rewards[i][1])
	}
	requireClose(t, more.Preference, got.Loss)
	requireClose(t, want.Chosen/3, got.Chosen)
	requireClose(t, want.Rejected/3, got.Rejected)
	requireClose(t, want.Margin/3, got.Margin)
	requireClose(t, want.LogChosen/3, got.LogChosen)
	requireClose(t, want.Accuracy/3, got.Accuracy)
}
