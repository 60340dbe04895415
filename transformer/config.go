package transformer

import (
	"cmp"
	"fmt"

	"lmzoo/nn"
)

// Config is the shape of a GPT, with Hugging Face's names. Symbols: V is vocab_size, W n_positions,
// C n_embd, L n_layer and H n_head; a head has D = C/H channels.
type Config struct {
	VocabSize  int     `json:"vocab_size"`
	NPositions int     `json:"n_positions" help:"context window (default: --context)"`
	NEmbd      int     `json:"n_embd" help:"channels of the residual stream"`
	NLayer     int     `json:"n_layer" help:"layers"`
	NHead      int     `json:"n_head" help:"attention heads"`
	Dropout    float64 `json:"dropout" help:"dropout probability"`
	Norm       string  `json:"norm,omitempty" help:"layer norm: pre (GPT-2) or post (GPT-1)"`
	// smear.go
	Smear            bool    `json:"smear,omitempty" help:"mix each key with the previous one"`
	UntiedHead       bool    `json:"untied_head,omitempty" help:"output layer of its own"`
	InitializerRange float64 `json:"initializer_range,omitempty" help:"initial std (0: 0.02)"`
	Stride           int     `json:"stride,omitempty" help:"step of the window (0: half of it)"`
}

// The positions of the LayerNorms: before each half of a block, or after the residual addition.
const (
	PreNorm  = "pre"
	PostNorm = "post"
)

// Sizes returns the names of the presets, smallest first.
func Sizes() []string { return nn.Sizes() }

// Preset returns the Config of a size, without a vocabulary. "small" is nanoGPT's recipe for a CPU.
func Preset(size string) (Config, error) {
	switch size {
	case "tiny":
		return Config{NPositions: 64, NEmbd: 64, NLayer: 2, NHead: 2}, nil
	case "small":
		return Config{NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4}, nil
	case "base":
		return Config{NPositions: 256, NEmbd: 384, NLayer: 6, NHead: 6, Dropout: 0.2}, nil
	}
	return Config{}, nn.Checks("gpt").NoSize(size)
}

// gpt2Init is the standard deviation of GPT-2's initial weights, for 768 channels and more. With
// few channels, attention starts so flat that the model learns to copy only late; about 1/√C works
// better.
const gpt2Init = 0.02

// Validate reports the first invalid field.
func (c Config) Validate() error {
	check := nn.Checks("gpt")
	if err := cmp.Or(
		check.Vocab(c.VocabSize),
		check.Positive("n_positions", c.NPositions, 64),
		check.Positive("n_layer", c.NLayer, 4),
		check.Positive("n_head", c.NHead, 4),
		check.Positive("n_embd", c.NEmbd, 128),
		check.Dropout(c.Dropout),
		check.OneOf("norm", cmp.Or(c.Norm, PreNorm), PreNorm, PostNorm),
		validInit("gpt", c.InitializerRange),
		check.Params(c.params(), "n_embd, n_layer, n_positions or vocab_size"),
	); err != nil {
		return err
	}
	return cmp.Or(validHeads("gpt", c.NEmbd, c.NHead),
		validStride("gpt", c.Stride, "n_positions", c.NPositions))
}

func validHeads(model string, channels, heads int) error {
	if channels%heads != 0 {
		return fmt.Errorf(
			"%s: n_embd %d is not divisible by n_head %d; want a multiple, such as %d",
			model, channels, heads, (channels/heads+1)*heads)
	}
	return nil
}

func validInit(model string, std float64) error {
	if !(std >= 0 && std <= 1) {
		return fmt.Errorf(
			"%s: initializer_range is %v; want a standard deviation in (0, 1], such "+
				"as 0.02, or 0 for the default",
			model, std)
	}
	return nil
}

// validStride checks the step of a full window. 0 means half of the window.
func validStride(model string, stride int, setting string, window int) error {
	if stride < 0 || stride > window {
		return fmt.Errorf("%s: stride is %d; want 1 to %s = %d, or 0 for half of it",
			model, stride, setting, window)
	}
	return nil
}

// params returns the approximate number of parameters, as a float64 so that nothing overflows.
func (c Config) params() float64 {
	n := float64(c.NEmbd)
	return n*float64(c.VocabSize+c.NPositions) + 12*n*n*float64(c.NLayer)
}
