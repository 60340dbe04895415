package transformer

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

var (
	_ lm.FillScorer = (*BERT)(nil)
	_ nn.Encoder    = (*BERT)(nil)
	_ nn.Embedder   = (*BERT)(nil)
)

var smallBERT = BERTConfig{VocabSize: 13, NPositions: 8, NEmbd: 12, NLayer: 2, NHead: 3, NSP: true}

func loudBERT(t require.TestingT, cfg BERTConfig) *BERT { return nntest.Build(t, NewBERT, cfg) }

// TestBERTGolden: logits, hidden vectors, losses and every gradient are those of PyTorch, with and
// without next-sentence prediction.
func TestBERTGolden(t *testing.T) {
	for _, name := range []string{"bert", "mlm"} {
		t.Run(name, func(t *testing.T) {
			g := nntest.Read[BERTConfig](t, name)
			m, err := NewBERT(g.Config, nntest.Rand())
			require.NoError(t, err)
			nntest.Fill(nn.Params(m))
			b := maskedBatch(g.B, g.T, g.X, g.Y, g.Next)

			tape := autograd.NewForward()
			h := m.transform(tape, m.encode(tape, g.T, g.X, rangeOf(tape, 0, len(g.X))))
			g.CheckLogits(t, tape.LinearT(h, m.Embeddings(), m.Heads.Predictions.Bias))
			g.CheckHidden(t, m)
			g.CheckLossOf(t, m, func(tape *autograd.Tape) *autograd.Tensor {
				return m.Loss(tape, b)
			})
		})
	}
}

// maskedBatch returns the batch of a whole step, whose denominators are the counts of its own
// targets.
func maskedBatch(b, t int, x, y []lm.Token, next []int32) MaskedBatch {
	m := MaskedBatch{Batch: nntest.Batch(b, t, x, y), Next: next}
	for _, label := range next {
		if label >= 0 {
			m.Pairs++
		}
	}
	return m
}

func TestBERTFiller(t *testing.T) {
	lmtest.CheckFiller(t, loudBERT(t, smallBERT), 2e-5, 0, 1, 2, 5, 6, 7, 8, 20)
}

// TestFillIsTheGoldenPath: FillLogProbs reads the text with [MASK] at i, between [CLS] and [SEP].
func TestFillIsTheGoldenPath(t *testing.T) {
	m := loudBERT(t, smallBERT)
	x, at := m.masked([]lm.Token{4, 0, 1, 2, 3, 0, 5}, 3)
	require.Equal(t, []lm.Token{0, 1, 11, 3, 12}, x)
	require.Equal(t, 2, at)
	x, at = m.masked([]lm.Token{1, 2, 12, 3}, 0) // two sentences
	require.Equal(t, []lm.Token{0, 11, 2, 12, 3, 12}, x)
	require.Equal(t, 1, at)
	x, at = m.masked([]lm.Token{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 6) // longer than the window of 8
	require.Equal(t, []lm.Token{3, 4, 5, 6, 11, 8, 9, 10}, x)
	require.Equal(t, 4, at)
}

// TestBERTSeesBothSides: a token changes the predictions for gaps before it and after it.
func TestBERTSeesBothSides(t *testing.T) {
	m := loudBERT(t, smallBERT)
	for _, other := range []int{0, 4} {
		a, b := []lm.Token{1, 2, 3, 4, 5}, []lm.Token{1, 2, 3, 4, 5}
		b[other] = 9
		require.NotEqual(t, m.FillLogProbs(nil, a, 2), m.FillLogProbs(nil, b, 2))
	}
}

func TestBERTGradients(t *testing.T) {
	for _, dropout := range []float64{0, 0.2} {
		m := loudBERT(t,
			BERTConfig{VocabSize: 7, NPositions: 6, NEmbd: 4, NLayer: 2, NHead: 2, NSP: true,
				Dropout: dropout})
		x := []lm.Token{0, 5, 1, 6, 5, 6, 3, 4, 5, 0, 2, 5}
		y := []lm.Token{-1, 2, -1, -1, 1, -1, 3, -1, 4, -1, -1, 1}
		b := maskedBatch(2, 6, x, y, []int32{1, -1, -1, -1, -1, -1, -1, -1, -1, 0, -1, -1})
		nntest.CheckSlopes(t, m, func(tape *autograd.Tape) *autograd.Tensor {
			tape.Rand = nntest.Rand()
			return m.Loss(tape, b)
		})
	}
}

// TestBERTHiddenOfDocuments: documents that share a row have the same vectors as alone.
func TestBERTHiddenOfDocuments(t *testing.T) {
	m := loudBERT(t, smallBERT)
	x := []lm.Token{2, 12, 3, 0, 1, 12, 0, 0, 4, 12}
	all := m.Hidden(autograd.NewForward(), corpus.Batch{B: 2, T: 5, X: x})
	for _, doc := range [][2]int{{0, 3}, {3, 5}, {5, 6}, {6, 7}, {7, 10}} {
		from, to := doc[0], doc[1]
		alone := m.Hidden(autograd.NewTape(), corpus.Batch{B: 1, T: to - from, X: x[from:to]})
		require.Len(t, alone, 3)
		for l, h := range alone {
			for i := range h.Rows {
				require.InDeltaSlice(t, h.Row(i), all[l].Row(from+i), 1e-5, "layer %d, position %d",
					l, from+i)
			}
		}
	}
}

func TestBERTShares(t *testing.T) {
	m := loudBERT(t, smallBERT)
	g := nntest.Read[BERTConfig](t, "bert")
	b := maskedBatch(g.B, g.T, g.X, g.Y, g.Next)
	loss := func(b MaskedBatch) float64 { return float64(m.Loss(autograd.NewTape(), b).Data[0]) }
	sum, targets := 0.0, 0
	for i := range 3 {
		share, ok := b.Share(i, 3)
		require.True(t, ok)
		sum, targets = sum+loss(share), targets+share.Targets()
	}
	require.InEpsilon(t, loss(b), sum, 1e-5)
	require.Equal(t, b.Targets(), targets)
	require.InEpsilon(t, loss(b)/2, loss(b.Of(2*b.N)), 1e-5)
	_, ok := b.Share(3, 4)
	require.True(t, ok)
	_, ok = b.Share(0, 4)
	require.False(t, ok, "three rows do not go around")
	nothing := MaskedBatch{Batch: nntest.Batch(1, 2, []lm.Token{0, 3}, []lm.Token{-1, -1}),
		Next: []int32{-1, -1}}
	tape := autograd.NewTape()
	zero := m.Loss(tape, nothing)
	require.Zero(t, zero.Data[0])
	tape.Backward(zero)
}

func TestBERTConfig(t *testing.T) {
	nntest.CheckConfig(t, smallBERT, map[string]func(*BERTConfig){
		"vocab_size is 3":                        func(c *BERTConfig) { c.VocabSize = 3 },
		"n_positions is 2":                       func(c *BERTConfig) { c.NPositions = 2 },
		"n_layer is 0":                           func(c *BERTConfig) { c.NLayer = 0 },
		"n_head is 0":                            func(c *BERTConfig) { c.NHead = 0 },
		"n_embd is -1":                           func(c *BERTConfig) { c.NEmbd = -1 },
		"n_embd 12 is not divisible by n_head 5": func(c *BERTConfig) { c.NHead = 5 },
		"dropout is NaN":                         func(c *BERTConfig) { c.Dropout = math.NaN() },
		"mask_rate is 1.5":                       func(c *BERTConfig) { c.MaskRate = 1.5 },
		"mask_rate is -1":                        func(c *BERTConfig) { c.MaskRate = -1 },
		"mask_token_id is 13":                    func(c *BERTConfig) { c.MaskToken = 13 },
		"sep_token_id -1":                        func(c *BERTConfig) { c.SepToken = -1 },
		"mask_token_id is 5 and sep_token_id 5": func(c *BERTConfig) {
			c.MaskToken, c.SepToken = 5, 5
		},
		"more than": func(c *BERTConfig) {
			c.NEmbd = 3 << 40
			c.NLayer = 1 << 40
		},
	})
	nntest.CheckPresets(t, BERTPreset, func(c *BERTConfig) { c.VocabSize = 65 })
	m := loudBERT(t, BERTConfig{VocabSize: 13, NPositions: 8, NEmbd: 12, NLayer: 1, NHead: 3})
	for _, p := range nn.Params(m) {
		require.NotContains(t, p.Name, "pooler",
			"without next-sentence prediction it is BertForMaskedLM")
		require.NotContains(t, p.Name, "seq_relationship")
	}
}

func TestBERTNoAllocations(t *testing.T) {
	if nntest.Racing {
		t.Skip("pools allocate at random under the race detector")
	}
	m := loudBERT(t, smallBERT)
	g := nntest.Read[BERTConfig](t, "bert")
	b := maskedBatch(g.B, g.T, g.X, g.Y, g.Next)
	tape := autograd.NewTape()
	learn := func() {
		tape.Reset()
		tape.Backward(m.Loss(tape, b))
	}
	learn()
	learn()
	require.Less(t, testing.AllocsPerRun(50, learn), 0.5)
}
