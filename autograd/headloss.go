package autograd

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// headBlock is the number of logits that HeadLoss keeps at a time: 16 MB. A smaller block would
// read all of w more often.
const headBlock = 1 << 22

// HeadLoss is CrossEntropy(x·wᵀ + bias, y, n) with w [V, C], which may be the embedding (Press and
// Wolf 2017), and bias [1, V], which may be nil. Only one block of rows of logits exists at a time,
// so that a vocabulary of 50,000 needs little memory. If the logits do not fit in one block,
// backward computes them again.
func (t *Tape) HeadLoss(x, w, bias *Tensor, y []int32, n int) *Tensor {
	return t.headLoss(x, w, bias, y, n, headBlock)
}

func (t *Tape) headLoss(x, w, bias *Tensor, y []int32, n, logits int) *Tensor {
	x.want("x of HeadLoss", len(y), w.Cols)
	loss := t.New(1, 1)
	block := min(max(logits/w.Rows, 1), x.Rows)
	o := headLossOp{loss: loss, x: x, w: w, bias: bias, probs: t.Scratch(block * w.Rows), y: y,
		n: n, block: block}
	var nats float64
	for i := 0; i < x.Rows; i += block {
		nats += o.probabilities(i)
	}
	loss.Data[0] = float32(nats / float64(n))
	Record(t, o)
	return loss
}

type headLossOp struct {
	loss, x, w, bias *Tensor
	probs            []float32 // [block, V]
	y                []int32
	n, block         int
}

// probabilities computes softmax(x·wᵀ + bias) for the block of rows that begins at i and returns
// its loss.
func (o *headLossOp) probabilities(i int) (nats float64) {
	end := min(i+o.block, o.x.Rows)
	logits := matrix(end-i, o.w.Rows, o.probs)
	linearForward(logits, nil, rows(o.x.General, i, end), o.w.General, data(o.bias), blas.Trans,
		nil)
	return crossEntropyForward(logits.Data, logits.Data, o.y[i:end], o.w.Rows)
}

func (o headLossOp) Backward() {
	g := o.loss.AddGrad()[0] / float32(o.n)
	for i := 0; i < o.x.Rows; i += o.block {
		if o.block < o.x.Rows {
			o.probabilities(i)
		}
		o.backwardBlock(i, g)
	}
}

// backwardBlock propagates dlogits = g·(softmax − onehot) of one block: dx = dlogits·w, dw +=
// dlogitsᵀ·x.
func (o *headLossOp) backwardBlock(i int, g float32) {
	end := min(i+o.block, o.x.Rows)
	dlogits := matrix(end-i, o.w.Rows, o.probs)
	crossEntropyBackward(dlogits.Data, o.y[i:end], o.w.Rows, g)
	if o.x.Grad != nil {
		dx := blas32.General{Rows: o.x.Rows, Cols: o.x.Cols, Stride: o.x.Stride,
			Data: o.x.AddGrad()}
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, dlogits, o.w.General, 1, rows(dx, i, end))
	}
	if o.w.Grad != nil {
		dw, beta := o.w.gradMatrix()
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, dlogits, rows(o.x.General, i, end), beta, dw)
	}
	if o.bias != nil && o.bias.Grad != nil {
		addRows(o.bias.AddGrad(), dlogits)
	}
}
