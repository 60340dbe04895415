package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// Score works in blocks of rows and of tokens; the reference does not.
func TestScoreIsLogSoftmaxOfTheProduct(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const rows, v, c = scoreBlock/200 + 90, 200, 3
	x, w, bias := Normal(rows, c, 3, rng), Normal(v, c, 3, rng), Normal(1, v, 3, rng)
	y := make([]lm.Token, rows)
	for i := range y {
		y[i] = rng.Int32N(v)
	}
	for _, b := range []*autograd.Tensor{nil, bias} {
		got := make([]float64, rows)
		tape := autograd.NewForward()
		Score(tape, got, x, w, b, y)
		for i, y := range y {
			logits := make([]float64, v)
			sum := 0.0
			for j := range logits {
				for k, xk := range x.Row(i) {
					logits[j] += float64(xk) * float64(w.Row(j)[k])
				}
				if b != nil {
					logits[j] += float64(b.Data[j])
				}
				sum += math.Exp(logits[j])
			}
			require.InDelta(t, logits[y]-math.Log(sum), got[i], 2e-5, "row %d", i)
			if i%100 == 0 {
				next := LogSoftmax(tape, nil, tape.LinearT(tape.Const(1, c, x.Row(i)), w, b).Row(0))
				total := 0.0
				for j, p := range next {
					require.InDelta(t, logits[j]-math.Log(sum), p, 2e-5)
					total += math.Exp(p)
				}
				require.InDelta(t, 1, total, 1e-12)
			}
		}
	}
}

// A certain token costs 0 nats, and a very unlikely one a finite number, not infinity or NaN.
func TestLogProbOfExtremes(t *testing.T) {
	require.InDelta(t, 0, logProb([]float32{1000, -1000}, 0), 1e-12)
	require.InDelta(t, -2000, logProb([]float32{1000, -1000}, 1), 1e-9)
	require.InDelta(t, -math.Ln2, logProb([]float32{-1e30, -1e30}, 1), 1e-7)
}
