package transformer

import (
	"cmp"
	"fmt"

	"lmzoo/nn"
)

// LlamaConfig is the shape of a Llama, with Hugging Face's names. Symbols: V is vocab_size, W
// max_position_embeddings, C hidden_size, I intermediate_size, L num_hidden_layers, H
// num_attention_heads and K num_key_value_heads; a head has D = C/H channels.
type LlamaConfig struct {
	VocabSize             int `json:"vocab_size"`
	MaxPositionEmbeddings int `json:"max_position_embeddings" help:"window (default: --context)"`
	HiddenSize            int `json:"hidden_size" help:"channels of the residual stream"`
	IntermediateSize      int `json:"intermediate_size" help:"hidden units (0: 8/3 hidden_size)"`
	NumHiddenLayers       int `json:"num_hidden_layers" help:"layers"`
	NumAttentionHeads     int `json:"num_attention_heads" help:"attention heads"`
	NumKeyValueHeads      int `json:"num_key_value_heads" help:"heads of keys and values (0: all)"`

	RopeTheta         float64 `json:"rope_theta" help:"base of the rotary angles (0: 10000)"`
	RMSNormEps        float64 `json:"rms_norm_eps" help:"added to mean squares (0: 1e-5)"`
	TieWordEmbeddings bool    `json:"tie_word_embeddings" help:"use the embeddings as the head"`
	InitializerRange  float64 `json:"initializer_range" help:"new weights' std (0: 0.02)"`
	Dropout           float64 `json:"dropout,omitempty" help:"dropout probability"`
	Stride            int     `json:"stride,omitempty" help:"step of the window (0: half of it)"`
}

// LlamaPreset returns the Config of a size, without a vocabulary. The shapes are those of Preset,
// with two query heads per head of keys and values.
func LlamaPreset(size string) (LlamaConfig, error) {
	c := LlamaConfig{TieWordEmbeddings: true}
	switch size {
	case "tiny":
		c.MaxPositionEmbeddings, c.HiddenSize, c.NumHiddenLayers = 64, 64, 2
		c.NumAttentionHeads, c.NumKeyValueHeads = 2, 1
	case "small":
		c.MaxPositionEmbeddings, c.HiddenSize, c.NumHiddenLayers = 64, 128, 4
		c.NumAttentionHeads, c.NumKeyValueHeads = 4, 2
	case "base":
		c.MaxPositionEmbeddings, c.HiddenSize, c.NumHiddenLayers = 256, 384, 6
		c.NumAttentionHeads, c.NumKeyValueHeads, c.Dropout = 6, 3, 0.2
	default:
		return LlamaConfig{}, nn.Checks("llama").NoSize(size)
	}
	return c, nil
}

// Defaults returns c with every 0 replaced by the default that it stands for.
func (c LlamaConfig) Defaults() LlamaConfig {
	c.IntermediateSize = cmp.Or(c.IntermediateSize, gatedWidth(c.HiddenSize))
	c.NumKeyValueHeads = cmp.Or(c.NumKeyValueHeads, c.NumAttentionHeads)
	c.RopeTheta = cmp.Or(c.RopeTheta, ropeTheta)
	c.RMSNormEps = cmp.Or(c.RMSNormEps, rmsNormEps)
	c.InitializerRange = cmp.Or(c.InitializerRange, gpt2Init)
	return c
}

const (
	ropeTheta  = 10000 // Su et al. 2021, §3.3
	rmsNormEps = 1e-5  // Touvron et al. 2023b
)

// gatedWidth is 8/3 of the channels, rounded up to a multiple of 16: the three matrices of a gated
// layer then have as many parameters as two matrices of 4C (Shazeer 2020, §3).
func gatedWidth(channels int) int { return (channels*8/3 + 15) / 16 * 16 }

// Validate reports the first invalid field.
func (c LlamaConfig) Validate() error {
	check := nn.Checks("llama")
	full := c.Defaults()
	if err := cmp.Or(
		check.Vocab(c.VocabSize),
		check.Positive("max_position_embeddings", c.MaxPositionEmbeddings, 64),
		check.Positive("num_hidden_layers", c.NumHiddenLayers, 4),
		check.Positive("num_attention_heads", c.NumAttentionHeads, 4),
		check.Positive("hidden_size", c.HiddenSize, 128),
		check.Positive("intermediate_size", full.IntermediateSize, 352),
		check.Positive("num_key_value_heads", full.NumKeyValueHeads, 2),
		check.Dropout(c.Dropout),
		validInit("llama", c.InitializerRange),
		check.Params(full.params(), "hidden_size, intermediate_size, num_hidden_layers, "+
			"max_position_embeddings or vocab_size"),
	); err != nil {
		return err
	}
	switch {
	case !(full.RopeTheta > 1 && full.RopeTheta <= 1e12):
		return fmt.Errorf("llama: rope_theta is %v; want a number in (1, 1e+12], such as 10000",
			c.RopeTheta)
	case !(full.RMSNormEps > 0 && full.RMSNormEps <= 1):
		return fmt.Errorf("llama: rms_norm_eps is %v; want a number in (0, 1], such as 1e-05",
			c.RMSNormEps)
	}
	return cmp.Or(full.validHeads(),
		validStride("llama", c.Stride, "max_position_embeddings", c.MaxPositionEmbeddings))
}

// validHeads checks that the channels divide into heads, and the heads into groups.
func (c LlamaConfig) validHeads() error {
	h, k := c.NumAttentionHeads, c.NumKeyValueHeads
	switch {
	case c.HiddenSize%h != 0:
		return fmt.Errorf("llama: hidden_size %d is not divisible by num_attention_heads %d; "+
			"want a multiple, such as %d", c.HiddenSize, h, (c.HiddenSize/h+1)*h)
	case c.HiddenSize/h%2 != 0:
		return fmt.Errorf("llama: a head has hidden_size/num_attention_heads = %d channels; want "+
			"an even number for the rotary positions, such as %d", c.HiddenSize/h,
			c.HiddenSize/h+1)
	case h%k != 0:
		return fmt.Errorf("llama: num_attention_heads %d is not divisible by num_key_value_heads "+
			"%d; want a divisor of %d", h, k, h)
	}
	return nil
}

// params returns the approximate number of parameters and angles, as a float64 so that nothing
// overflows.
func (c LlamaConfig) params() float64 {
	v, n := float64(c.VocabSize), float64(c.HiddenSize)
	if !c.TieWordEmbeddings {
		v *= 2
	}
	return n*(v+float64(c.MaxPositionEmbeddings)) + float64(c.NumHiddenLayers)*c.layerParams()
}

// layerParams returns the number of weights in the matrices of a layer.
func (c LlamaConfig) layerParams() float64 {
	n := float64(c.HiddenSize)
	shared := float64(c.NumKeyValueHeads) / float64(c.NumAttentionHeads)
	return n * (2*n + 2*n*shared + 3*float64(c.IntermediateSize))
}
