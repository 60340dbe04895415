package transformer

import (
	"fmt"
	"slices"
	"strings"

	"lmzoo/nn"
)

// Config is the shape of a GPT, in the words of Hugging Face.
type Config struct {
	VocabSize        int     `json:"vocab_size"`                  // V, tokens
	NPositions       int     `json:"n_positions"`                 // W, the window: how far back attention can see
	NEmbd            int     `json:"n_embd"`                      // C, channels of the residual stream
	NLayer           int     `json:"n_layer"`                     // L
	NHead            int     `json:"n_head"`                      // H heads of D = C/H channels
	Dropout          float64 `json:"dropout"`                     // of embeddings, attention and both residual branches
	Norm             string  `json:"norm,omitempty"`              // pre (GPT-2) or post (GPT-1); empty means pre
	Smear            bool    `json:"smear,omitempty"`             // keys see one token back (smear.go); GPT-2 has none
	InitializerRange float64 `json:"initializer_range,omitempty"` // standard deviation of the first weights; 0 means GPT-2's
	Stride           int     `json:"stride,omitempty"`            // how far the window moves when it is full; 0 means W/2
}

// The places of the LayerNorms: before each half of a block, or after the residual addition.
const (
	PreNorm  = "pre"
	PostNorm = "post"
)

// Sizes are the names of the presets, smallest first.
func Sizes() []string { return []string{"tiny", "small", "base"} }

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
	return Config{}, fmt.Errorf("gpt has no size %q: choose one of %s", size, strings.Join(Sizes(), ", "))
}

// gpt2Init is the standard deviation of GPT-2's first weights, for 768 channels and more. Where there are few, it starts
// attention so flat that copying is learned late: about 1/√C serves better.
const gpt2Init = 0.02

// Validate says in one line what is wrong with c and what to do about it.
func (c Config) Validate() error {
	switch {
	case c.VocabSize < 2:
		return fmt.Errorf("gpt: vocab_size is %d: expected at least 2, the document boundary and one token more; train the tokenizer on more text", c.VocabSize)
	case c.NPositions < 1:
		return fmt.Errorf("gpt: n_positions is %d: expected a window of at least 1 token, such as 64", c.NPositions)
	case c.NLayer < 1:
		return fmt.Errorf("gpt: n_layer is %d: expected at least 1, such as 4", c.NLayer)
	case c.NHead < 1:
		return fmt.Errorf("gpt: n_head is %d: expected at least 1, such as 4", c.NHead)
	case c.NEmbd < 1:
		return fmt.Errorf("gpt: n_embd is %d: expected at least 1, such as 128", c.NEmbd)
	case c.NEmbd%c.NHead != 0:
		return fmt.Errorf("gpt: n_embd %d is not divisible by n_head %d: choose a multiple, such as %d", c.NEmbd, c.NHead, (c.NEmbd/c.NHead+1)*c.NHead)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("gpt: dropout is %v: expected a probability in [0, 1), such as 0.2", c.Dropout)
	case c.Norm != "" && c.Norm != PreNorm && c.Norm != PostNorm:
		return fmt.Errorf("gpt: norm is %q; want %q or %q", c.Norm, PreNorm, PostNorm)
	case !(c.InitializerRange >= 0 && c.InitializerRange <= 1):
		return fmt.Errorf("gpt: initializer_range is %v: expected a standard deviation in (0, 1], such as 0.02", c.InitializerRange)
	case slices.Max([]int{c.VocabSize, c.NPositions, c.NLayer, c.NEmbd}) > nn.MaxParams || c.params() > nn.MaxParams:
		return fmt.Errorf("gpt: more than %d parameters: choose a smaller n_embd, n_layer, n_positions or vocab_size", nn.MaxParams)
	}
	return c.validateStride(c.Stride)
}

func (c Config) validateStride(stride int) error {
	if stride < 0 || stride > c.NPositions {
		return fmt.Errorf("gpt: stride is %d: expected 1 to n_positions = %d, or 0 for half of it", stride, c.NPositions)
	}
	return nil
}

// params is about the number of parameters, as a float so that nothing overflows.
func (c Config) params() float64 {
	n := float64(c.NEmbd)
	return n*float64(c.VocabSize+c.NPositions) + 12*n*n*float64(c.NLayer)
}
