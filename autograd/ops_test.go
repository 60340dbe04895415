package autograd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

type tensors = []*Tensor
type wides = [][]float64

func TestLinearGradient(t *testing.T) {
	for _, s := range []struct{ n, in, out int }{{1, 1, 1}, {3, 5, 7}, {9, 16, 33}, {17, 8, 2}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			x, b, r := wild(s.n, s.in, 1, 1), wild(1, s.out, 1, 2), wild(s.n, s.out, 1, 3)
			w, wT := wild(s.in, s.out, 1, 4), wild(s.out, s.in, 1, 5)
			gradCheck(t, tensors{x, w, b},
				func(t *Tape, in tensors) *Tensor { return t.Linear(in[0], in[1], in[2]) },
				func(in wides) []float64 {
					return refLinear(in[0], in[1], in[2], s.n, s.in, s.out,
						false)
				})
			gradCheck(t, tensors{x, w},
				func(t *Tape, in tensors) *Tensor { return t.Linear(in[0], in[1], nil) },
				func(in wides) []float64 {
					return refLinear(in[0], in[1], nil, s.n, s.in, s.out,
						false)
				})
			gradCheck(t, tensors{x, wT, b},
				func(t *Tape, in tensors) *Tensor { return t.LinearT(in[0], in[1], in[2]) },
				func(in wides) []float64 {
					return refLinear(in[0], in[1], in[2], s.n, s.in, s.out,
						true)
				})
			gradCheck(t, tensors{r, x, w, b},
				func(t *Tape, in tensors) *Tensor {
					return t.AddLinear(in[0], in[1], in[2],
						in[3])
				},
				func(in wides) []float64 {
					y := refLinear(in[1], in[2], in[3], s.n, s.in, s.out, false)
					for i := range y {
						y[i] += in[0][i]
					}
					return y
				})
			gradCheck(t, tensors{r, x, wT, b},
				func(t *Tape, in tensors) *Tensor {
					return t.AddLinearT(in[0], in[1], in[2],
						in[3])
				},
				func(in wides) []float64 {
					y := refLinear(in[1], in[2], in[3], s.n, s.in, s.out, true)
					for i := range y {
						y[i] += in[0][i]
					}
					return y
				})
		})
	}
}

func TestEmbeddingGradient(t *testing.T) {
	ids, pos := []int32{2, 0, 2, 3, 2}, []int32{0, 1, 2, 0, 1}
	wte, wpe := wild(4, 3, 1, 1), wild(3, 3, 1, 2)
	gradCheck(t, tensors{wte, wpe},
		func(t *Tape, in tensors) *Tensor { return t.Embedding2(in[0], ids, in[1], pos) },
		func(in wides) []float64 {
			y := make([]float64, len(ids)*3)
			for i := range y {
				y[i] = in[0][int(ids[i/3])*3+i%3] + in[1][int(pos[i/3])*3+i%3]
			}
			return y
		})
	gradCheck(t, tensors{wte},
		func(t *Tape, in tensors) *Tensor { return t.Embedding(in[0], ids) },
		func(in wides) []float64 {
			y := make([]float64, len(ids)*3)
			for i := range y {
				y[i] = in[0][int(ids[i/3])*3+i%3]
			}
			return y
		})
}

func TestElementwiseGradients(t *testing.T) {
	x := wild(5, 7, 3, 1)
	for _, op := range []struct {
		name string
		op   func(*Tape, *Tensor) *Tensor
		ref  func(float64) float64
	}{
		{"tanh", (*Tape).Tanh, math.Tanh},
		{"sigmoid", (*Tape).Sigmoid, refSigmoid},
		{"log sigmoid", (*Tape).LogSigmoid,
			func(x float64) float64 { return math.Log(refSigmoid(x)) }},
		{"gelu", (*Tape).GELU, refGELU},
		{"gelu erf", (*Tape).GELUErf, refGELUErf},
		{"scale", func(t *Tape, x *Tensor) *Tensor { return t.Scale(x, -1.5) },
			func(x float64) float64 { return -1.5 * x }},
		{"reshape", func(t *Tape, x *Tensor) *Tensor { return t.Reshape(x, 7, 5) },
			func(x float64) float64 { return x }},
		{"x·x", func(t *Tape, x *Tensor) *Tensor { return t.Mul(x, x) },
			func(x float64) float64 { return x * x }},
		{"x+x", func(t *Tape, x *Tensor) *Tensor { return t.Add(x, x) },
			func(x float64) float64 { return 2 * x }},
		{"dropout 0", func(t *Tape, x *Tensor) *Tensor { return t.Dropout(x, 0) },
			func(x float64) float64 { return x }},
	} {
		t.Run(op.name, func(t *testing.T) {
			gradCheck(t, tensors{x},
				func(t *Tape, in tensors) *Tensor { return op.op(t, in[0]) },
				func(in wides) []float64 { return refMap(in[0], op.ref) })
		})
	}
}

func TestTwoOperandGradients(t *testing.T) {
	a, b := wild(4, 9, 2, 1), wild(4, 9, 2, 2)
	gradCheck(t, tensors{a, b},
		func(t *Tape, in tensors) *Tensor { return t.Add(in[0], in[1]) },
		func(in wides) []float64 {
			y := refMap(in[0], func(x float64) float64 { return x })
			for i := range y {
				y[i] += in[1][i]
			}
			return y
		})
	gradCheck(t, tensors{a, b},
		func(t *Tape, in tensors) *Tensor { return t.Mul(in[0], in[1]) },
		func(in wides) []float64 {
			y := refMap(in[0], func(x float64) float64 { return x })
			for i := range y {
				y[i] *= in[1][i]
			}
			return y
		})
}

func TestLayerNormGradient(t *testing.T) {
	for _, s := range []struct{ n, c int }{{1, 2}, {3, 7}, {5, 16}, {2, 33}} {
		for _, eps := range []float32{1e-12, 1e-5, 0.3} {
			gradCheck(t, tensors{wild(s.n, s.c, 2, 1), wild(1, s.c, 1, 2), wild(1, s.c, 1, 3)},
				func(t *Tape, in tensors) *Tensor { return t.LayerNorm(in[0], in[1], in[2], eps) },
				func(in wides) []float64 { return refLayerNorm(in[0], in[1], in[2], float64(eps)) })
		}
	}
}

func TestDropoutGradient(t *testing.T) {
	x := wild(6, 11, 1, 1)
	kept := NewForward()
	kept.Rand = rand.New(rand.NewPCG(1, 2))
	factors := kept.Dropout(NewConst(6, 11, ones(66)), 0.3)
	gradCheck(t, tensors{x},
		func(t *Tape, in tensors) *Tensor {
			t.Rand = rand.New(rand.NewPCG(1, 2))
			return t.Dropout(in[0], 0.3)
		},
		func(in wides) []float64 {
			y := make([]float64, len(in[0]))
			for i, v := range in[0] {
				y[i] = v * float64(factors.Data[i])
			}
			return y
		})
}

func ones(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

func TestAttentionGradient(t *testing.T) {
	packed := []int32{0, 0, 0, 3, 3, 3, 3 /* row 2: */, 0, 1, 1, 1, 1, 5, 5}
	ahead := []int32{3, 3, 3, 7, 7, 7, 7 /* row 2: */, 1, 5, 5, 5, 5, 7, 7}
	for _, s := range []struct {
		B, T, H, D int
		start, end []int32
		p          float64
	}{
		{1, 1, 1, 1, nil, nil, 0}, {2, 7, 3, 5, nil, nil, 0}, {2, 7, 2, 3, packed, nil, 0}, {2, 7,
			2, 3, packed, nil, 0.4},
		{1, 35, 1, 2, nil, nil, 0}, {1, 40, 2, 2, manyStarts(40), nil, 0.2},
		// shapes of the window kernels, and shapes that just miss them
		{2, 4, 1, 16, nil, nil, 0}, {2, 7, 2, 16, packed, nil, 0}, {1, 9, 1, 48, nil, nil, 0}, {1,
			16, 2, 16, nil, nil, 0},
		{1, 16, 1, 32, manyStarts(16), nil, 0}, {2, 7, 1, 16, packed, nil, 0.4}, {1, 3, 1, 16, nil,
			nil, 0},
		{1, 17, 1, 16, nil, nil, 0}, {1, 7, 1, 15, nil, nil, 0},
		// bidirectional: whole rows, packed documents, padding that no position attends to,
		// arbitrary spans
		{1, 1, 1, 1, nil, ends(1, 1), 0}, {2, 7, 3, 5, nil, ends(14, 7), 0}, {2, 7, 2, 3, packed,
			ahead, 0},
		{2, 7, 2, 3, packed, ahead, 0.4}, {1, 35, 1, 2, nil, ends(35, 35), 0}, {1, 70, 1, 2, nil,
			ends(70, 35), 0},
		{1, 40, 2, 2, manyStarts(40), manyEnds(40), 0.2}, {1, 70, 1, 1, anyStarts(70), anyEnds(70),
			0},
		{2, 4, 1, 16, nil, ends(8, 4), 0}, {2, 7, 2, 16, packed, ahead, 0}, {1, 9, 1, 48, nil,
			ends(9, 9), 0},
		{1, 16, 2, 16, nil, ends(16, 16), 0}, {1, 16, 1, 32, manyStarts(16), manyEnds(16), 0},
		{1, 13, 1, 16, nil, ends(13, 8), 0}, {2, 7, 1, 16, packed, ahead, 0.4}, {1, 15, 1, 16,
			anyStarts(15), anyEnds(15), 0},
	} {
		t.Run(fmt.Sprint(s.B, s.T, s.H, s.D, s.p), func(t *testing.T) {
			var keep func(b, h, t, j int) float64
			if s.p > 0 {
				m := mask{seed: rand.New(rand.NewPCG(3, 4)).Uint64(), p: s.p}
				keep = func(b, h, t, j int) float64 {
					f := []float32{1}
					m.apply(f, f, ((b*s.H+h)*s.T+t)*s.T+j)
					return float64(f[0])
				}
			}
			gradCheck(t, tensors{wild(s.B*s.T, 3*s.H*s.D, 1.5, 1)},
				func(t *Tape, in tensors) *Tensor {
					t.Rand = rand.New(rand.NewPCG(3, 4))
					// this attention adds to a gradient that is set
					added := t.Attention(in[0], s.B, s.T, s.H, s.start, s.end, s.p)
					t.Rand = rand.New(rand.NewPCG(3, 4))
					qkv := t.Scale(in[0], 1) // its gradient is unset and is overwritten
					return t.Add(added, t.Attention(qkv, s.B, s.T, s.H, s.start, s.end, s.p))
				},
				func(in wides) []float64 {
					y := refAttention(in[0], s.B, s.T, s.H, s.D, s.start, s.end, keep)
					for i := range y {
						y[i] *= 2
					}
					return y
				})
		})
	}
}

// manyEnds returns the ends of the documents of manyStarts.
func manyEnds(T int) []int32 {
	end := make([]int32, T)
	for t := range end {
		end[t] = int32(min(t/9*9+9, T))
	}
	return end
}

// anyStarts and anyEnds return arbitrary spans, which need not contain their own position.
func anyStarts(T int) []int32 {
	start := make([]int32, T)
	for t := range start {
		start[t] = int32(t * 31 % T)
	}
	return start
}

func anyEnds(T int) []int32 {
	end := anyStarts(T)
	for t, start := range end {
		end[t] = min(start+1+int32(t*17%11), int32(T))
	}
	return end
}

// manyStarts returns the starts of documents of 9 tokens.
func manyStarts(T int) []int32 {
	start := make([]int32, T)
	for t := range start {
		start[t] = int32(t / 9 * 9)
	}
	return start
}

func TestCrossEntropyGradient(t *testing.T) {
	y := []int32{2, -1, 0, 4, -1}
	gradCheck(t, tensors{wild(5, 6, 4, 1)},
		func(t *Tape, in tensors) *Tensor { return t.CrossEntropy(in[0], y, 7) },
		func(in wides) []float64 { return refCrossEntropy(in[0], 6, y, 7) })
}

func TestHeadLossGradient(t *testing.T) {
	y := []int32{2, -1, 0, 4, -1, 5, 5}
	// one block; blocks of two rows and of one row; a V larger than a block
	for _, block := range []int{headBlock, 12, 7, 1} {
		for _, bias := range []bool{true, false} {
			t.Run(fmt.Sprint(block, bias), func(t *testing.T) {
				in := tensors{wild(7, 5, 1, 1), wild(6, 5, 1, 2), wild(1, 6, 1, 3)}
				if !bias {
					in = in[:2]
				}
				gradCheck(t, in,
					func(t *Tape, in tensors) *Tensor {
						return t.headLoss(in[0], in[1], optional(in, 2), y, 4, block)
					},
					func(in wides) []float64 {
						var b []float64
						if bias {
							b = in[2]
						}
						return refCrossEntropy(refLinear(in[0], in[1], b, 7, 5, 6, true), 6, y, 4)
					})
			})
		}
	}
}

func optional(in tensors, i int) *Tensor {
	if i < len(in) {
		return in[i]
	}
	return nil
}

func TestRecurrentGradients(t *testing.T) {
	const B, T, H = 3, 5, 4
	resets := []int32{
		5, 1, 2, 3, 4, // continues from the previous state
		0, 1, 0, 0, 4, // starts with a document boundary and has two more
		1, 2, 0, 3, 4,
	}
	quiet := make([]int32, B*T)
	for i := range quiet {
		quiet[i] = 1
	}
	h0, c0 := wild(B, H, 1, 8), wild(B, H, 1, 9)
	h0.Grad, c0.Grad = nil, nil
	for name, x := range map[string][]int32{"resets": resets, "none": quiet} {
		for _, layer := range []struct {
			name  string
			gates int
			op    func(t *Tape, xw, whh, bhh, h0, c0 *Tensor) *Tensor
			cell  func(xs, hs, h, c []float64) (h1, c1 []float64)
		}{
			{"Elman", 1, func(t *Tape, xw, whh, bhh, h0, _ *Tensor) *Tensor {
				return t.Elman(xw, whh, bhh, h0, B, T, x)
			}, refElman},
			{"LSTM", 4, func(t *Tape, xw, whh, bhh, h0, c0 *Tensor) *Tensor {
				y, _, _ := t.LSTM(xw, whh, bhh, h0, c0, B, T, x)
				return y
			}, refLSTM},
			{"GRU", 3, func(t *Tape, xw, whh, bhh, h0, _ *Tensor) *Tensor {
				return t.GRU(xw, whh, bhh, h0, B, T, x)
			}, refGRU},
		} {
			t.Run(layer.name+" "+name, func(t *testing.T) {
				g := layer.gates
				in := tensors{wild(B*T, g*H, 1, 1), wild(g*H, H, 1, 2), wild(1, g*H, 1, 3), h0, c0}
				gradCheck(t, in,
					func(t *Tape, in tensors) *Tensor {
						return layer.op(t, in[0], in[1], in[2],
							in[3], in[4])
					},
					func(in wides) []float64 {
						return refRecurrent(in[0], in[1], in[2], in[3], in[4], B, T, H, g, x,
							layer.cell)
					})
				gradCheck(t, in[:2],
					func(t *Tape, in tensors) *Tensor {
						return layer.op(t, in[0], in[1], nil, nil,
							nil)
					},
					func(in wides) []float64 {
						return refRecurrent(in[0], in[1], nil, nil, nil, B, T, H, g, x, layer.cell)
					})
			})
		}
	}
}

func TestMeanPoolGradient(t *testing.T) {
	x := wild(7, 3, 1, 1)
	from, to := []int32{0, 2, 1, 6}, []int32{2, 6, 7, 7}
	gradCheck(t, tensors{x},
		func(t *Tape, in tensors) *Tensor { return t.MeanPool(in[0], from, to) },
		func(in wides) []float64 {
			y := make([]float64, len(from)*3)
			for i := range y {
				for r := from[i/3]; r < to[i/3]; r++ {
					y[i] += in[0][int(r)*3+i%3] / float64(to[i/3]-from[i/3])
				}
			}
			return y
		})
}

func TestMixtureGradient(t *testing.T) {
	a, b, c := wild(4, 3, 1, 1), wild(4, 3, 1, 2), wild(4, 3, 1, 3)
	w, gamma := wild(1, 3, 1, 4), wild(1, 1, 1, 5)
	gradCheck(t, tensors{a, b, c, w, gamma},
		func(t *Tape, in tensors) *Tensor { return t.Mixture(in[:3], in[3], in[4]) },
		func(in wides) []float64 {
			sum := 0.0
			for _, w := range in[3] {
				sum += math.Exp(w)
			}
			y := make([]float64, len(in[0]))
			for i := range y {
				for j, w := range in[3] {
					y[i] += in[4][0] * math.Exp(w) / sum * in[j][i]
				}
			}
			return y
		})
}

// GELUErfOver is GELUErf to the bit.
func TestGELUErfOver(t *testing.T) {
	var outs, grads [][]float32
	for _, gelu := range []func(*Tape, *Tensor) *Tensor{(*Tape).GELUErf, (*Tape).GELUErfOver} {
		x, tape := wild(5, 7, 2, 1), NewTape()
		x.Grad = make([]float32, len(x.Data))
		y := gelu(tape, tape.Scale(x, 1))
		outs = append(outs, y.Data)
		tape.Backward(tape.Sum(tape.Mul(y, y)))
		grads = append(grads, x.Grad)
	}
	require.Equal(t, outs[0], outs[1])
	require.Equal(t, grads[0], grads[1])
}
