package nn

import (
	"lmzoo/autograd"
	"lmzoo/corpus"
)

// Encoder is a model whose hidden vectors can be read. Heads, probes, reward models and ELMo's
// mixture of layers use this interface.
type Encoder interface {
	// Vocab returns the number of tokens.
	Vocab() int
	// Hidden returns the vectors of every position of the batch: at index 0 the embeddings, then
	// one tensor for each layer, [B·T, C_l] each. The last tensor is the input of the output layer.
	// A BOS in b.X begins a document, a row begins without a memory, and no memory crosses a BOS;
	// b.Y is not read. On a tape that records, gradients flow back through all of them. They live
	// until the tape's Reset.
	Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor
}

// Embedder is a model with a vector for each token.
type Embedder interface {
	// Vocab returns the number of tokens.
	Vocab() int
	// Embeddings returns the table itself, not a copy: a row for each token, [V, C].
	Embeddings() *autograd.Tensor
}
