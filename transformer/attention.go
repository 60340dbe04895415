package transformer

import (
	"math"

	"lmzoo/autograd"
)

// attention is scaled dot-product attention for one head and one position (Vaswani et al. 2017, eq.
// 1):
//
//	att_s = softmax_s(q·k_s / √D),   y = Σ_s att_s·v_s
//
// q is [D]; k and v are [S, D], the keys and values of the positions that it may attend to: all
// positions up to its own in a decoder, all of the document in an encoder. It is the plain version,
// used for inspection and as the reference for autograd's Attention and AttentionStep.
func attention(q []float32, k, v [][]float32) (y, att []float32) {
	scores := make([]float64, len(k))
	for s := range scores {
		for j := range q {
			scores[s] += float64(q[j]) * float64(k[s][j])
		}
		scores[s] /= math.Sqrt(float64(len(q)))
	}
	att = softmax(scores)
	y = make([]float32, len(q))
	for s, a := range att {
		for j := range y {
			y[j] += a * v[s][j]
		}
	}
	return y, att
}

// softmax is e^x / Σ e^x. The largest x is subtracted first, so that nothing overflows.
func softmax(x []float64) []float32 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range x {
		top = max(top, v)
	}
	y := make([]float32, len(x))
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	for i, v := range x {
		y[i] = float32(math.Exp(v-top) / sum)
	}
	return y
}

// heads is multi-head attention (ibid., §3.2.2): each of n heads attends by itself, to D of the
// channels. qkv is [T, (n+2·shared)·D], a row for each position, with n heads of q and shared heads
// of k and of v: each group of n/shared consecutive heads of q uses the same k and v (Ainslie et
// al. 2023). Position t looks at from(t) ≤ s < to(t). It returns y [T, n·D] and att [H][T][S].
func heads(
	qkv *autograd.Tensor, n, shared int, from, to func(t int) int,
) (y [][]float32, att [][][]float32) {
	d := qkv.Cols / (n + 2*shared)
	y = make([][]float32, qkv.Rows)
	att = make([][][]float32, n)
	for h := range n {
		part := func(head, t int) []float32 { return qkv.Row(t)[head*d:][:d] }
		kv := n + h*shared/n
		for t := range qkv.Rows {
			var k, v [][]float32
			for s := from(t); s < to(t); s++ {
				k, v = append(k, part(kv, s)), append(v, part(kv+shared, s))
			}
			yh, a := attention(part(h, t), k, v)
			y[t], att[h] = append(y[t], yh...), append(att[h], a)
		}
	}
	return y, att
}
