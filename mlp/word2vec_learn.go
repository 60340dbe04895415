package mlp

import (
	"context"
	"fmt"
	"math"

	"lmzoo/format/safetensors"
	"lmzoo/lm"
)

// Word2VecLearner trains a Word2Vec by plain gradient descent on the vectors that occur. It is a
// train.Engine; a step reads a fixed number of rows of text. The learning rate applies to each
// example, as in word2vec.c: gradients are added, not averaged.
//
// If the loss of a group of examples is not finite, the step ends and leaves the vectors in their
// state before that group.
type Word2VecLearner struct {
	pairs    *Pairs
	sampling *negativeSampling
	push     func(Example) // sampling.push, bound once
}

// NewWord2VecLearner prepares to train m on documents, in steps of b rows of t words.
func NewWord2VecLearner(
	m *Word2Vec, docs [][]lm.Token, b, t int, seed uint64, threads int,
) (*Word2VecLearner, error) {
	pairs, err := NewPairs(docs, m.Config, b, t, seed)
	if err != nil {
		return nil, err
	}
	s := newNegativeSampling(m, threads)
	return &Word2VecLearner{pairs, s, s.push}, nil
}

// Model returns the Word2Vec.
func (l *Word2VecLearner) Model() any { return l.sampling.m }

// Step learns from the examples of step k and returns their mean loss, in nats per pair, and the
// number of words of text read. A sparse step has no gradient norm; it returns 0.
func (l *Word2VecLearner) Step(k int, lr float64) (loss, norm float64, words int, err error) {
	s := l.sampling
	s.loss, s.pairs, s.rate = 0, 0, float32(lr)
	l.pairs.Each(k, l.push)
	if s.n > 0 {
		s.flush()
	}
	return s.loss / float64(max(s.pairs, 1)), 0, l.pairs.Words(), nil
}

// Counts reports that the operations of a step are known.
func (l *Word2VecLearner) Counts() bool { return true }

// FLOPs returns the operations of a step.
func (l *Word2VecLearner) FLOPs() float64 {
	return float64(l.pairs.Words()) * l.sampling.m.Config.Shape(0).FLOPs
}

// State returns nothing: gradient descent has no moments.
func (l *Word2VecLearner) State() []safetensors.Tensor { return nil }

// Carry returns nothing, because steps share no state.
func (l *Word2VecLearner) Carry() [][][]float32 { return nil }

// SetCarry ignores its argument; see Carry.
func (l *Word2VecLearner) SetCarry([][][]float32) {}

// Validation returns a function that measures the mean loss of held-out documents in nats per pair.
// The noise is drawn from the training text and is the same in every call.
func (l *Word2VecLearner) Validation(docs [][]lm.Token) func(context.Context) (float64, error) {
	held := l.pairs.heldOut(docs)
	return func(ctx context.Context) (float64, error) {
		return pairLoss(ctx, l.sampling.m, held)
	}
}

// PairLoss returns the mean loss of held-out documents in nats per pair. The noise is drawn from
// the training text with the seed.
func PairLoss(ctx context.Context, m *Word2Vec, train, held [][]lm.Token,
	seed uint64) (float64, error) {
	const row = 256 // words between two checks of the context
	pairs, err := NewPairs(train, m.Config, 1, row, seed)
	if err != nil {
		return 0, err
	}
	return pairLoss(ctx, m, pairs.heldOut(held))
}

// pairLoss returns the mean loss of Word2Vec.Step over all examples of one epoch.
func pairLoss(ctx context.Context, m *Word2Vec, held *Pairs) (float64, error) {
	loss, pairs := 0.0, 0
	w := newWork(m.Config)
	for row := range held.rowsOfText() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		held.Each(row, func(e Example) {
			w.around, w.out = append(w.around[:0], e.Around...), append(w.out[:0], e.Out...)
			_, _, scores := w.scores(m)
			pairs += scores.Rows
			for i := range scores.Rows {
				for j, s := range scores.Data[i*scores.Stride:][:scores.Cols] {
					switch {
					case j == 0:
						loss += softplus(-float64(s))
					case w.out[j] != w.out[0]:
						loss += softplus(float64(s))
					}
				}
			}
		})
	}
	if pairs == 0 {
		return 0, fmt.Errorf(
			"no pairs of words in the validation text: every document has fewer than two words; " +
				"use a longer text or another split")
	}
	return loss / float64(pairs), nil
}

// softplus is ln(1 + eˣ) = −ln σ(−x).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
