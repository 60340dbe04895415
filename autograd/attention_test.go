package autograd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSoftmaxSumsToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.SliceOfN(rapid.Float32Range(-50, 50), 1, 70).Draw(t, "row")
		from := rapid.IntRange(0, len(row)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(row)).Draw(t, "to")
		want := 0.0
		for _, v := range row[from:to] {
			want += math.Exp(float64(v))
		}
		top, denominator := softmaxForward(row, from, to)
		require.InDelta(t, math.Log(want), float64(top)+math.Log(float64(denominator)), 1e-4)
		sum := 0.0
		for i, p := range row {
			if i < from || i >= to {
				require.Zero(t, p)
			}
			require.GreaterOrEqual(t, p, float32(0))
			sum += float64(p)
		}
		require.InDelta(t, 1, sum, 1e-5)
	})
}

// Positions outside a span do not change a bit of its output: later tokens in causal attention,
// other documents of the row, padding.
func TestAttentionSeesOnlyItsSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		B, T := rapid.IntRange(1, 2).Draw(t, "B"), rapid.IntRange(2, 70).Draw(t, "T")
		H, D := rapid.IntRange(1, 2).Draw(t, "H"), rapid.SampledFrom([]int{1, 2, 5, 9, 16}).Draw(t,
			"D")
		start, end := packedSpans(t, B, T)
		if rapid.Bool().Draw(t, "causal") {
			end = nil
		}
		qkv := wild(B*T, 3*H*D, 2, 1)
		y := append([]float32(nil), NewForward().Attention(qkv, B, T, H, start, end, 0).Data...)
		moved := rapid.IntRange(0, B*T-1).Draw(t, "moved")
		for j := range qkv.Row(moved) {
			qkv.Row(moved)[j] += 1
		}
		z := NewForward().Attention(qkv, B, T, H, start, end, 0)
		for i := range B * T {
			to := i%T + 1
			if end != nil {
				to = int(end[i])
			}
			sees := i/T == moved/T && int(start[i]) <= moved%T && moved%T < to
			if !sees {
				require.Equal(t, y[i*H*D:][:H*D], z.Row(i), "position %d changed with %d", i, moved)
			} else if i == moved {
				require.NotEqual(t, y[i*H*D:][:H*D], z.Row(i))
			}
		}
	})
}

// packedSpans draws rows of documents and returns where the document of each position starts and
// ends.
func packedSpans(t *rapid.T, B, T int) (start, end []int32) {
	start, end = make([]int32, B*T), make([]int32, B*T)
	for i := range start {
		switch {
		case i%T == 0:
			start[i] = 0
		case rapid.IntRange(0, 9).Draw(t, "new") == 0:
			start[i] = int32(i % T)
		default:
			start[i] = start[i-1]
		}
	}
	for i := B*T - 1; i >= 0; i-- {
		if i%T == T-1 || start[i+1] != start[i] {
			end[i] = int32(i%T + 1)
		} else {
			end[i] = end[i+1]
		}
	}
	return start, end
}

// Attention with end t+1 equals causal attention on every code path.
func TestCausalIsAnEnd(t *testing.T) {
	for _, T := range []int{1, 7, 16, 40, 75} {
		const B, H, D = 2, 2, 16
		end := make([]int32, B*T)
		for i := range end {
			end[i] = int32(i%T + 1)
		}
		var outs, grads [][]float32
		for _, end := range [][]int32{nil, end} {
			qkv, tape := wild(B*T, 3*H*D, 2, 1), NewTape()
			y := tape.Attention(tape.Scale(qkv, 1), B, T, H, nil, end, 0)
			outs = append(outs, append([]float32(nil), y.Data...))
			tape.Backward(tape.Sum(tape.Mul(y, y)))
			grads = append(grads, qkv.Grad)
		}
		require.InDeltaSlice(t, outs[0], outs[1], 1e-6)
		require.InDeltaSlice(t, grads[0], grads[1], 1e-5)
	}
}

// A document's outputs do not depend on where in a row it is packed.
func TestPackedDocumentsAreAlone(t *testing.T) {
	const T, H, D = 50, 2, 4
	doc := wild(20, 3*H*D, 2, 1)
	alone := NewForward().Attention(doc, 1, 20, H, nil, nil, 0)
	row, start := wild(T, 3*H*D, 2, 2), make([]int32, T)
	copy(row.Data[25*3*H*D:], doc.Data)
	for i := 25; i < T; i++ {
		start[i] = 25
	}
	packed := NewForward().Attention(row, 1, T, H, start, nil, 0)
	for i := range 20 {
		require.InDeltaSlice(t, alone.Row(i), packed.Row(25+i), 1e-6)
	}
}

func TestAttentionStepIsTheLastRow(t *testing.T) {
	const T, H, D = 37, 3, 5
	C := H * D
	qkv := wild(T, 3*C, 2, 1)
	y := NewForward().Attention(qkv, 1, T, H, nil, nil, 0)
	k, v := make([]float32, T*C), make([]float32, T*C)
	dst, tape := make([]float32, C), NewForward()
	for i := range T {
		copy(k[i*C:], qkv.Row(i)[C:2*C])
		copy(v[i*C:], qkv.Row(i)[2*C:])
		tape.AttentionStep(dst, qkv.Row(i)[:C], k, v, i+1, H, H)
		require.InDeltaSlice(t, y.Row(i), dst, 1e-5)
	}
}

// Keeping att or computing it again makes no difference to the gradient.
func TestKeptAttention(t *testing.T) {
	const B, T, H, D = 2, 75, 2, 6
	start := make([]int32, B*T)
	for i := range start {
		start[i] = int32(i % T / 30 * 30) // three documents in a row
	}
	for _, c := range []struct {
		p   float64
		end []int32
		K   int
	}{{0, nil, H}, {0.3, nil, H}, {0, ends(B*T, T), H}, {0.3, ends(B*T, T), H}, {0, nil, 1}} {
		var grads, outs [][]float32
		for _, keep := range []int{T, T - 1} {
			qkv, tape := wild(B*T, (H+2*c.K)*D, 2, 1), NewTape()
			qkv.Grad = ones(len(qkv.Data))
			tape.Rand = rand.New(rand.NewPCG(1, 2))
			y := tape.attention(qkv, B, T, H, c.K, start, c.end, c.p, keep)
			outs = append(outs, append([]float32(nil), y.Data...))
			tape.Backward(tape.Sum(tape.Mul(y, y)))
			grads = append(grads, qkv.Grad)
		}
		require.Equal(t, outs[0], outs[1])
		require.InDeltaSlice(t, grads[0], grads[1], 1e-4)
	}
}

// The mean of att after dropout is att.
func TestDropoutKeepsTheMean(t *testing.T) {
	const n, p = 100_000, 0.3
	sum, zeros := 0.0, 0
	m := mask{seed: 7, p: p}
	x := make([]float32, n)
	m.apply(x, ones(n), 0)
	for _, v := range x {
		sum += float64(v)
		if v == 0 {
			zeros++
		}
	}
	require.InDelta(t, p, float64(zeros)/n, 0.01)
	require.InDelta(t, 1, sum/n, 0.01)

	other := make([]float32, n)
	mask{seed: 8, p: p}.apply(other, ones(n), 0)
	same := 0
	for i := range x {
		if x[i] == other[i] {
			same++
		}
	}
	require.InDelta(t, p*p+(1-p)*(1-p), float64(same)/n, 0.01,
		"masks of different seeds are independent")

	part := make([]float32, 10)
	m.apply(part, ones(10), 500)
	require.Equal(t, x[500:510], part, "any part of a mask is the same mask")

	m.p = 1
	m.apply(x, ones(n), 0)
	require.Equal(t, make([]float32, n), x)
}
