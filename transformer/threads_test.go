package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn/nntest"
)

// threaded is a model that several threads share.
type threaded interface {
	lm.Stepper
	SetThreads(int)
	Threaded() bool
	Quantize()
}

// wide returns a model so large that several threads divide its products.
func wide(t *testing.T) *Model {
	m, err := New(Config{VocabSize: 3000, NPositions: 24, NEmbd: 240, NLayer: 2, NHead: 6,
		InitializerRange: 0.1}, nntest.Rand())
	require.NoError(t, err)
	return m
}

// wideLlama is wide for a Llama.
func wideLlama(t *testing.T) *Llama {
	m, err := NewLlama(LlamaConfig{VocabSize: 3000, MaxPositionEmbeddings: 24, HiddenSize: 240,
		NumHiddenLayers: 2, NumAttentionHeads: 6, NumKeyValueHeads: 3, InitializerRange: 0.1,
		TieWordEmbeddings: true}, nntest.Rand())
	require.NoError(t, err)
	return m
}

// say returns the model's predictions for a text longer than its window, token by token.
func say(m lm.Stepper) (all [][]float64) {
	s := m.Start()
	for i := range 40 {
		all = append(all, s.NextLogProbs(nil))
		s.Push(lm.Token(1 + 71*i%2999))
	}
	return all
}

func TestThreadsChangeNoBit(t *testing.T) {
	for _, m := range []threaded{wide(t), wideLlama(t)} {
		checkThreads(t, m)
	}
}

func checkThreads(t *testing.T, m threaded) {
	t.Helper()
	for _, int8 := range []bool{false, true} {
		if int8 {
			m.Quantize()
		}
		m.SetThreads(1)
		want := say(m)
		for _, n := range []int{2, 3, 2} {
			m.SetThreads(n)
			require.Equal(t, want, say(m), "%d threads, int8 %v", n, int8)
		}
	}
}

// TestThreadsReadAPromptTogether: several threads also divide the products of a prompt.
func TestThreadsReadAPromptTogether(t *testing.T) {
	gpt, err := New(Config{VocabSize: 11, NPositions: 64, NEmbd: 256, NLayer: 2, NHead: 4},
		nntest.Rand())
	require.NoError(t, err)
	llama, err := NewLlama(LlamaConfig{VocabSize: 11, MaxPositionEmbeddings: 64, HiddenSize: 256,
		NumHiddenLayers: 2, NumAttentionHeads: 4}, nntest.Rand())
	require.NoError(t, err)
	for _, m := range []threaded{gpt, llama} {
		checkPrompt(t, m)
	}
}

func checkPrompt(t *testing.T, m threaded) {
	t.Helper()
	read := func() []float64 {
		s := m.Start()
		for i := range 63 {
			s.Push(lm.Token(1 + i%10))
		}
		return s.NextLogProbs(nil)
	}
	want := read()
	m.SetThreads(2)
	require.True(t, m.Threaded())
	require.Equal(t, want, read())
}

// TestQuantizedModel: a quantized model makes nearly the same predictions and satisfies the
// contract.
func TestQuantizedModel(t *testing.T) {
	for _, m := range []threaded{wide(t), wideLlama(t)} {
		before := say(m)
		m.Quantize()
		m.SetThreads(2)
		require.True(t, m.Threaded())
		after := say(m)
		for i := range before {
			require.NotEqual(t, before[i], after[i])
			require.InDeltaSlice(t, before[i], after[i], 0.5)
		}
	}
	gpt, err := New(Config{VocabSize: 11, NPositions: 8, NEmbd: 16, NLayer: 2, NHead: 2,
		InitializerRange: 0.3, Smear: true}, nntest.Rand())
	require.NoError(t, err)
	nntest.CheckQuantized(t, gpt, func(tol float64) {
		lmtest.Check(t, gpt, tol, 0, 1, 2, 7, 8, 9, 20)
	})
	for _, tied := range []bool{false, true} {
		llama, err := NewLlama(LlamaConfig{VocabSize: 11, MaxPositionEmbeddings: 8, HiddenSize: 16,
			NumHiddenLayers: 2, NumAttentionHeads: 4, NumKeyValueHeads: 2, InitializerRange: 0.3,
			TieWordEmbeddings: tied}, nntest.Rand())
		require.NoError(t, err)
		nntest.CheckQuantized(t, llama, func(tol float64) {
			lmtest.Check(t, llama, tol, 0, 1, 2, 7, 8, 9, 20)
		})
	}
}

func TestTogetherNothingIsAllocated(t *testing.T) {
	if nntest.Racing {
		t.Skip("the race detector allocates")
	}
	for _, m := range []threaded{wide(t), wideLlama(t)} {
		checkNothingAllocated(t, m)
	}
}

func checkNothingAllocated(t *testing.T, m threaded) {
	t.Helper()
	m.SetThreads(2)
	require.True(t, m.Threaded())
	s, dst := m.Start(), make([]float64, m.Vocab())
	n := 0
	step := func() {
		if n++; n%20 == 0 {
			s.Push(lm.BOS)
		}
		s.NextLogProbs(dst)
		s.Push(1)
	}
	for range 100 {
		step()
	}
	require.Less(t, testing.AllocsPerRun(200, step), 0.2)
}
