package autograd

import (
	"math"

	"lmzoo/autograd/vec"
)

// HeadLogProbs returns ln softmax(x·wᵀ + bias)[y] for every row of x, [len(y), 1], in nats, and 0
// where y is −1: the terms of HeadLoss, with their sign, for a loss that weights each token or
// answer on its own. Like HeadLoss, it keeps only one block of logits.
func (t *Tape) HeadLogProbs(x, w, bias *Tensor, y []int32) *Tensor {
	return t.headLogProbs(x, w, bias, y, headBlock)
}

func (t *Tape) headLogProbs(x, w, bias *Tensor, y []int32, logits int) *Tensor {
	out := t.New(len(y), 1)
	o := headLogProbsOp{head: t.head(x, w, bias, y, logits), out: out}
	for i := 0; i < x.Rows; i += o.block {
		o.probabilities(i, out.Data[i:])
	}
	Record(t, o)
	return out
}

type headLogProbsOp struct {
	head
	out *Tensor
}

// probabilities computes the softmax of the block of rows that begins at i. Unless dst is nil, it
// stores the logarithms of the probabilities of the targets in dst.
func (o *headLogProbsOp) probabilities(i int, dst []float32) {
	logits, y := o.logits(i)
	for j, y := range y {
		if y < 0 {
			if dst != nil {
				dst[j] = 0
			}
			continue
		}
		row := logits.Data[j*logits.Cols:][:logits.Cols]
		top, target := vec.Max(row), row[y]
		sum := expSum(row, row, top)
		vec.Scale(row, float32(1/sum))
		if dst != nil {
			dst[j] = float32(float64(target) - float64(top) - math.Log(sum))
		}
	}
}

// Backward computes dlogits = g·(onehot − softmax) of each row, where g is its gradient.
func (o headLogProbsOp) Backward() {
	g := o.out.AddGrad()
	for i := 0; i < o.x.Rows; i += o.block {
		if o.block < o.x.Rows {
			o.probabilities(i, nil)
		}
		dlogits, y := o.rows(i)
		for j := range y {
			crossEntropyBackward(dlogits.Data[j*dlogits.Cols:], y[j:j+1], dlogits.Cols, -g[i+j])
		}
		o.backward(i, dlogits)
	}
}
