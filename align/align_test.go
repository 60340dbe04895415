package align

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn/nntest"
	"lmzoo/prompt"
	"lmzoo/rnn"
	"lmzoo/transformer"
)

// The models that post-training accepts.
var (
	_ Policy = (*transformer.Model)(nil)
	_ Policy = (*transformer.Llama)(nil)
	_ Policy = (*rnn.Model)(nil)
)

// textBatch is the batch of supervised fine-tuning.
type textBatch = corpus.Batch

// The tokens of the tests: BOS, then words, then the roles and [END].
const (
	user lm.Token = iota + 12
	assistant
	end
	vocab
)

// smallGPT returns a GPT of 16 tokens with a window of 24, in which every part matters.
func smallGPT(t testing.TB) *transformer.Model {
	t.Helper()
	return nntest.Build(t, transformer.New, transformer.Config{VocabSize: int(vocab) + 1,
		NPositions: 24, NEmbd: 8, NLayer: 2, NHead: 2, Smear: true})
}

// smallLlama returns a Llama of the same vocabulary and window.
func smallLlama(t testing.TB) *transformer.Llama {
	t.Helper()
	return nntest.Build(t, transformer.NewLlama, transformer.LlamaConfig{VocabSize: int(vocab) + 1,
		MaxPositionEmbeddings: 24, HiddenSize: 8, NumHiddenLayers: 2, NumAttentionHeads: 2,
		NumKeyValueHeads: 1, TieWordEmbeddings: true})
}

// policies returns the models with which every test of a stage runs.
func policies(t testing.TB) map[string]Policy {
	return map[string]Policy{"gpt": smallGPT(t), "llama": smallLlama(t)}
}

// tinyPolicies returns models that are small enough to check the slope of every weight.
func tinyPolicies(t testing.TB) map[string]Policy {
	return map[string]Policy{
		"gpt": nntest.Build(t, transformer.New, transformer.Config{VocabSize: int(vocab) + 1,
			NPositions: 24, NEmbd: 4, NLayer: 1, NHead: 2, Smear: true}),
		"llama": nntest.Build(t, transformer.NewLlama, transformer.LlamaConfig{
			VocabSize: int(vocab) + 1, MaxPositionEmbeddings: 24, HiddenSize: 4,
			IntermediateSize: 4, NumHiddenLayers: 1, NumAttentionHeads: 2,
			TieWordEmbeddings: true}),
	}
}

// encoded returns a conversation of one turn: [USER] question [ASSISTANT] answer [END].
func encoded(question, answer []lm.Token) (e prompt.Encoded) {
	add := func(loss bool, tokens ...lm.Token) {
		for _, t := range tokens {
			e.Tokens, e.Loss = append(e.Tokens, t), append(e.Loss, loss)
		}
	}
	add(false, user)
	add(false, question...)
	add(false, assistant)
	add(true, answer...)
	add(true, end)
	return e
}

// someConversations returns conversations of different lengths, so that rows hold one to three of
// them.
func someConversations() []prompt.Encoded {
	return []prompt.Encoded{
		encoded([]lm.Token{1, 2}, []lm.Token{3}),
		encoded([]lm.Token{4}, []lm.Token{5, 6, 7}),
		encoded([]lm.Token{8, 9, 10, 11}, []lm.Token{1, 2, 3, 4, 5}),
		encoded(nil, []lm.Token{9}),
		encoded([]lm.Token{2, 2, 2}, []lm.Token{3, 3}),
	}
}

// rawText returns pre-training text in batches of rows rows by n tokens.
func rawText(t testing.TB, rows, n int) *corpus.Windows {
	t.Helper()
	long := []lm.Token{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11, 3, 0}
	w, err := corpus.NewWindows([][]lm.Token{{6, 7, 8, 0}, long, {9, 10, 11, 1, 0}}, rows, n, 7)
	require.NoError(t, err)
	return w
}
