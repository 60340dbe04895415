package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

var allChanges = Changes{Rotary: true, RMSNorm: true, SwiGLU: true, NoBias: true, SharedKeys: true,
	PlainInit: true}

// TestHybridBeginsAsGPT: without a change, a Hybrid with GPT's weights has GPT's loss.
func TestHybridBeginsAsGPT(t *testing.T) {
	gpt := loud(t, Config{VocabSize: 13, NPositions: 8, NEmbd: 16, NLayer: 2, NHead: 4})
	m, err := NewHybrid(smallLlama, Changes{}, nntest.Rand())
	require.NoError(t, err)
	require.Equal(t, gpt.Shape(8).FLOPs, m.Shape(8).FLOPs)
	require.Equal(t, gpt.Shape(8).Params, m.Shape(8).Params)
	turn := func(to *nn.LinearT, from *nn.Linear) {
		copy(to.Bias.Data, from.Bias.Data)
		for i := range from.Weight.Rows {
			for j, v := range from.Weight.Row(i) {
				to.Weight.Row(j)[i] = v
			}
		}
	}
	same := func(to norm, from *nn.LayerNorm) {
		copy(to.(*nn.LayerNorm).Weight.Data, from.Weight.Data)
		copy(to.(*nn.LayerNorm).Bias.Data, from.Bias.Data)
	}
	copy(m.Tokens.Weight.Data, gpt.WTE.Weight.Data)
	copy(m.Positions.Weight.Data, gpt.WPE.Weight.Data)
	for i, b := range gpt.H {
		l := m.Layers[i]
		same(l.Norm1, b.LN1)
		turn(l.QKV, b.Attn.CAttn)
		turn(l.Proj, b.Attn.CProj)
		same(l.Norm2, b.LN2)
		turn(l.Wide, b.MLP.CFC)
		turn(l.Down, b.MLP.CProj)
	}
	same(m.Norm, gpt.LNF)
	checkSame(t, gpt, m)
}

// TestHybridEndsAsLlama: with all changes, a Hybrid with a Llama's weights has its loss.
func TestHybridEndsAsLlama(t *testing.T) {
	cfg := smallLlama
	cfg.TieWordEmbeddings = true
	llama := loudLlama(t, cfg)
	m, err := NewHybrid(cfg, allChanges, nntest.Rand())
	require.NoError(t, err)
	require.Equal(t, llama.Shape(8).FLOPs, m.Shape(8).FLOPs)
	require.Equal(t, llama.Shape(8).Params, m.Shape(8).Params)
	side := func(to *nn.LinearT, from ...*nn.LinearT) {
		at := 0
		for _, l := range from {
			at += copy(to.Weight.Data[at:], l.Weight.Data)
		}
		require.Len(t, to.Weight.Data, at)
	}
	copy(m.Tokens.Weight.Data, llama.Model.EmbedTokens.Weight.Data)
	for i, b := range llama.Model.Layers {
		l := m.Layers[i]
		copy(l.Norm1.(*nn.RMSNorm).Weight.Data, b.InputNorm.Weight.Data)
		side(l.QKV, b.Attention.Q, b.Attention.K, b.Attention.V)
		side(l.Proj, b.Attention.O)
		copy(l.Norm2.(*nn.RMSNorm).Weight.Data, b.PostNorm.Weight.Data)
		side(l.Wide, b.MLP.Gate, b.MLP.Up)
		side(l.Down, b.MLP.Down)
	}
	copy(m.Norm.(*nn.RMSNorm).Weight.Data, llama.Model.Norm.Weight.Data)
	checkSame(t, llama, m)
}

// checkSame compares the loss of two models and the scores of a text longer than their window.
func checkSame(t *testing.T, a, b interface {
	lm.Model
	nntest.Learner
	Score(dst []float64, tokens []lm.Token) []float64
}) {
	t.Helper()
	x := []lm.Token{0, 3, 4, 0, 7, 8, 9, 0, 5, 6}
	y := []lm.Token{3, 4, 0, 7, 8, 9, 0, 5, 6, 2}
	batch := corpus.Batch{B: 1, T: len(x), X: x, Y: y, N: len(x)}
	require.InDelta(t, a.Loss(autograd.NewForward(), batch).Data[0],
		b.Loss(autograd.NewForward(), batch).Data[0], 1e-5)
	text := make([]lm.Token, 30)
	for i := range text {
		text[i] = lm.Token(1 + i*i%12)
	}
	require.InDeltaSlice(t, a.Score(nil, text), b.Score(nil, text), 1e-4)
	require.InDeltaSlice(t, a.NextLogProbs(nil, text), b.NextLogProbs(nil, text), 1e-4)
}

// TestHybridGradients: with each change on its own, the gradients are the slopes of the loss.
func TestHybridGradients(t *testing.T) {
	for _, changes := range []Changes{{}, {Rotary: true}, {RMSNorm: true}, {SwiGLU: true},
		{NoBias: true}, {SharedKeys: true}, allChanges} {
		m, err := NewHybrid(tinyLlama, changes, nntest.Rand())
		require.NoError(t, err)
		for i, p := range nn.Params(m) {
			for j := range p.Data {
				p.Data[j] += 0.3 * float32((i+3*j)%7-3) / 3
			}
		}
		nntest.CheckGradients(t, m, nntest.SmallBatch())
	}
}
