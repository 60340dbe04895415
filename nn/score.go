package nn

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd"
	"lmzoo/autograd/vec"
	"lmzoo/lm"
)

// LogSoftmax stores ln softmax(logits), in nats, in dst and returns dst, or a new slice if dst is
// too short.
func LogSoftmax(t *autograd.Tape, dst []float64, logits []float32) []float64 {
	if len(dst) < len(logits) {
		dst = make([]float64, len(logits))
	}
	t.LogSoftmax(dst, logits)
	return dst
}

// scoreBlock is the number of logits that Score holds at once: 1 MB.
const scoreBlock = 1 << 18

// Score stores ln softmax(x·wᵀ + bias)[y[i]], in nats, in dst[i] for every row i of x [len(y), C].
func Score(t *autograd.Tape, dst []float64, x, w, bias *autograd.Tensor, y []lm.Token) {
	v := w.Rows
	block := min(max(scoreBlock/v, 1), len(y))
	logits := blas32.General{Cols: v, Stride: v, Data: t.Scratch(block * v)}
	for i := 0; i < len(y); i += block {
		n := min(block, len(y)-i)
		logits.Rows = n
		part := blas32.General{Rows: n, Cols: x.Cols, Stride: x.Stride, Data: x.Data[i*x.Stride:]}
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, part, w.General, 0, logits)
		for j := range n {
			row := logits.Data[j*v:][:v]
			if bias != nil {
				vec.Add(row, bias.Data)
			}
			dst[i+j] = logProb(row, y[i+j])
		}
	}
}

// ScoreLogits stores ln softmax(logits)[y[i]], in nats, in dst[i] for every row i. It overwrites
// the logits.
func ScoreLogits(dst []float64, logits *autograd.Tensor, y []lm.Token) {
	for i, y := range y {
		dst[i] = logProb(logits.Row(i), y)
	}
}

// logProb is ln softmax(logits)[y]. It overwrites the logits.
func logProb(logits []float32, y lm.Token) float64 {
	const block = 64 // few enough terms for float32; their sums are added in float64
	target, top := logits[y], vec.Max(logits)
	var sum float64
	for len(logits) > 0 {
		part := logits[:min(block, len(logits))]
		sum += float64(vec.ExpSum(part, part, top))
		logits = logits[len(part):]
	}
	return float64(target) - float64(top) - math.Log(sum)
}
