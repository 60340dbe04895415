package align

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/nn/nntest"
	"lmzoo/rnn"
	"lmzoo/train"
)

// stage returns a learner that starts from the same weights every time, and its source.
type stage[B train.Batch[B]] func(t *testing.T) (train.Learner[B], train.Source[B])

// checkResume tests that a run of ten steps has the same bits on one thread, on three threads, and
// when it is stopped after five steps and continued by another process.
func checkResume[B train.Batch[B]](t *testing.T, s stage[B]) {
	t.Helper()
	c := sftConfig(10)
	c.Accumulate = 2
	begin := func(threads int) (train.Learner[B], *train.Trainer) {
		c := c
		c.Threads = threads
		l, src := s(t)
		tr, err := train.NewTrainer(l, src, c)
		require.NoError(t, err)
		return l, tr
	}
	walk := func(tr *train.Trainer, steps int) {
		for range steps {
			_, err := tr.Step()
			require.NoError(t, err)
		}
	}
	start, _ := s(t)
	straight, a := begin(1)
	walk(a, 10)
	require.NotEqual(t, hashOf(start), hashOf(straight))
	threaded, b := begin(3)
	walk(b, 10)
	require.Equal(t, hashOf(straight), hashOf(threaded), "threads")

	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	_, stopped := begin(1)
	walk(stopped, 5)
	require.NoError(t, stopped.Save(path, nil))
	resumed, d := begin(2)
	require.NoError(t, d.Resume(path, nil))
	walk(d, 5)
	require.Equal(t, hashOf(straight), hashOf(resumed), "resumed")
}

// TestStagesResumeExactly covers every stage, with all of its settings.
func TestStagesResumeExactly(t *testing.T) {
	t.Run("sft", func(t *testing.T) {
		checkResume(t, func(t *testing.T) (train.Learner[textBatch], train.Source[textBatch]) {
			m := smallGPT(t)
			m.Config.Dropout = 0.2
			return m, conversations(t, someConversations(), SFTOptions{Batch: 4, Context: 24,
				Rehearse: 0.25, Mask: true, Seed: 3})
		})
	})
	t.Run("lora", func(t *testing.T) {
		checkResume(t, func(t *testing.T) (train.Learner[textBatch], train.Source[textBatch]) {
			return newLoRA(t, smallLlama(t), loraOptions), conversations(t, someConversations(),
				SFTOptions{Batch: 4, Context: 24, Mask: true})
		})
	})
	t.Run("reward", func(t *testing.T) {
		checkResume(t, func(t *testing.T) (train.Learner[PairBatch], train.Source[PairBatch]) {
			return rewardOf(t, smallLlama(t)), newPairs(t, somePairs(), nil, 3)
		})
	})
	for name, policy := range map[string]func() Policy{
		"gpt": func() Policy { return smallGPT(t) },
		"lora": func() Policy {
			l, err := NewLoRA(smallGPT(t), loraOptions, rand.New(rand.NewPCG(5, 5)))
			require.NoError(t, err)
			return l
		},
		"lstm": func() Policy {
			return nntest.Build(t, rnn.New, rnn.Config{Cell: "lstm", VocabSize: int(vocab) + 1,
				NEmbd: 4, Hidden: 8, Layers: 1})
		},
	} {
		t.Run("dpo "+name, func(t *testing.T) {
			checkResume(t, func(t *testing.T) (train.Learner[PairBatch], train.Source[PairBatch]) {
				m := policy()
				s := newPairs(t, somePairs(), rawText(t, 2, 8), 3)
				d, err := NewDPO(t.Context(), m, s, DPOOptions{Beta: 0.3, NLL: 0.1, Rehearse: 0.5})
				require.NoError(t, err)
				return d, s
			})
		})
	}
}

// TestStepsAllocateLittle checks that a steady step of a stage allocates a few slices of headers,
// and nothing that grows with the batch.
func TestStepsAllocateLittle(t *testing.T) {
	allocations := func(step func() (train.Stats, error)) float64 {
		run := func() {
			_, err := step()
			require.NoError(t, err)
		}
		for range 20 {
			run()
		}
		return testing.AllocsPerRun(50, run)
	}
	c := sftConfig(1000)
	tr, err := train.NewTrainer(train.Learner[textBatch](smallGPT(t)), conversations(t,
		someConversations(), SFTOptions{Batch: 4, Context: 24, Rehearse: 0.25, Mask: true}), c)
	require.NoError(t, err)
	require.Less(t, allocations(tr.Step), 1.0)

	s := newPairs(t, somePairs(), rawText(t, 2, 8), 4)
	d, err := NewDPO(t.Context(), smallGPT(t), s, DPOOptions{Beta: 0.3, Rehearse: 0.5})
	require.NoError(t, err)
	dpo, err := train.NewTrainer(train.Learner[PairBatch](d), s, c)
	require.NoError(t, err)
	hidden := 3 * 2 * 2.0 // for pairs and text of every piece, the list of layers grows twice
	require.LessOrEqual(t, allocations(dpo.Step), hidden)
}
