package align

import (
	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
)

// answers holds the log-probabilities of the answer tokens in the rows of a batch. Only the
// positions that predict them reach the output layer.
type answers struct {
	logProbs *autograd.Tensor // [n, 1] ln π(token | prompt, earlier tokens), in nats
	row      []int32          // [n] the row of each token
	rows     int
}

// newAnswers scores the targets of a batch without dropout. Otherwise, a ratio of two probabilities
// would compare two different networks.
func newAnswers(t *autograd.Tape, policy Policy, b corpus.Batch) answers {
	dice := t.Rand
	t.Rand = nil
	defer func() { t.Rand = dice }()
	n := b.Targets()
	a := answers{row: t.ScratchInts(n), rows: b.B}
	at, y := t.ScratchInts(n), []lm.Token(t.ScratchInts(n))
	k := 0
	for i, tok := range b.Y {
		if tok >= 0 {
			at[k], y[k], a.row[k] = int32(i), tok, int32(i/b.T)
			k++
		}
	}
	layers := policy.Hidden(t, b)
	h := t.Embedding(layers[len(layers)-1], at) // [n, C]
	a.logProbs = policy.HeadLogProbs(t, h, y)   // [n, 1]
	return a
}

// textLoss returns the loss on a batch of text. Unlike Loss, it keeps no state for the next batch;
// otherwise, a recurrent network would continue one text with another.
func textLoss(t *autograd.Tape, policy Policy, b corpus.Batch) *autograd.Tensor {
	layers := policy.Hidden(t, b)
	return policy.HeadLoss(t, layers[len(layers)-1], b.Y, b.N) // 1×1
}

// sums returns ln π(answer | prompt) of every row, in nats.
func (a answers) sums() []float64 {
	sums, k := make([]float64, a.rows), 0
	for i := range sums {
		sums[i], k = a.sum(i, k)
	}
	return sums
}

// sum returns ln π(answer | prompt) of a row, in nats, and the end of the row's tokens, which begin
// at k.
func (a answers) sum(row, k int) (sum float64, end int) {
	for ; k < len(a.row) && int(a.row[k]) == row; k++ {
		sum += float64(a.logProbs.Data[k])
	}
	return sum, k
}
