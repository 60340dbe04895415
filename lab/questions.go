package lab

import (
	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/mlp"
)

// questions is a batch of contexts of equal length, each with one answer (train.Batch).
type questions struct {
	contexts []lm.Token // [len(answers), width]
	answers  []lm.Token
	width    int
	n        int // denominator of the loss
}

// reset empties q for contexts of a width.
func (q *questions) reset(width int) {
	q.contexts, q.answers, q.width = q.contexts[:0], q.answers[:0], width
}

// Rows returns the number of questions.
func (q questions) Rows() int { return len(q.answers) }

// Targets returns the number of answers.
func (q questions) Targets() int { return len(q.answers) }

// Of returns the same questions with n as the denominator of their loss.
func (q questions) Of(n int) questions {
	q.n = n
	return q
}

// Share returns share i of n.
func (q questions) Share(i, n int) (questions, bool) {
	from, to := i*len(q.answers)/n, (i+1)*len(q.answers)/n
	q.contexts, q.answers = q.contexts[from*q.width:to*q.width], q.answers[from:to]
	return q, from < to
}

// answerer is an NPLM that learns from questions.
type answerer struct {
	*mlp.Model `param:""`
}

// Loss is the mean −ln P of the answers.
func (a *answerer) Loss(t *autograd.Tape, q questions) *autograd.Tensor {
	return a.ContextLoss(t, q.contexts, q.answers, q.n)
}
