package align

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn/nntest"
	"lmzoo/train"
	"lmzoo/transformer"
)

// benchPolicy is a GPT of about 170,000 parameters.
func benchPolicy(b *testing.B) *transformer.Model {
	m, err := transformer.New(transformer.Config{VocabSize: 377, NPositions: 48, NEmbd: 64,
		NLayer: 3, NHead: 2, Smear: true}, nntest.Rand())
	require.NoError(b, err)
	return m
}

func anyText(rng *rand.Rand, n int) (tokens []lm.Token) {
	for range n {
		tokens = append(tokens, 1+rng.Int32N(370))
	}
	return tokens
}

func benchSteps[B train.Batch[B]](b *testing.B, l train.Learner[B], src train.Source[B]) {
	c := train.Default()
	c.Batch, c.Context, c.Steps = 32, 48, 1<<30
	tr, err := train.NewTrainer(l, src, c)
	require.NoError(b, err)
	for b.Loop() {
		_, err := tr.Step()
		require.NoError(b, err)
	}
}

// BenchmarkSFT compares a step of all weights with one of LoRA, on 64 rows of 24 tokens.
func BenchmarkSFT(b *testing.B) {
	rng := nntest.Rand()
	docs := make([][]lm.Token, 500)
	for i := range docs {
		docs[i] = anyText(rng, 20)
	}
	src, err := corpus.NewWindows(docs, 64, 24, 1)
	require.NoError(b, err)
	b.Run("all weights", func(b *testing.B) {
		benchSteps(b, train.Learner[corpus.Batch](benchPolicy(b)), src)
	})
	b.Run("LoRA", func(b *testing.B) {
		l, err := NewLoRA(benchPolicy(b), LoRAOptions{Rank: 8, Alpha: 16,
			Tokens: []lm.Token{370, 371}}, rng)
		require.NoError(b, err)
		benchSteps(b, train.Learner[corpus.Batch](l), src)
	})
}

// BenchmarkDPO measures a step of 32 pairs of 20 tokens with both anchors.
func BenchmarkDPO(b *testing.B) {
	rng := nntest.Rand()
	pairs := make([]Pair, 300)
	for i := range pairs {
		pairs[i] = Pair{Prompt: anyText(rng, 10), Chosen: append(anyText(rng, 8), 376),
			Rejected: append(anyText(rng, 9), 376)}
	}
	raw, err := corpus.NewWindows([][]lm.Token{anyText(rng, 5000)}, 16, 48, 1)
	require.NoError(b, err)
	src, err := NewPairs(pairs, raw, PairOptions{Batch: 32, Context: 48})
	require.NoError(b, err)
	d, err := NewDPO(b.Context(), benchPolicy(b), src, DPOOptions{Beta: 0.5, NLL: 0.3,
		Rehearse: 0.5})
	require.NoError(b, err)
	benchSteps(b, train.Learner[PairBatch](d), src)
}
