package autograd

import (
	"math"

	"lmzoo/autograd/vec"
)

// CrossEntropy is the 1×1 sum of −ln softmax(logits)[y] over the rows with a target y ≥ 0, divided
// by n: nats per token (Shannon 1948). Rows with y = −1 do not count.
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

// crossEntropyForward stores the softmax of each row with a target in probs, which may be logits,
// and returns Σ −ln probs[y].
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

// expSum stores e^(x−shift) and returns the sum. It sums short chunks of a row in float32 and adds
// these sums in float64.
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
