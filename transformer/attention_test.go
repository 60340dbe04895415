package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

// TestAttentionIsPlainAttention checks that the fast kernels, over packed documents and over a
// cache, agree with eq. 1.
func TestAttentionIsPlainAttention(t *testing.T) {
	for _, T := range []int{1, 7, 70} { // one block of rows, and several blocks
		const c, heads3 = 12, 3
		tape := autograd.NewForward()
		qkv := nn.Normal(T, 3*c, 1, nntest.Rand()) // [T, 3C]
		start := make([]int32, T)
		for i := range start {
			start[i] = int32(i / 3 * 3) // documents of three tokens
		}
		fast := tape.Attention(qkv, 1, T, heads3, start, nil, 0)
		begin, next := func(t int) int { return int(start[t]) }, func(t int) int { return t + 1 }
		plain, _ := heads(qkv, heads3, heads3, begin, next)
		for i := range plain {
			require.InDeltaSlice(t, plain[i], fast.Row(i), 1e-5)
		}
		end := make([]int32, T) // the same documents, attended to from both sides
		for i := range end {
			end[i] = min(start[i]+3, int32(T))
		}
		fast = tape.Attention(qkv, 1, T, heads3, start, end, 0)
		plain, _ = heads(qkv, heads3, heads3, begin, func(t int) int { return int(end[t]) })
		for i := range plain {
			require.InDeltaSlice(t, plain[i], fast.Row(i), 1e-5)
		}
		k, v, y := make([]float32, T*c), make([]float32, T*c), make([]float32, c)
		for i := range T {
			copy(k[i*c:], qkv.Row(i)[c:2*c])
			copy(v[i*c:], qkv.Row(i)[2*c:])
		}
		all, _ := plainHeads(tape, qkv, heads3, heads3, false)
		tape.AttentionStep(y, qkv.Row(T - 1)[:c], k, v, T, heads3, heads3)
		require.InDeltaSlice(t, all.Row(T-1), y, 1e-5)
	}
}

// TestSharedKeysArePlainAttention checks that the kernels of grouped attention agree with the plain
// version.
func TestSharedKeysArePlainAttention(t *testing.T) {
	const T, d, n, shared = 40, 6, 4, 2
	tape := autograd.NewForward()
	qkv := nn.Normal(T, (n+2*shared)*d, 1, nntest.Rand())
	fast := tape.GroupedAttention(qkv, 1, T, n, shared, nil, nil, 0)
	plain, att := plainHeads(tape, qkv, n, shared, false)
	require.InDeltaSlice(t, plain.Data, fast.Data, 1e-5)
	require.Len(t, att, n)
	require.NotEqual(t, att[0], att[1], "two heads ask differently of the same keys")
}
