package transformer

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

var (
	_ lm.Scorer  = (*Model)(nil)
	_ lm.Stepper = (*Model)(nil)
)

var small = Config{VocabSize: 13, NPositions: 8, NEmbd: 12, NLayer: 2, NHead: 3}

func TestContract(t *testing.T) {
	for _, stride := range []int{0, 1, 3, 8} {
		t.Run(fmt.Sprint("stride ", stride), func(t *testing.T) {
			cfg := small
			cfg.Stride = stride
			lmtest.Check(t, loud(t, cfg), 2e-5, 0, 1, 2, 7, 8, 9, 12, 13, 30, 300)
		})
	}
}

func TestContractSmeared(t *testing.T) {
	cfg := small
	cfg.Smear, cfg.UntiedHead = true, true
	lmtest.Check(t, loud(t, cfg), 2e-5, 0, 1, 2, 7, 8, 9, 13, 30)
}

func TestContractPostNorm(t *testing.T) {
	cfg := small
	cfg.Norm = PostNorm
	m := loud(t, cfg)
	lmtest.Check(t, m, 2e-5, 0, 1, 2, 7, 8, 9, 13, 30)
	for _, p := range nn.Params(m) {
		require.NotContains(t, p.Name, "ln_f")
	}
}

func TestContractOfOneTokenWindow(t *testing.T) {
	cfg := small
	cfg.NPositions = 1
	lmtest.Check(t, loud(t, cfg), 2e-5, 0, 1, 2, 5)
}

// TestWindow: beyond the window, the prediction equals that for a new document with the tokens of
// the window.
func TestWindow(t *testing.T) {
	for _, c := range []struct{ n, w, stride, want int }{
		{1, 8, 4, 0}, {8, 8, 4, 0}, {9, 8, 4, 4}, {12, 8, 4, 4}, {13, 8, 4, 8},
		{9, 8, 8, 8}, {9, 8, 1, 1}, {10, 8, 1, 2}, {9, 8, 3, 3}, {12, 8, 3, 6},
	} {
		require.Equal(t, c.want, windowStart(c.n, c.w, c.stride), "%+v", c)
	}
	m := loud(t, small) // W = 8, stride 4
	doc := []lm.Token{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	tape := autograd.NewForward()
	x := doc[3:] // the first 4 of 11 tokens are dropped: BOS 1 2 3
	docs := m.pack(tape, 1, len(x), x)
	h := m.forward(tape, x, docs.pos, docs)
	want := nn.LogSoftmax(tape, nil,
		tape.LinearT(tape.Const(1, h.Cols, h.Row(len(x)-1)), m.WTE.Weight, nil).Row(0))
	require.InDeltaSlice(t, want, m.NextLogProbs(nil, doc), 1e-5)
}

// TestRowLongerThanWindow: a row longer than the window is cut into windows and does not panic.
func TestRowLongerThanWindow(t *testing.T) {
	m := loud(t, small)
	x := make([]lm.Token, 21)
	for i := range x {
		x[i] = lm.Token(1 + i%5)
	}
	require.NotPanics(t, func() { m.Loss(autograd.NewTape(), nntest.Batch(1, len(x), x, x)) })
}

// TestInitialWeights: the weights start like GPT-2's, scaled down for the projections that write to
// the residual stream.
func TestInitialWeights(t *testing.T) {
	m, err := New(Config{VocabSize: 65, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4},
		nntest.Rand())
	require.NoError(t, err)
	std := func(x *autograd.Tensor) float64 {
		var sum float64
		for _, v := range x.Data {
			sum += float64(v) * float64(v)
		}
		return math.Sqrt(sum / float64(len(x.Data)))
	}
	require.InEpsilon(t, 0.02, std(m.H[0].Attn.CAttn.Weight), 0.02)
	require.InEpsilon(t, 0.02/math.Sqrt(8), std(m.H[3].MLP.CProj.Weight), 0.02)
	require.InEpsilon(t, 0.02/math.Sqrt(8), std(m.H[0].Attn.CProj.Weight), 0.02)
	gpt1, err := New(Config{VocabSize: 65, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4,
		Norm: PostNorm}, nntest.Rand())
	require.NoError(t, err)
	require.InEpsilon(t, 0.02, std(gpt1.H[3].MLP.CProj.Weight), 0.02)
	p := m.NextLogProbs(nil, nil)
	require.InDelta(t, -math.Log(65), p[3], 0.5, "a new model is nearly uniform")
}

func TestConfigErrors(t *testing.T) {
	nntest.CheckConfig(t, small, map[string]func(*Config){
		"n_embd 12 is not divisible by n_head 5": func(c *Config) { c.NHead = 5 },
		"vocab_size is 1":                        func(c *Config) { c.VocabSize = 1 },
		"n_positions is 0":                       func(c *Config) { c.NPositions = 0 },
		"n_layer is -1":                          func(c *Config) { c.NLayer = -1 },
		"n_head is 0":                            func(c *Config) { c.NHead = 0 },
		"n_embd is 0":                            func(c *Config) { c.NEmbd = 0 },
		"dropout is 1":                           func(c *Config) { c.Dropout = 1 },
		"dropout is NaN":                         func(c *Config) { c.Dropout = math.NaN() },
		`norm is "last"; want`:                   func(c *Config) { c.Norm = "last" },
		"stride is 9":                            func(c *Config) { c.Stride = 9 },
		"more than": func(c *Config) {
			c.NEmbd = 3 << 40
			c.NLayer = 1 << 40
		},
	})
	nntest.CheckPresets(t, Preset, func(c *Config) { c.VocabSize = 65 })
	m := loud(t, small)
	require.Error(t, m.SetStride(9))
	require.NoError(t, m.SetStride(0))
	require.Equal(t, 4, m.Stride())
}

// loud returns a model in which every part matters.
func loud(t require.TestingT, cfg Config) *Model { return nntest.Build(t, New, cfg) }

func TestWaitingTokens(t *testing.T) {
	cfg := small
	cfg.Smear = true
	nntest.CheckWaiting(t, loud(t, cfg))
}

func TestTraining(t *testing.T) {
	cfg := small
	nntest.CheckPacked(t, loud(t, small))
	cfg.Dropout = 0.3
	nntest.CheckDropout(t, loud(t, cfg))
	for _, norm := range []string{PreNorm, PostNorm} {
		for _, dropout := range []float64{0, 0.2} {
			m := loud(t,
				Config{VocabSize: 5, NPositions: 6, NEmbd: 4, NLayer: 2, NHead: 2, Smear: true,
					UntiedHead: true, Dropout: dropout, Norm: norm})
			nntest.CheckGradients(t, m, nntest.SmallBatch())
		}
		m, err := New(Config{VocabSize: 10, NPositions: 16, NEmbd: 16, NLayer: 2, NHead: 2,
			Norm: norm}, nntest.Rand())
		require.NoError(t, err)
		nntest.CheckOverfit(t, m, 400, 0.02)
	}
}

func TestNoAllocations(t *testing.T) { nntest.CheckAllocations(t, loud(t, small)) }
