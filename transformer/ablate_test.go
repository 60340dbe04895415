package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// fixed is a memory that replaces the outputs of heads, the slow way.
type fixed struct {
	memory
	size  int // channels of a head
	heads []Head
	means [][]float32 // nil: zeros
}

func (f fixed) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	y := f.memory.attend(t, layer, qkv)
	for _, h := range f.heads {
		for i := range y.Rows {
			for j := h.Head * f.size; h.Layer == layer && j < (h.Head+1)*f.size; j++ {
				y.Row(i)[j] = 0
				if f.means != nil {
					y.Row(i)[j] = f.means[layer][j]
				}
			}
		}
	}
	return y
}

var (
	ablatedHeads = []Head{{0, 3}, {2, 0}, {2, 1}}
	ablatedText  = corpus.Batch{B: 2, T: 6,
		X: []lm.Token{lm.BOS, 3, 1, 4, 1, 5, lm.BOS, 2, 6, 5, 3, 5}}
)

// TestAblate checks that changing the weights has the same effect as changing the heads' outputs,
// in training and in generation.
func TestAblate(t *testing.T) {
	m := loud(t, Config{VocabSize: 7, NEmbd: 8, NLayer: 3, NHead: 4, NPositions: 9})
	b := ablatedText
	before := m.NextLogProbs(nil, b.X)
	for _, mean := range [][][]float32{nil, m.HeadMeans(b)} {
		a, err := m.Ablate(ablatedHeads, mean)
		require.NoError(t, err)
		tape := autograd.NewForward()
		docs := m.pack(tape, b.B, b.T, b.X)
		want := m.forward(tape, b.X, docs.pos, fixed{docs, 2, ablatedHeads, mean})
		require.InDeltaSlice(t, want.Data, a.Hidden(tape, b)[3].Data, 1e-5)
		require.NotEqual(t, before, a.NextLogProbs(nil, b.X))
		lmtest.Check(t, a, 1e-4, 0, 1, 2, 7, 20)
	}
	require.Equal(t, before, m.NextLogProbs(nil, b.X), "the model itself does not change")
	same, err := m.Ablate(nil, nil)
	require.NoError(t, err)
	require.Equal(t, before, same.NextLogProbs(nil, b.X))
}

func TestAblateLlama(t *testing.T) {
	cfg := LlamaConfig{VocabSize: 7, HiddenSize: 8, NumHiddenLayers: 3, NumAttentionHeads: 4,
		NumKeyValueHeads: 2, MaxPositionEmbeddings: 9}
	m, b := loudLlama(t, cfg), ablatedText
	before := m.NextLogProbs(nil, b.X)
	for _, mean := range [][][]float32{nil, m.HeadMeans(b)} {
		a, err := m.Ablate(ablatedHeads, mean)
		require.NoError(t, err)
		tape := autograd.NewForward()
		docs := m.pack(tape, b.B, b.T, b.X)
		want := m.forward(tape, b.X, docs.pos, fixed{docs, 2, ablatedHeads, mean})
		require.InDeltaSlice(t, want.Data, a.Hidden(tape, b)[3].Data, 1e-5)
		require.NotEqual(t, before, a.NextLogProbs(nil, b.X))
		lmtest.Check(t, a, 1e-4, 0, 1, 2, 7, 20)
	}
	require.Equal(t, before, m.NextLogProbs(nil, b.X), "the model itself does not change")
}

// TestAblateInt8 checks that a model with int8 weights and without a head gives the same results in
// training and in generation.
func TestAblateInt8(t *testing.T) {
	m := loud(t, Config{VocabSize: 7, NEmbd: 8, NLayer: 3, NHead: 4, NPositions: 9})
	m.Quantize()
	a, err := m.Ablate(ablatedHeads, m.HeadMeans(ablatedText))
	require.NoError(t, err)
	lmtest.Check(t, a, 1e-4, 0, 1, 2, 7, 20)
}

// TestHeadMeans compares the means with the outputs of the plain attention.
func TestHeadMeans(t *testing.T) {
	m := loud(t, Config{VocabSize: 7, NEmbd: 8, NLayer: 1, NHead: 2, NPositions: 9})
	tape := autograd.NewForward()
	h := m.embed(tape, []int32{lm.BOS, 3, 1, 4}, []int32{0, 1, 2, 3})
	qkv := m.H[0].Attn.CAttn.Forward(tape, m.H[0].LN1.Forward(tape, h))
	y, _ := plainHeads(tape, qkv, 2, 2, false)
	got := m.HeadMeans(corpus.Batch{B: 1, T: 4, X: []lm.Token{lm.BOS, 3, 1, 4}})
	for j := range 8 {
		want := (y.Row(0)[j] + y.Row(1)[j] + y.Row(2)[j] + y.Row(3)[j]) / 4
		require.InDelta(t, want, got[0][j], 1e-5)
	}
}

func TestAblateNoSuchHead(t *testing.T) {
	m := loud(t, Config{VocabSize: 7, NEmbd: 8, NLayer: 1, NHead: 2, NPositions: 9})
	for _, h := range []Head{{1, 0}, {-1, 0}, {0, 2}, {0, -1}} {
		_, err := m.Ablate([]Head{h}, nil)
		require.ErrorContains(t, err, "want a head in [0, 2) of a layer in [0, 1)")
	}
}
