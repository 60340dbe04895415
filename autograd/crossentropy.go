package autograd

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/vec"
)

// CrossEntropy is the 1×1 sum of −ln softmax(logits)[y] over the rows with a target y ≥ 0, divided by n:
// nats per token (Shannon 1948). Rows with y = −1 count nothing.
func (t *Tape) CrossEntropy(logits *Tensor, y []int32, n int) *Tensor {
	logits.want("logits of CrossEntropy", len(y), -1)
	loss := t.New(1, 1)
	probs := t.Scratch(len(logits.Data))
	nats := crossEntropyForward(probs, logits.Data, y, logits.Cols)
	loss.Data[0] = float32(nats / float64(n))
	Record(t, crossEntropyOp{loss, logits, probs, y, n})
	return loss
}

type crossEntropyOp struct {
	loss, logits *Tensor
	probs        []float32
	y            []int32
	n            int
}

func (o crossEntropyOp) Backward() {
	if o.logits.Grad == nil {
		return
	}
	g := o.loss.AddGrad()[0] / float32(o.n)
	crossEntropyBackward(o.probs, o.y, o.logits.Cols, g)
	vec.Add(o.logits.AddGrad(), o.probs)
}

// crossEntropyForward stores the softmax of each row with a target in probs, which may be logits, and
// returns Σ −ln probs[y].
func crossEntropyForward(probs, logits []float32, y []int32, v int) (nats float64) {
	for i, y := range y {
		if y < 0 {
			continue
		}
		row, p := logits[i*v:][:v], probs[i*v:][:v]
		top, target := vec.Max(row), row[y]
		sum := expSum(p, row, top)
		vec.Scale(p, float32(1/sum))
		nats += math.Log(sum) + float64(top) - float64(target)
	}
	return nats
}

// expSum stores e^(x−shift) and returns the sum: short parts of a row in float32, the parts in float64.
func expSum(dst, x []float32, shift float32) (sum float64) {
	for i := 0; i < len(x); i += 256 {
		end := min(i+256, len(x))
		sum += float64(vec.ExpSum(dst[i:end], x[i:end], shift))
	}
	return sum
}

// crossEntropyBackward turns probs into the gradient of the logits in place: g·(p − [v = y]).
func crossEntropyBackward(probs []float32, y []int32, v int, g float32) {
	for i, y := range y {
		p := probs[i*v:][:v]
		if y < 0 {
			clear(p)
			continue
		}
		p[y]--
		vec.Scale(p, g)
	}
}

// headBlock is how many logits HeadLoss holds at once: 16 MB. Fewer would read all of w more often, for
// fewer rows at a time.
const headBlock = 1 << 22

// HeadLoss is CrossEntropy(x·wᵀ + bias, y, n) with w [V, C], which may be the embedding (Press and Wolf
// 2017), and bias [1, V], which may be nil. Logits exist for one block of rows at a time, so a vocabulary
// of 50,000 costs no memory; where they do not fit in one block, backward computes them again.
func (t *Tape) HeadLoss(x, w, bias *Tensor, y []int32, n int) *Tensor {
	return t.headLoss(x, w, bias, y, n, headBlock)
}

func (t *Tape) headLoss(x, w, bias *Tensor, y []int32, n, logits int) *Tensor {
	x.want("x of HeadLoss", len(y), w.Cols)
	loss := t.New(1, 1)
	block := min(max(logits/w.Rows, 1), x.Rows)
	o := headLossOp{loss: loss, x: x, w: w, bias: bias, probs: t.Scratch(block * w.Rows), y: y, n: n, block: block}
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

// probabilities computes softmax(x·wᵀ + bias) for the block of rows from i on, and its loss.
func (o *headLossOp) probabilities(i int) (nats float64) {
	end := min(i+o.block, o.x.Rows)
	logits := matrix(end-i, o.w.Rows, o.probs)
	linearForward(logits, nil, rows(o.x.General, i, end), o.w.General, data(o.bias), blas.Trans)
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

// backwardBlock sends dlogits = g·(softmax − onehot) of one block on: dx = dlogits·w, dw += dlogitsᵀ·x.
func (o *headLossOp) backwardBlock(i int, g float32) {
	end := min(i+o.block, o.x.Rows)
	dlogits := matrix(end-i, o.w.Rows, o.probs)
	crossEntropyBackward(dlogits.Data, o.y[i:end], o.w.Rows, g)
	if o.x.Grad != nil {
		dx := blas32.General{Rows: o.x.Rows, Cols: o.x.Cols, Stride: o.x.Stride, Data: o.x.AddGrad()}
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

// LogSoftmax stores logits − ln Σ exp(logits), in nats, in dst, computed in float64.
func LogSoftmax(dst []float64, logits []float32) {
	top := vec.Max(logits)
	var sum float64
	for _, v := range logits {
		sum += math.Exp(float64(v - top))
	}
	shift := float64(top) + math.Log(sum)
	for i, v := range logits {
		dst[i] = float64(v) - shift
	}
}
