package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

// TestFrozenParts checks that freezing any one parameter does not change the gradients of the
// others.
func TestFrozenParts(t *testing.T) {
	gpt := nntest.Build(t, New, Config{VocabSize: 5, NPositions: 6, NEmbd: 4, NLayer: 1, NHead: 2,
		Smear: true})
	llama := nntest.Build(t, NewLlama, LlamaConfig{VocabSize: 5, MaxPositionEmbeddings: 6,
		HiddenSize: 4, NumHiddenLayers: 1, NumAttentionHeads: 2, NumKeyValueHeads: 1})
	for _, m := range []nntest.Learner{gpt, llama} {
		gradients := func(frozen int) []nn.Param {
			twin := nn.Replica(m)
			params := nn.Params(twin)
			if frozen >= 0 {
				params[frozen].Tensor.Grad = nil
			}
			tape := autograd.NewTape()
			tape.Backward(twin.Loss(tape, nntest.SmallBatch()))
			return params
		}
		all := gradients(-1)
		for frozen := range all {
			for i, p := range gradients(frozen) {
				if i == frozen {
					require.Nil(t, p.Tensor.Grad)
					continue
				}
				require.InDeltaSlice(t, all[i].Grad, p.Grad, 1e-6, "%s without %s", p.Name,
					all[frozen].Name)
			}
		}
	}
}
