package zoo

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/rnn"
	"lmzoo/train"
)

// word2vec returns the catalogue row of static word vectors.
func word2vec() *Species {
	return &Species{
		Name: "word2vec", Aliases: []string{"w2v"}, Title: "word2vec", Era: "NLM", Year: 2013,
		Sizes: mlp.Sizes(),
		Paper: "Mikolov et al. 2013a, Efficient Estimation of Word Representations in Vector " +
			"Space; 2013b, Distributed Representations of Words and Phrases and their " +
			"Compositionality",
		Remembers: "nothing: one vector for each word, whatever stands around it",
		Predicts:  "words that stand nearby",
		Defaults: Preset(mlp.Word2VecPreset, func(c *train.Config) {
			c.LR, c.MinLR = 0.025, 0.025e-4 // the rates of word2vec.c for skip-gram
			c.Warmup, c.WeightDecay = 0, 0
			c.Batch, c.Context, c.Steps = 4, 256, 5000
		}),
		Quick: func(string) map[string]any { return map[string]any{"n_embd": 64, "lr": 0.05} },
		Learning: &Learning{
			New: New(mlp.NewWord2Vec),
			Start: func(model any, text *Text, c train.Config) (Training, error) {
				l, err := mlp.NewWord2VecLearner(
					model.(*mlp.Word2Vec), text.Train, c.Batch, c.Context, text.Seed, text.Threads)
				if err != nil {
					return Training{}, err
				}
				tr, err := train.NewTrainerOf(l, c)
				t := Training{Trainer: tr}
				if held := heldOutTokens(text); len(held) > 0 {
					t.Validate = l.Validation(held)
				}
				return t, err
			},
			Validation: Validation{"pair loss", "nats per pair"},
			Measure: func(
				ctx context.Context, model any, text *Text, docs [][]lm.Token,
			) (float64, error) {
				return mlp.PairLoss(ctx, model.(*mlp.Word2Vec), text.Train, docs, text.Seed)
			},
		},
	}
}

// elmo returns the catalogue row of the bidirectional LSTM.
func elmo() *Species {
	return &Species{
		Name: "elmo", Title: "ELMo", Era: "PLM", Year: 2018, Sizes: rnn.Sizes(), Aside: true,
		Paper:     "Peters et al., Deep contextualized word representations",
		Remembers: "one vector forwards and one backwards, so that both sides of a word are known",
		Defaults: Preset(rnn.ELMoPreset, func(c *train.Config) {
			c.LR, c.MinLR, c.WeightDecay, c.Batch = 3e-3, 3e-4, 0.01, 32
		}),
		Quick: func(corpus string) map[string]any {
			values := map[string]any{
				"warmup": 50, "lr": 8e-3, "min_lr": 4e-4, "beta2": 0.98, "n_embd": 64,
			}
			wholeDocuments(values, corpus)
			return values
		},
		Tuning: Tuning{Mixed: true},
		Learning: &Learning{
			New: func(config any, tok corpus.Tokenizer, rng *rand.Rand) (any, error) {
				return New(rnn.NewELMo)(config, tok, rng)
			},
			Start:      startELMo,
			Validation: Validation{"cross-entropy", "nats per token, mean of both directions"},
		},
	}
}

// startELMo prepares the training of an ELMo and sets its unigram distribution. It shuffles windows
// instead of carrying a state from row to row, because the backward half would need the state of
// the next row.
func startELMo(model any, text *Text, c train.Config) (Training, error) {
	m := model.(*rnn.ELMo)
	counts := make([]int, m.Vocab())
	for _, d := range text.Train {
		for _, w := range d {
			counts[w]++
		}
	}
	m.SetUnigram(counts)
	training, err := Windows(m, text, c)
	held := heldOutTokens(text)
	if len(held) == 0 {
		return training, err
	}
	training.Validate = func(ctx context.Context) (float64, error) {
		forward, backward, err := BothDirections(ctx, m, held)
		return (forward + backward) / 2, err
	}
	return training, err
}

// heldOutTokens encodes the beginning of the validation text.
func heldOutTokens(text *Text) [][]lm.Token {
	return corpus.EncodeDocuments(text.Tokenizer, HeldOut(text.Tokenizer, text.Split.Valid))
}

// BothDirections returns the cross-entropy of documents, in nats per token, under the forward and
// the backward model of an ELMo.
func BothDirections(
	ctx context.Context, m *rnn.ELMo, docs [][]lm.Token,
) (forward, backward float64, err error) {
	tokens := 0
	for _, d := range docs {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		tokens += len(d)
		for _, x := range m.Forward.Score(nil, d) {
			forward -= x
		}
		for _, x := range m.ScoreBackward(nil, d) {
			backward -= x
		}
	}
	if tokens == 0 {
		return 0, 0, errors.New("no tokens to measure; use a longer text or another split")
	}
	if sum := forward + backward; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return 0, 0, lm.ErrNoProbability
	}
	return forward / float64(tokens), backward / float64(tokens), nil
}
