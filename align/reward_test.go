package align

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
	"lmzoo/train"
)

// lastTwo is an Encoder with a vector for every two tokens before the last: enough to see the
// prompt and the answer of a tabularProblem.
type lastTwo struct {
	Table *autograd.Tensor `param:"table"`
}

func (m *lastTwo) Vocab() int { return 8 }

func (m *lastTwo) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	at := t.ScratchInts(len(b.X))
	for i := range at {
		at[i] = 0
		if i%b.T >= 2 {
			at[i] = b.X[i-1]*8 + b.X[i-2]
		}
	}
	return []*autograd.Tensor{t.Embedding(m.Table, at)}
}

func rewardOf(t testing.TB, body nn.Encoder) *Reward {
	t.Helper()
	return NewReward(body, rand.New(rand.NewPCG(7, 7)))
}

// TestRewardGradients checks that the gradient of the loss of body and head is its slope.
func TestRewardGradients(t *testing.T) {
	for name, m := range tinyPolicies(t) {
		t.Run(name, func(t *testing.T) {
			r := rewardOf(t, m)
			r.Center = 0.1
			var b PairBatch
			newPairs(t, somePairs()[:2], nil, 2).Batch(&b, 0)
			nntest.CheckSlopes(t, r, func(t *autograd.Tape) *autograd.Tensor {
				return r.Loss(t, b)
			})
		})
	}
}

// TestRewardRanks checks that a trained model ranks its pairs, and that Score returns the number
// that training used: the score at the last token of the answer, whatever else is in the batch.
func TestRewardRanks(t *testing.T) {
	r := rewardOf(t, smallGPT(t))
	list := somePairs()
	for i := range list {
		list[i].Kind = []string{"b", "a"}[i%2]
	}
	s := newPairs(t, list, nil, 4)
	before, err := r.Rank(t.Context(), s)
	require.NoError(t, err)
	require.Less(t, before[0].Accuracy, 1.0)
	_, err = train.Run(t.Context(), train.Learner[PairBatch](r), s, dpoConfig(150))
	require.NoError(t, err)
	after, err := r.Rank(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, after, 3)
	require.Equal(t, []string{"", "a", "b"}, []string{after[0].Kind, after[1].Kind, after[2].Kind})
	require.Equal(t, []int{5, 2, 3}, []int{after[0].Pairs, after[1].Pairs, after[2].Pairs})
	require.Equal(t, 1.0, after[0].Accuracy)

	var texts [][]lm.Token
	for _, p := range list {
		for _, answer := range [][]lm.Token{p.Chosen, p.Rejected} {
			texts = append(texts, append(append([]lm.Token(nil), p.Prompt...), answer...))
		}
	}
	var b PairBatch
	s.fillAll(&b)
	all, trained := r.Scores(texts), r.scores(autograd.NewForward(), b).Data
	require.Len(t, all, len(texts))
	for i, text := range texts {
		require.InDelta(t, r.Score(text), all[i], 1e-5)
		require.InDelta(t, trained[i], all[i], 1e-5)
	}
	require.Empty(t, r.Scores(nil))

	many := make([][]lm.Token, 100)
	for i := range many {
		many[i] = texts[i%len(texts)][:1+i%3]
	}
	want := r.Scores(many)
	r.Threads = 3
	require.Equal(t, want, r.Scores(many))
	l := newLoRA(t, r.Body.(Policy), loraOptions)
	r.Body = l
	adapted := r.Scores(many)
	require.NotEqual(t, want, adapted)
	r.Body = l.Merge()
	require.Equal(t, r.Scores(many), adapted)
}

// fillAll sets b to all pairs in their order.
func (s *Pairs) fillAll(b *PairBatch) {
	var at []int32
	for i := range s.pairs {
		at = append(at, int32(i))
	}
	b.fill(s.pairs, s.reference, at)
}

// TestCancelled checks that long scans of pairs stop when the context does.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newPairs(t, somePairs(), nil, 4)
	_, err := rewardOf(t, smallGPT(t)).Rank(ctx, s)
	require.ErrorIs(t, err, context.Canceled)
	_, err = NewDPO(ctx, smallGPT(t), s, DPOOptions{Beta: 1})
	require.ErrorIs(t, err, context.Canceled)
	require.Nil(t, s.reference)
}
