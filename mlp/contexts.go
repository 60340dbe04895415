package mlp

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// ContextLoss is the loss for contexts that do not form a text, such as questions: each of the B
// rows of contexts [B, n−1] has one target. It is Σ −ln P(y)/n in nats.
func (m *Model) ContextLoss(
	t *autograd.Tape, contexts, y []lm.Token, n int,
) *autograd.Tensor {
	a := m.hidden(t, contexts) // [B, h]
	if m.W == nil {
		return t.HeadLoss(a, m.U, m.B, y, n) // 1×1
	}
	return t.CrossEntropy(m.logits(t, contexts, a), y, n) // 1×1
}

// ContextLogits returns the logits of the token after each row of contexts [B, n−1].
func (m *Model) ContextLogits(t *autograd.Tape, contexts []lm.Token) *autograd.Tensor {
	return m.logits(t, contexts, m.hidden(t, contexts)) // [B, V]
}
