package rnn

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

var (
	_ nn.Encoder  = (*ELMo)(nil)
	_ nn.Embedder = (*ELMo)(nil)
	_ lm.Filler   = (*ELMo)(nil)
)

func elmo(t testing.TB, c ELMoConfig) *ELMo {
	t.Helper()
	m, err := NewELMo(c, nntest.Rand())
	require.NoError(t, err)
	for _, p := range nn.Params(m) {
		if p.Grad != nil {
			for i := range p.Data {
				p.Data[i] *= 2
			}
		}
	}
	return m
}

// Loss, hidden vectors and every gradient are those of PyTorch, for a batch with whole documents
// and with documents whose beginning or end lies outside the batch.
func TestELMoGolden(t *testing.T) {
	g := nntest.Read[ELMoConfig](t, "elmo")
	m, err := NewELMo(g.Config, nntest.Rand())
	require.NoError(t, err)
	params := nn.Params(m)
	slices.SortFunc(params, func(a, b nn.Param) int { return strings.Compare(a.Name, b.Name) })
	nntest.Fill(params)
	g.CheckHidden(t, m)
	g.CheckLoss(t, m)
}

// The two directions share embeddings and output layer, even in a replica.
func TestELMoShares(t *testing.T) {
	m := elmo(t, ELMoConfig{VocabSize: 7, NEmbd: 4, Layers: 2})
	for _, p := range nn.Params(m) {
		require.NotRegexp(t, "^backward.(encoder|decoder)", p.Name)
	}
	twin := nn.Replica(m)
	require.Same(t, twin.Forward.Encoder.Weight, twin.Backward.Encoder.Weight)
	require.NotSame(t, m.Forward.Encoder.Weight, twin.Forward.Encoder.Weight)
}

func TestReverse(t *testing.T) {
	x := []lm.Token{0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 0, 0, 8, 9, 0, 1}
	y := []lm.Token{1, 2, 3, 0, 4, 5, 6, 5, 7, 0, 0, 8, 9, 0, 1, -1}
	tape := autograd.NewForward()
	r := reverse(tape, nntest.Batch(2, 8, x, y))
	require.Equal(t, []lm.Token{0, 3, 2, 1, 0, 6, 5, 4, 0, 7, 0, 0, 9, 8, 0, 1}, r.x)
	require.Equal(t, []lm.Token{3, 2, 1, 0, -1, 5, 4, 0, 7, 0, 0, 9, 8, 0, -1, 0}, r.y)
	require.Equal(t, []int32{0, 3, 2, 1, 4, 7, 6, 5, 8, 9, 10, 11, 13, 12, 14, 15}, r.from)
	for i, at := range r.from {
		require.Equal(t, x[i], r.x[at])
	}

	inside := reverse(tape, nntest.Batch(1, 4, []lm.Token{5, 6, 0, 7}, []lm.Token{6, 0, 7, 0}))
	require.Equal(t, []lm.Token{6, 5, 0, 7}, inside.x)
	require.Equal(t, []lm.Token{5, -1, 7, 0}, inside.y, "what stands before 5 is unknown")

	padded := reverse(tape, nntest.Batch(1, 4, []lm.Token{0, 5, 6, 7}, []lm.Token{5, -1, 7, 0}))
	require.Equal(t, []lm.Token{7, -1, 5, 0}, padded.y, "6 is no target, in either direction")
}

// The backward half predicts a text as a forward model predicts the reversed text.
func TestScoreBackward(t *testing.T) {
	m := elmo(t, ELMoConfig{VocabSize: 9, NEmbd: 6, Layers: 2})
	tokens := []lm.Token{3, 1, 4, lm.BOS, 5, lm.BOS, lm.BOS, 2, 6}
	got := m.ScoreBackward(nil, tokens)
	turned := lm.Score(m.Backward, []lm.Token{4, 1, 3, lm.BOS})
	require.InDeltaSlice(t, []float64{turned[2], turned[1], turned[0], turned[3]}, got[:4], 1e-5)
	require.InDeltaSlice(t, lm.Score(m.Backward, []lm.Token{5, lm.BOS}), got[4:6], 1e-5)
	require.InDeltaSlice(t, lm.Score(m.Backward, []lm.Token{lm.BOS}), got[6:7], 1e-5)
	last := lm.Score(m.Backward, []lm.Token{6, 2})
	require.InDeltaSlice(t, []float64{last[1], last[0]}, got[7:], 1e-5)
	require.Empty(t, m.ScoreBackward(nil, nil))
}

func TestELMoFills(t *testing.T) {
	m := elmo(t, ELMoConfig{VocabSize: 9, NEmbd: 6, Layers: 2})
	m.SetUnigram([]int{5, 1, 2, 30, 4, 5, 0, 7, 8})
	lmtest.CheckFiller(t, m, 1e-6, 0, 1, 2, 17, 70)

	tokens := []lm.Token{3, 1, 4, 2, lm.BOS}
	forward := m.Forward.NextLogProbs(nil, tokens[:1])
	s := m.Backward.Start()
	s.Push(2)
	s.Push(4)
	backward := s.NextLogProbs(nil)
	want, sum := make([]float64, 9), 0.0
	for v := range want {
		want[v] = math.Exp(forward[v] + backward[v] - float64(m.Unigram.Data[v]))
		sum += want[v]
	}
	for v, p := range m.FillLogProbs(nil, tokens, 1) {
		require.InDelta(t, want[v]/sum, math.Exp(p), 1e-9)
	}
}

// The forward half is a causal language model.
func TestELMoForwardHalf(t *testing.T) {
	lmtest.Check(t, elmo(t, ELMoConfig{VocabSize: 11, NEmbd: 7, Layers: 2}).Causal(), 2e-5, 0, 1, 2,
		17, 63, 64, 65, 150)
}

func TestELMoLearns(t *testing.T) {
	c := ELMoConfig{VocabSize: 10, NEmbd: 8, Layers: 2}
	nntest.CheckPacked(t, elmo(t, c))
	c.Dropout = 0.3
	nntest.CheckDropout(t, elmo(t, c))
	c.VocabSize, c.NEmbd = 5, 3
	nntest.CheckGradients(t, elmo(t, c), nntest.SmallBatch())
}
