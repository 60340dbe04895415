package autograd

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// headBlock is the number of logits that HeadLoss keeps at a time: 16 MB. A smaller block would
// read all of w more often.
const headBlock = 1 << 22

// HeadLoss returns CrossEntropy(x·wᵀ + bias, y, n), a 1×1 tensor in nats, with x [len(y), C], w [V,
// C], which may be the embedding (Press and Wolf 2017), and bias [1, V], which may be nil. Only one
// block of rows of logits exists at a time, so a vocabulary of 50,000 needs little memory. If the
// logits do not fit in one block, backward computes them again.
func (t *Tape) HeadLoss(x, w, bias *Tensor, y []int32, n int) *Tensor {
	return t.headLoss(x, w, bias, y, n, headBlock)
}

func (t *Tape) headLoss(x, w, bias *Tensor, y []int32, n, logits int) *Tensor {
	loss := t.New(1, 1)
	o := headLossOp{head: t.head(x, w, bias, y, logits), loss: loss, n: n}
	var nats float64
	for i := 0; i < x.Rows; i += o.block {
		nats += o.probabilities(i)
	}
	loss.Data[0] = float32(nats / float64(n))
	Record(t, o)
	return loss
}

type headLossOp struct {
	head
	loss *Tensor
	n    int
}

// probabilities computes the softmax of the block of rows that begins at i and returns its loss.
func (o *headLossOp) probabilities(i int) (nats float64) {
	logits, y := o.logits(i)
	return crossEntropyForward(logits.Data, logits.Data, y, o.w.Rows)
}

// Backward computes dlogits = g·(softmax − onehot) of each block.
func (o headLossOp) Backward() {
	g := o.loss.AddGrad()[0] / float32(o.n)
	for i := 0; i < o.x.Rows; i += o.block {
		if o.block < o.x.Rows {
			o.probabilities(i)
		}
		dlogits, y := o.rows(i)
		crossEntropyBackward(dlogits.Data, y, o.w.Rows, g)
		o.backward(i, dlogits)
	}
}

// head is an output layer x·wᵀ + bias, whose logits exist for one block of rows at a time.
type head struct {
	x, w, bias *Tensor
	y          []int32
	probs      []float32 // [block, V]
	block      int       // rows of a block
}

func (t *Tape) head(x, w, bias *Tensor, y []int32, logits int) head {
	x.want("x of an output layer", len(y), w.Cols)
	block := min(max(logits/w.Rows, 1), x.Rows)
	return head{x, w, bias, y, t.Scratch(block * w.Rows), block}
}

// rows returns the memory and the targets of the block of rows that begins at i.
func (h *head) rows(i int) (block blas32.General, y []int32) {
	end := min(i+h.block, h.x.Rows)
	return matrix(end-i, h.w.Rows, h.probs), h.y[i:end]
}

// logits computes x·wᵀ + bias for the block of rows that begins at i.
func (h *head) logits(i int) (logits blas32.General, y []int32) {
	logits, y = h.rows(i)
	linearForward(logits, nil, rows(h.x.General, i, i+len(y)), h.w.General, data(h.bias),
		blas.Trans, nil)
	return logits, y
}

// backward propagates the gradient of the logits of the block of rows that begins at i: dx =
// dlogits·w, dw += dlogitsᵀ·x.
func (h *head) backward(i int, dlogits blas32.General) {
	end := i + dlogits.Rows
	if h.x.Grad != nil {
		dx := blas32.General{Rows: h.x.Rows, Cols: h.x.Cols, Stride: h.x.Stride,
			Data: h.x.AddGrad()}
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, dlogits, h.w.General, 1, rows(dx, i, end))
	}
	if h.w.Grad != nil {
		dw, beta := h.w.gradMatrix()
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, dlogits, rows(h.x.General, i, end), beta, dw)
	}
	if h.bias != nil && h.bias.Grad != nil {
		addRows(h.bias.AddGrad(), dlogits)
	}
}
