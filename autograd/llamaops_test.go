package autograd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The ops of the modern decoder, against their definitions in float64.

func refRMSNorm(x, g []float64, eps float64) []float64 {
	c := len(g)
	y := make([]float64, len(x))
	for i := 0; i < len(x); i += c {
		square := 0.0
		for _, v := range x[i : i+c] {
			square += v * v / float64(c)
		}
		for j := range c {
			y[i+j] = g[j] * x[i+j] / math.Sqrt(square+eps)
		}
	}
	return y
}

func TestRMSNormGradient(t *testing.T) {
	for _, s := range []struct{ n, c int }{{1, 1}, {3, 5}, {4, 16}, {9, 32}, {6, 48}, {2, 40}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			const eps = 1e-2
			x, g := wild(s.n, s.c, 2, 1), wild(1, s.c, 1, 2)
			f := func(t *Tape, in tensors) *Tensor { return t.RMSNorm(in[0], in[1], eps) }
			ref := func(in wides) []float64 { return refRMSNorm(in[0], in[1], eps) }
			gradCheck(t, tensors{x, g}, f, ref)
			x.Grad = nil // a constant
			gradCheck(t, tensors{x, g}, f, ref)
		})
	}
}

// TestRMSNormIgnoresScale: scaling the input changes nothing, and moving it does.
func TestRMSNormIgnoresScale(t *testing.T) {
	x, g := wild(3, 32, 1, 1), wild(1, 32, 1, 2)
	y := NewForward().RMSNorm(x, g, 1e-12)
	scaled, moved := wild(3, 32, 8, 1), wild(3, 32, 1, 1)
	for i := range moved.Data {
		moved.Data[i] += 1
	}
	require.InDeltaSlice(t, y.Data, NewForward().RMSNorm(scaled, g, 1e-12).Data, 1e-5)
	require.NotEqual(t, y.Data, NewForward().RMSNorm(moved, g, 1e-12).Data)
}

func TestSwiGLUGradient(t *testing.T) {
	for _, s := range []struct{ n, c int }{{1, 1}, {3, 5}, {4, 16}, {7, 33}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			gradCheck(t, tensors{wild(s.n, 2*s.c, 3, 1)},
				func(t *Tape, in tensors) *Tensor { return t.SwiGLU(in[0]) },
				func(in wides) []float64 {
					y := make([]float64, s.n*s.c)
					for i := range y {
						row := in[0][i/s.c*2*s.c:]
						a, b := row[i%s.c], row[s.c+i%s.c]
						y[i] = a * refSigmoid(a) * b
					}
					return y
				})
		})
	}
}

// refRotary turns the heads of every row by pos·base^(−2i/D).
func refRotary(x []float64, cols, heads, d int, base float64, pos []int32) []float64 {
	y := append([]float64(nil), x...)
	for r, p := range pos {
		for h := range heads {
			for i := range d / 2 {
				at := r*cols + h*d + i
				sin, cos := math.Sincos(float64(p) * math.Pow(base, -2*float64(i)/float64(d)))
				a, b := x[at], x[at+d/2]
				y[at], y[at+d/2] = a*cos-b*sin, b*cos+a*sin
			}
		}
	}
	return y
}

func TestRotaryGradient(t *testing.T) {
	pos := []int32{0, 1, 2, 0, 1, 5}
	for _, s := range []struct{ heads, all, d int }{
		{1, 1, 2}, {2, 3, 6}, {3, 4, 16}, {2, 2, 32}, {3, 5, 36},
	} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			angles := NewAngles(6, s.d, 30)
			gradCheck(t, tensors{wild(len(pos), s.all*s.d, 2, 1)},
				func(t *Tape, in tensors) *Tensor {
					x := t.Scale(in[0], 1)
					t.Rotary(x, s.heads, angles, pos)
					return x
				},
				func(in wides) []float64 {
					return refRotary(in[0], s.all*s.d, s.heads, s.d, 30, pos)
				})
		})
	}
}

// refLinears is x·wᵀ for several w, side by side; in holds x and then all w.
func refLinears(in wides, n, cols int, outs ...int) []float64 {
	all := 0
	for _, out := range outs {
		all += out
	}
	y, at := make([]float64, n*all), 0
	for i, out := range outs {
		for j, v := range refLinear(in[0], in[1+i], nil, n, cols, out, true) {
			y[j/out*all+at+j%out] = v
		}
		at += out
	}
	return y
}

func TestLinearTsGradient(t *testing.T) {
	for _, s := range []struct{ n, in, a, b, c int }{
		{1, 3, 2, 1, 4}, {9, 16, 33, 16, 16}, {5, 7, 1, 2, 3},
	} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			x := wild(s.n, s.in, 1, 1)
			ws := tensors{wild(s.a, s.in, 1, 2), wild(s.b, s.in, 1, 3), wild(s.c, s.in, 1, 4)}
			gradCheck(t, tensors{x, ws[0], ws[1], ws[2]},
				func(t *Tape, in tensors) *Tensor { return t.LinearTs(in[0], in[1:]...) },
				func(in wides) []float64 { return refLinears(in, s.n, s.in, s.a, s.b, s.c) })
			// weights that follow one another in memory
			all := wild(s.a+s.b+s.c, s.in, 1, 5)
			parts := Stacked(all, s.a, s.b, s.c)
			require.Equal(t, all.Rows, stacked(parts).Rows)
			require.Zero(t, stacked(ws).Rows)
			require.Zero(t, stacked([]*Tensor{parts[1], parts[0]}).Rows)
			gradCheck(t, tensors{x, parts[0], parts[1], parts[2]},
				func(t *Tape, in tensors) *Tensor { return t.LinearTs(in[0], parts...) },
				func(in wides) []float64 { return refLinears(in, s.n, s.in, s.a, s.b, s.c) })
			bs := tensors{wild(1, s.a, 1, 6), wild(1, s.b, 1, 7), wild(1, s.c, 1, 8)}
			for _, ws := range []tensors{ws, parts} { // with biases
				gradCheck(t, tensors{x, ws[0], ws[1], ws[2], bs[0], bs[1], bs[2]},
					func(t *Tape, in tensors) *Tensor {
						return t.BiasedLinearTs(in[0], in[1:4], in[4:])
					},
					func(in wides) []float64 {
						y := refLinears(in[:4], s.n, s.in, s.a, s.b, s.c)
						b := slices.Concat(in[4], in[5], in[6])
						for i := range y {
							y[i] += b[i%len(b)]
						}
						return y
					})
			}
			row := x
			row.Rows, row.Data = 1, row.Data[:s.in]
			whole := append([]float32(nil), NewTape().LinearTs(row, ws...).Data...)
			require.InDeltaSlice(t, whole, NewForward().LinearTs(row, ws...).Data, 1e-6)
		})
	}
}

// refGrouped is attention with h heads, for which every head of keys and values is repeated h/k
// times.
func refGrouped(qkv []float64, B, T, h, k, d int, start, end []int32,
	keep func(b, h, t, j int) float64) []float64 {
	wide := make([]float64, 0, B*T*3*h*d)
	for i := range B * T {
		row := qkv[i*(h+2*k)*d:][:(h+2*k)*d]
		wide = append(wide, row[:h*d]...)
		for part := range 2 {
			for head := range h {
				wide = append(wide, row[(h+part*k+head*k/h)*d:][:d]...)
			}
		}
	}
	return refAttention(wide, B, T, h, d, start, end, keep)
}

func TestGroupedAttentionGradient(t *testing.T) {
	for _, s := range []struct {
		B, T, H, K, D int
		start, end    []int32
		p             float64
	}{
		{1, 1, 2, 1, 2, nil, nil, 0}, {2, 7, 4, 2, 3, nil, nil, 0}, {2, 7, 4, 1, 3, nil, nil, 0.4},
		{1, 9, 2, 1, 16, manyStarts(9), nil, 0}, {1, 40, 2, 1, 2, manyStarts(40), nil, 0.2},
		{1, 40, 6, 2, 1, nil, nil, 0}, {1, 40, 4, 2, 2, manyStarts(40), manyEnds(40), 0},
	} {
		t.Run(fmt.Sprint(s.B, s.T, s.H, s.K, s.D, s.p), func(t *testing.T) {
			var keep func(b, h, t, j int) float64
			if s.p > 0 {
				m := mask{seed: rand.New(rand.NewPCG(3, 4)).Uint64(), p: s.p}
				keep = func(b, h, t, j int) float64 {
					f := []float32{1}
					m.apply(f, f, ((b*s.H+h)*s.T+t)*s.T+j)
					return float64(f[0])
				}
			}
			gradCheck(t, tensors{wild(s.B*s.T, (s.H+2*s.K)*s.D, 1.5, 1)},
				func(t *Tape, in tensors) *Tensor {
					t.Rand = rand.New(rand.NewPCG(3, 4))
					return t.GroupedAttention(in[0], s.B, s.T, s.H, s.K, s.start, s.end, s.p)
				},
				func(in wides) []float64 {
					return refGrouped(in[0], s.B, s.T, s.H, s.K, s.D, s.start, s.end, keep)
				})
		})
	}
}

// TestGroupedStepIsTheLastRow: a step over a cache of K heads is the last row of the attention.
func TestGroupedStepIsTheLastRow(t *testing.T) {
	const T, H, K, D = 37, 6, 2, 5
	qkv := wild(T, (H+2*K)*D, 2, 1)
	y := NewForward().GroupedAttention(qkv, 1, T, H, K, nil, nil, 0)
	k, v := make([]float32, T*K*D), make([]float32, T*K*D)
	dst, tape := make([]float32, H*D), NewForward()
	for i := range T {
		copy(k[i*K*D:], qkv.Row(i)[H*D:][:K*D])
		copy(v[i*K*D:], qkv.Row(i)[(H+K)*D:])
		tape.AttentionStep(dst, qkv.Row(i)[:H*D], k, v, i+1, H, K)
		require.InDeltaSlice(t, y.Row(i), dst, 1e-5)
	}
}
