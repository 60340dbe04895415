package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// inspectable is a model with its own prediction of tokens[at].
type inspectable struct {
	Inspector
	layers, heads int
	window        int
	own           func(tokens []lm.Token, at int) []float64
	both          bool
}

func inspectables(t require.TestingT, window int, smear bool) []inspectable {
	gpt := Config{VocabSize: 7, NEmbd: 8, NLayer: 2, NHead: 2, NPositions: window, Smear: smear}
	post := gpt
	post.Norm = PostNorm
	llama := LlamaConfig{VocabSize: 7, HiddenSize: 8, NumHiddenLayers: 3, NumAttentionHeads: 4,
		NumKeyValueHeads: 2, MaxPositionEmbeddings: window}
	next := func(m lm.Model) func([]lm.Token, int) []float64 {
		return func(tokens []lm.Token, at int) []float64 { return m.NextLogProbs(nil, tokens[:at]) }
	}
	a, b, c := loud(t, gpt), loud(t, post), loudLlama(t, llama)
	all := []inspectable{
		{a, 2, 2, window, next(a), false},
		{b, 2, 2, window, next(b), false},
		{c, 3, 4, window, next(c), false},
	}
	if window >= 3 {
		d := loudBERT(t, BERTConfig{VocabSize: 9, NEmbd: 8, NLayer: 2, NHead: 2, NPositions: window,
			MaskToken: 7, SepToken: 8})
		all = append(all, inspectable{d, 2, 2, window, func(x []lm.Token, at int) []float64 {
			return d.FillLogProbs(nil, x, at)
		}, true})
	}
	return all
}

// TestInspect checks that every model predicts the same with plain attention and through the lens,
// inside and beyond its window, that the shapes are those of the model, and that the weights sum to
// 1.
func TestInspect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.IntRange(1, 9).Draw(t, "window")
		tokens := rapid.SliceOfN(rapid.Int32Range(0, 6), 1, 20).Draw(t, "tokens")
		at := rapid.IntRange(0, len(tokens)-1).Draw(t, "at")
		for _, m := range inspectables(t, window, rapid.Bool().Draw(t, "smear")) {
			in := m.Inspect(tokens, at)
			n := len(in.Tokens)
			require.LessOrEqual(t, n, window)
			require.Len(t, in.Stream, m.layers+1)
			last := in.Stream[m.layers][in.At]
			require.InDeltaSlice(t, m.own(tokens, at), m.Lens(nil, last), 1e-4)
			require.Len(t, in.Layers, m.layers)
			for _, layer := range in.Layers {
				require.Len(t, layer.Q, m.heads)
				checkHeads(t, layer, n, m.both)
			}
		}
	})
}

// checkHeads recomputes the weights and outputs of a layer from its queries, keys and values.
func checkHeads(t require.TestingT, l LayerInspection, n int, both bool) {
	for h := range l.Q {
		require.Len(t, l.Q[h], n)
		for i, row := range l.Att[h] {
			sees := i + 1
			if both {
				sees = n
			}
			y, att := attention(l.Q[h][i], l.K[h][:sees], l.V[h][:sees])
			require.InDeltaSlice(t, att, row, 1e-5)
			require.InDeltaSlice(t, y, l.Out[i][h*len(y):][:len(y)], 1e-5)
			sum := float32(0)
			for _, a := range row {
				sum += a
			}
			require.InDelta(t, 1, sum, 1e-5)
		}
	}
}

// TestInspectParts checks that the stream begins with the sum of the embeddings, which BERT
// normalises.
func TestInspectParts(t *testing.T) {
	for _, m := range inspectables(t, 9, false) {
		in := m.Inspect([]lm.Token{3, 1, 4, 1, 5}, 3)
		sum := make([]float32, len(in.Stream[0][0]))
		for _, p := range in.Parts {
			for i, v := range p.Values {
				sum[i] += v
			}
		}
		if bert, ok := m.Inspector.(*BERT); ok {
			tape := autograd.NewForward()
			normed := bert.Encoder.Embeddings.Norm.Forward(tape, tape.Const(1, len(sum), sum))
			require.InDeltaSlice(t, normed.Data, in.Stream[0][in.At], 1e-5)
			require.Equal(t, bert.Config.MaskToken, in.Tokens[in.At])
			continue
		}
		require.InDeltaSlice(t, sum, in.Stream[0][in.At], 1e-6)
		require.Equal(t, lm.Token(4), in.Tokens[in.At])
	}
}

// TestWithout checks that replacing the output of a head with its mean changes the prediction,
// except in a document with one position, where the mean is the output itself.
func TestWithout(t *testing.T) {
	tokens := []lm.Token{3, 1, 4, 1, 5}
	for _, m := range inspectables(t, 9, true) {
		less, err := m.Without([]Head{{1, 1}}, tokens, 4)
		require.NoError(t, err)
		own, in := m.own(tokens, 4), less.Inspect(tokens, 4)
		last := in.Stream[m.layers][in.At]
		require.NotEqual(t, own, less.Lens(nil, last))
		require.Equal(t, m.Inspect(tokens, 4).Stream[1], in.Stream[1], "the layer below")
		if !m.both {
			same, err := m.Without([]Head{{1, 1}}, tokens, 0)
			require.NoError(t, err)
			in = same.Inspect(tokens, 0)
			require.InDeltaSlice(t, m.own(tokens, 0), same.Lens(nil, in.Stream[m.layers][in.At]),
				1e-4)
		}
		_, err = m.Without([]Head{{9, 0}}, tokens, 4)
		require.ErrorContains(t, err, "no head 0 in layer 9")
	}
}

// TestAttentionWindow checks that the window of a short text is BOS and the text, without an
// earlier document.
func TestAttentionWindow(t *testing.T) {
	m := loud(t, Config{VocabSize: 7, NEmbd: 8, NLayer: 1, NHead: 2, NPositions: 8})
	window, att := m.Attention([]lm.Token{3, 4, lm.BOS, 5, 6})
	require.Equal(t, []lm.Token{lm.BOS, 5, 6}, window)
	require.Len(t, att, 1)
	require.Len(t, att[0], 2)
	require.Equal(t, []float32{1}, att[0][0][0])
}
