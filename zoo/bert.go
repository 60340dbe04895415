package zoo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/train"
	"lmzoo/transformer"
)

// bert returns the catalogue row of the bidirectional encoder.
func bert() *Species {
	return &Species{
		Name: "bert", Title: "BERT", Era: "PLM", Year: 2018, Sizes: transformer.Sizes(),
		Paper:     "Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers",
		Remembers: "every token of the document, on both sides",
		Predicts:  "masked tokens",
		Specials:  []string{transformer.MaskName, transformer.SepName},
		Defaults: Preset(transformer.BERTPreset, func(c *train.Config) {
			c.LR, c.MinLR, c.Beta2, c.WeightDecay, c.Batch = 1e-3, 1e-4, 0.98, 0.01, 32
		}),
		Quick: func(corpus string) map[string]any {
			values := map[string]any{
				"warmup": 100, "lr": 4e-3, "min_lr": 2e-4, "n_layer": 2, "n_head": 2, "n_embd": 64,
				"mask_rate": 0.4, // more targets in every step (Wettig et al. 2023)
			}
			return values
		},
		Validate: func(config any) error {
			c := *config.(*transformer.BERTConfig)
			c.VocabSize = max(c.VocabSize, leastBERT)
			return c.Validate()
		},
		Learning: &Learning{
			New: newBERT, Start: startBERT,
			Validation: Validation{Name: "masked loss", Unit: "nats per masked token"},
		},
	}
}

// leastBERT is the smallest vocabulary, used until the tokenizer is known: leastVocab and the
// special tokens.
const leastBERT = leastVocab + 2

// newBERT returns an untrained model that knows the special tokens of the tokenizer.
func newBERT(config any, tok corpus.Tokenizer, rng *rand.Rand) (any, error) {
	c, ok := config.(*transformer.BERTConfig)
	if !ok {
		return nil, fmt.Errorf("configuration is a %T; want %T", config, c)
	}
	for name, id := range map[string]*lm.Token{
		transformer.MaskName: &c.MaskToken, transformer.SepName: &c.SepToken,
	} {
		if *id, ok = corpus.Special(tok, name); !ok {
			return nil, fmt.Errorf(
				"bert: the tokenizer has no token %s; want one made by corpus.WithSpecials", name)
		}
	}
	return New(transformer.NewBERT)(config, tok, rng)
}

// startBERT prepares the training on masked text.
func startBERT(model any, text *Text, c train.Config) (Training, error) {
	m, ok := model.(*transformer.BERT)
	if !ok {
		return Training{}, fmt.Errorf("model is a %T; want %T", model, m)
	}
	ends := sentenceEnds(text.Tokenizer)
	src, err := transformer.NewMaskedSource(
		m.Config, text.Train, c.Batch, c.Context, text.Seed, ends)
	if err != nil {
		return Training{}, err
	}
	tr, err := train.NewTrainer(m, src, c)
	if err != nil {
		return Training{}, err
	}
	t := Training{Trainer: tr}
	held := corpus.EncodeDocuments(text.Tokenizer, HeldOut(text.Tokenizer, text.Split.Valid))
	plain := m.Config
	plain.NSP = false
	valid, err := transformer.NewMaskedSource(
		plain, held, c.Batch, c.Context, validationMasks, nil)
	if err == nil { // fails if there is no validation text
		t.Validate = func(ctx context.Context) (float64, error) { return maskedLoss(ctx, m, valid) }
	}
	return t, nil
}

// validationMasks is the seed of the masks in validation; it is constant, so that every validation
// predicts the same tokens.
const validationMasks = 1

// maskedLoss returns the masked loss over one epoch, without sentence pairs.
func maskedLoss(
	ctx context.Context, m *transformer.BERT, src *transformer.MaskedSource,
) (float64, error) {
	tape := autograd.NewForward()
	var b transformer.MaskedBatch
	nats, targets := 0.0, 0
	for step := range src.Steps() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		src.Batch(&b, step)
		tape.Reset()
		nats += float64(m.Loss(tape, b).Data[0]) * float64(b.N)
		targets += b.N
	}
	return nats / float64(max(targets, 1)), nil
}

// sentenceEnds returns a function that reports whether a token ends a sentence.
func sentenceEnds(tok corpus.Tokenizer) func(lm.Token) bool {
	ends := map[lm.Token]bool{}
	for v := range lm.Token(tok.Vocab()) {
		switch strings.TrimSpace(tok.Decode([]lm.Token{v})) {
		case ".", "!", "?", "。":
			ends[v] = true
		}
	}
	return func(v lm.Token) bool { return ends[v] }
}
