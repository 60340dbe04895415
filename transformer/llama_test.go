package transformer

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

var (
	_ lm.Scorer   = (*Llama)(nil)
	_ lm.Stepper  = (*Llama)(nil)
	_ nn.Encoder  = (*Llama)(nil)
	_ nn.Embedder = (*Llama)(nil)
)

var smallLlama = LlamaConfig{VocabSize: 13, MaxPositionEmbeddings: 8, HiddenSize: 16,
	IntermediateSize: 20, NumHiddenLayers: 2, NumAttentionHeads: 4, NumKeyValueHeads: 2}

// tinyLlama is small enough for finite differences.
var tinyLlama = LlamaConfig{VocabSize: 5, MaxPositionEmbeddings: 6, HiddenSize: 8,
	IntermediateSize: 6, NumHiddenLayers: 2, NumAttentionHeads: 4, NumKeyValueHeads: 2,
	RMSNormEps: 0.1} // small vectors would bend the slopes

// loudLlama returns a model in which every part matters.
func loudLlama(t require.TestingT, cfg LlamaConfig) *Llama { return nntest.Build(t, NewLlama, cfg) }

// TestLlamaGolden: logits, hidden vectors, loss and every gradient are those of PyTorch, with
// shared keys and tied embeddings, and without either.
func TestLlamaGolden(t *testing.T) {
	for _, name := range []string{"llama", "mha"} {
		t.Run(name, func(t *testing.T) {
			g := nntest.Read[LlamaConfig](t, name)
			m, err := NewLlama(g.Config, nntest.Rand())
			require.NoError(t, err)
			nntest.Fill(nn.Params(m))

			tape := autograd.NewForward()
			g.CheckLogits(t, tape.LinearT(m.encode(tape, g.B, g.T, g.X), m.output(), nil))
			g.CheckHidden(t, m)
			g.CheckLoss(t, m)
		})
	}
}

func TestLlamaContract(t *testing.T) {
	for _, stride := range []int{0, 1, 3, 8} {
		t.Run(fmt.Sprint("stride ", stride), func(t *testing.T) {
			cfg := smallLlama
			cfg.Stride = stride
			lmtest.Check(t, loudLlama(t, cfg), 2e-5, 0, 1, 2, 7, 8, 9, 12, 13, 30, 300)
		})
	}
	for _, k := range []int{1, 4} {
		cfg := smallLlama
		cfg.NumKeyValueHeads, cfg.TieWordEmbeddings = k, true
		lmtest.Check(t, loudLlama(t, cfg), 2e-5, 0, 1, 2, 7, 8, 9, 13, 30)
	}
	cfg := smallLlama
	cfg.MaxPositionEmbeddings = 1
	lmtest.Check(t, loudLlama(t, cfg), 2e-5, 0, 1, 2, 5)
}

func TestLlamaScoreIsSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := LlamaConfig{VocabSize: 7, HiddenSize: 8, NumHiddenLayers: 1, NumAttentionHeads: 2}
		cfg.NumKeyValueHeads = rapid.IntRange(1, 2).Draw(t, "key-value heads")
		cfg.MaxPositionEmbeddings = rapid.IntRange(1, 9).Draw(t, "window")
		cfg.Stride = rapid.IntRange(0, cfg.MaxPositionEmbeddings).Draw(t, "stride")
		tokens := rapid.SliceOfN(rapid.Int32Range(0, 6), 0, 60).Draw(t, "tokens")
		require.NoError(t, lmtest.Steps(loudLlama(t, cfg), tokens, 2e-5))
	})
}

func TestLlamaTraining(t *testing.T) {
	nntest.CheckPacked(t, loudLlama(t, smallLlama))
	cfg := smallLlama
	cfg.Dropout = 0.3
	nntest.CheckDropout(t, loudLlama(t, cfg))
	for _, dropout := range []float64{0, 0.2} {
		for _, tied := range []bool{false, true} {
			cfg := tinyLlama
			cfg.Dropout, cfg.TieWordEmbeddings = dropout, tied
			nntest.CheckGradients(t, loudLlama(t, cfg), nntest.SmallBatch())
		}
	}
	m, err := NewLlama(LlamaConfig{VocabSize: 10, MaxPositionEmbeddings: 16, HiddenSize: 16,
		NumHiddenLayers: 2, NumAttentionHeads: 2, NumKeyValueHeads: 1, InitializerRange: 0.1},
		nntest.Rand())
	require.NoError(t, err)
	nntest.CheckOverfit(t, m, 400, 0.02)
}

func TestLlamaHidden(t *testing.T) {
	m := loudLlama(t, tinyLlama)
	nntest.CheckHidden(t, m, func(tape *autograd.Tape, h *autograd.Tensor) []float64 {
		return nn.LogSoftmax(tape, nil, tape.LinearT(h, m.output(), nil).Row(0))
	})
}

func TestLlamaWaitingTokens(t *testing.T) { nntest.CheckWaiting(t, loudLlama(t, smallLlama)) }

func TestLlamaNoAllocations(t *testing.T) { nntest.CheckAllocations(t, loudLlama(t, smallLlama)) }

func TestLlamaConfigErrors(t *testing.T) {
	nntest.CheckConfig(t, smallLlama, map[string]func(*LlamaConfig){
		"hidden_size 16 is not divisible by num_attention_heads 5": func(c *LlamaConfig) {
			c.NumAttentionHeads = 5
		},
		"num_attention_heads 4 is not divisible by num_key_value_heads 3": func(c *LlamaConfig) {
			c.NumKeyValueHeads = 3
		},
		"num_key_value_heads 8": func(c *LlamaConfig) { c.NumKeyValueHeads = 8 },
		"a head has hidden_size/num_attention_heads = 1 channels": func(c *LlamaConfig) {
			c.NumAttentionHeads, c.NumKeyValueHeads = 16, 16
		},
		"vocab_size is 1":              func(c *LlamaConfig) { c.VocabSize = 1 },
		"max_position_embeddings is 0": func(c *LlamaConfig) { c.MaxPositionEmbeddings = 0 },
		"num_hidden_layers is -1":      func(c *LlamaConfig) { c.NumHiddenLayers = -1 },
		"num_attention_heads is 0":     func(c *LlamaConfig) { c.NumAttentionHeads = 0 },
		"num_key_value_heads is -2":    func(c *LlamaConfig) { c.NumKeyValueHeads = -2 },
		"hidden_size is 0":             func(c *LlamaConfig) { c.HiddenSize = 0 },
		"intermediate_size is -4":      func(c *LlamaConfig) { c.IntermediateSize = -4 },
		"rope_theta is -1":             func(c *LlamaConfig) { c.RopeTheta = -1 },
		"rope_theta is NaN":            func(c *LlamaConfig) { c.RopeTheta = math.NaN() },
		"rms_norm_eps is -1":           func(c *LlamaConfig) { c.RMSNormEps = -1 },
		"initializer_range is 2":       func(c *LlamaConfig) { c.InitializerRange = 2 },
		"dropout is 1":                 func(c *LlamaConfig) { c.Dropout = 1 },
		"stride is 9":                  func(c *LlamaConfig) { c.Stride = 9 },
		"more than": func(c *LlamaConfig) {
			c.HiddenSize, c.NumHiddenLayers, c.IntermediateSize = 3<<40, 1<<40, 1<<40
		},
	})
	nntest.CheckPresets(t, LlamaPreset, func(c *LlamaConfig) { c.VocabSize = 65 })
	m := loudLlama(t, smallLlama)
	require.Error(t, m.SetStride(9))
	require.NoError(t, m.SetStride(0))
	require.Equal(t, 4, m.Stride())
}

// TestRotaryIsRelative: with rotated queries and keys, attention depends only on distances. If a
// document repeats its first half, the second half on its own therefore has the same attention.
func TestRotaryIsRelative(t *testing.T) {
	const d, n = 8, 20
	angles := autograd.NewAngles(n, d, 100)
	product := func(i, j int32) float64 {
		tape := autograd.NewForward()
		x := tape.New(2, d)
		for c := range x.Data {
			x.Data[c] = float32(math.Sin(float64(3*c + 1)))
		}
		tape.Rotary(x, 1, angles, []int32{i, j})
		sum := 0.0
		for c := range d {
			sum += float64(x.Row(0)[c]) * float64(x.Row(1)[c])
		}
		return sum
	}
	for _, shift := range []int32{1, 5, 11} {
		require.InDelta(t, product(7, 3), product(7+shift, 3+shift), 1e-5)
	}
	require.Greater(t, math.Abs(product(7, 3)-product(8, 3)), 1e-3)
}
