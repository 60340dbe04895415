package transformer

import (
	"cmp"
	"fmt"

	"lmzoo/lm"
	"lmzoo/nn"
)

// BERTConfig is the shape of a BERT and its objective. The symbols are those of Config; the
// vocabulary includes the special tokens. A token id of 0 means V−2 for [MASK] and V−1 for [SEP].
type BERTConfig struct {
	VocabSize        int      `json:"vocab_size"`
	NPositions       int      `json:"n_positions" help:"context window (default: --context)"`
	NEmbd            int      `json:"n_embd" help:"channels of the residual stream"`
	NLayer           int      `json:"n_layer" help:"layers"`
	NHead            int      `json:"n_head" help:"attention heads"`
	Dropout          float64  `json:"dropout" help:"dropout probability"`
	InitializerRange float64  `json:"initializer_range,omitempty" help:"initial std (0: 0.02)"`
	MaskRate         float64  `json:"mask_rate,omitempty" help:"share of masked tokens (0: 0.15)"`
	NSP              bool     `json:"nsp,omitempty" help:"also predict the next sentence"`
	MaskToken        lm.Token `json:"mask_token_id,omitempty" from:"the tokenizer"`
	SepToken         lm.Token `json:"sep_token_id,omitempty" from:"the tokenizer"`
}

// The names of BERT's special tokens. BOS, which opens every document, is its [CLS].
const (
	MaskName = "[MASK]"
	SepName  = "[SEP]"
)

// BERTPreset returns the Config of a size, without a vocabulary.
func BERTPreset(size string) (BERTConfig, error) {
	switch size {
	case "tiny":
		return BERTConfig{NPositions: 64, NEmbd: 64, NLayer: 2, NHead: 2}, nil
	case "small":
		return BERTConfig{NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4}, nil
	case "base":
		return BERTConfig{NPositions: 256, NEmbd: 384, NLayer: 6, NHead: 6, Dropout: 0.1}, nil
	}
	return BERTConfig{}, nn.Checks("bert").NoSize(size)
}

// defaults returns c with defaults for the fields that are zero.
func (c BERTConfig) defaults() BERTConfig {
	c.InitializerRange = cmp.Or(c.InitializerRange, bertInit)
	c.MaskRate = cmp.Or(c.MaskRate, bertMaskRate)
	c.MaskToken = cmp.Or(c.MaskToken, lm.Token(c.VocabSize-2))
	c.SepToken = cmp.Or(c.SepToken, lm.Token(c.VocabSize-1))
	return c
}

// Devlin et al. 2019, §3.1 and appendix A.2; the standard deviation is that of their code.
const (
	bertInit     = 0.02
	bertMaskRate = 0.15
)

// Validate reports the first invalid field.
func (c BERTConfig) Validate() error {
	check := nn.Checks("bert")
	if err := cmp.Or(
		check.Positive("n_positions", c.NPositions, 64),
		check.Positive("n_layer", c.NLayer, 4),
		check.Positive("n_head", c.NHead, 4),
		check.Positive("n_embd", c.NEmbd, 128),
		check.Dropout(c.Dropout),
		validInit("bert", c.InitializerRange),
		check.Params(c.params(), "n_embd, n_layer, n_positions or vocab_size"),
	); err != nil {
		return err
	}
	full := c.defaults()
	switch {
	case c.VocabSize < 4:
		return fmt.Errorf("bert: vocab_size is %d; want at least 4, among them %s and %s: "+
			"add the special tokens to the tokenizer", c.VocabSize, MaskName, SepName)
	case c.NPositions < 3:
		return fmt.Errorf("bert: n_positions is %d; want at least 3, a token between [CLS] and %s",
			c.NPositions, SepName)
	case !(full.MaskRate > 0 && full.MaskRate <= 1):
		return fmt.Errorf("bert: mask_rate is %v; want a share in (0, 1], such as 0.15", c.MaskRate)
	case !c.ordinary(full.MaskToken), !c.ordinary(full.SepToken), full.MaskToken == full.SepToken:
		return fmt.Errorf(
			"bert: mask_token_id is %d and sep_token_id %d; want two tokens between 1 and %d",
			full.MaskToken, full.SepToken, c.VocabSize-1)
	}
	return validHeads("bert", c.NEmbd, c.NHead)
}

// ordinary reports whether tok is a token other than BOS.
func (c BERTConfig) ordinary(tok lm.Token) bool { return tok > lm.BOS && int(tok) < c.VocabSize }

// params returns the approximate number of parameters, as a float64 so that nothing overflows.
func (c BERTConfig) params() float64 {
	n := float64(c.NEmbd)
	return n*float64(c.VocabSize+c.NPositions) + 12*n*n*float64(c.NLayer) + 2*n*n
}
