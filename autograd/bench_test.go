package autograd

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// gptShape is the shape of a GPT and of its batch.
type gptShape struct{ B, T, C, H, L, V int }

// benchGPT holds the parameters of a GPT of the given shape.
type benchGPT struct {
	gptShape
	wte, wpe, gf, bf *Tensor
	layers           [][12]*Tensor
	x, y, pos        []int32
	places           []int32 // the masked positions
}

func newBenchGPT(s gptShape) *benchGPT {
	rng := rand.New(rand.NewPCG(1, 2))
	p := func(r, c int) *Tensor {
		w := NewParam(r, c)
		for i := range w.Data {
			w.Data[i] = float32(0.02 * rng.NormFloat64())
		}
		return w
	}
	m := &benchGPT{gptShape: s, wte: p(s.V, s.C), wpe: p(s.T, s.C), gf: p(1, s.C), bf: p(1, s.C)}
	for range s.L {
		m.layers = append(m.layers, [12]*Tensor{p(1, s.C), p(1, s.C), p(s.C, 3*s.C), p(1, 3*s.C),
			p(s.C, s.C), p(1, s.C),
			p(1, s.C), p(1, s.C), p(s.C, 4*s.C), p(1, 4*s.C), p(4*s.C, s.C), p(1, s.C)})
	}
	for i := range s.B * s.T {
		m.x, m.y, m.pos = append(m.x, rng.Int32N(int32(s.V))), append(m.y,
			rng.Int32N(int32(s.V))), append(m.pos, int32(i%s.T))
		m.places = append(m.places, int32(i*7%(s.B*s.T)))
	}
	return m
}

func (m *benchGPT) loss(t *Tape, start []int32, p float64) *Tensor {
	x := t.Dropout(t.Embedding2(m.wte, m.x, m.wpe, m.pos), p)
	for _, l := range m.layers {
		att := t.Attention(t.Linear(t.LayerNorm(x, l[0], l[1], 1e-5), l[2], l[3]), m.B, m.T, m.H,
			start, nil, p)
		x = t.AddLinear(x, att, l[4], l[5])
		fc := t.GELU(t.Linear(t.LayerNorm(x, l[6], l[7], 1e-5), l[8], l[9]))
		x = t.AddLinear(x, fc, l[10], l[11])
	}
	return t.HeadLoss(t.LayerNorm(x, m.gf, m.bf, 1e-5), m.wte, nil, m.y, m.B*m.T)
}

// bertLoss is BERT's encoder (Devlin et al. 2019): post-norm, bidirectional attention, exact GELU,
// and a loss on the masked positions, a fixed fraction of all.
func (m *benchGPT) bertLoss(t *Tape, end []int32) *Tensor {
	x := t.LayerNorm(t.Embedding2(m.wte, m.x, m.wpe, m.pos), m.gf, m.bf, 1e-12)
	for _, l := range m.layers {
		att := t.Attention(t.Linear(x, l[2], l[3]), m.B, m.T, m.H, nil, end, 0)
		x = t.LayerNorm(t.AddLinear(x, att, l[4], l[5]), l[0], l[1], 1e-12)
		fc := t.GELUErf(t.Linear(x, l[8], l[9]))
		x = t.LayerNorm(t.AddLinear(x, fc, l[10], l[11]), l[6], l[7], 1e-12)
	}
	masked := len(m.x) * 15 / 100
	return t.HeadLoss(t.Embedding(x, m.places[:masked]), m.wte, nil, m.y[:masked], masked)
}

// flops counts the products, forward and backward; causal attention counts as if it were full.
func (m *benchGPT) flops() float64 {
	n := float64(m.B * m.T)
	dense := float64(m.L*12*m.C*m.C + m.V*m.C)
	return 6*n*dense + 12*n*float64(m.T*m.C*m.L)
}

func BenchmarkGPTStep(b *testing.B) {
	for _, s := range []gptShape{{12, 64, 128, 4, 4, 65}, {6, 64, 128, 4, 4, 65},
		{4, 256, 384, 6, 6, 65}, {8, 16, 64, 4, 4, 27}, {3, 64, 128, 4, 4, 65}} {
		b.Run(fmt.Sprintf("B%d/T%d/C%d/L%d", s.B, s.T, s.C, s.L), func(b *testing.B) {
			m, tape := newBenchGPT(s), NewTape()
			tape.Backward(m.loss(tape, nil, 0))
			b.ReportAllocs()
			for b.Loop() {
				tape.Reset()
				tape.Backward(m.loss(tape, nil, 0))
			}
			b.ReportMetric(m.flops()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

func BenchmarkBERTStep(b *testing.B) {
	for _, s := range []gptShape{{32, 64, 128, 4, 4, 2000}, {8, 128, 256, 4, 4, 8000}} {
		b.Run(fmt.Sprintf("B%d/T%d/C%d/L%d", s.B, s.T, s.C, s.L), func(b *testing.B) {
			m, tape, end := newBenchGPT(s), NewTape(), ends(s.B*s.T, s.T)
			tape.Backward(m.bertLoss(tape, end))
			b.ReportAllocs()
			for b.Loop() {
				tape.Reset()
				tape.Backward(m.bertLoss(tape, end))
			}
			n := float64(s.B * s.T)
			flops := 6*n*(float64(s.L*12*s.C*s.C)+0.15*float64(s.V*s.C)) + 12*n*float64(s.T*s.C*s.L)
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

func BenchmarkRecurrent(b *testing.B) {
	const B, T = 16, 64
	for _, H := range []int{128, 256} {
		for name, layer := range layers() {
			b.Run(fmt.Sprintf("%s/H%d", name, H), func(b *testing.B) {
				g := layer.gates
				in, wih, whh, bhh := wild(B*T, H, 1, 1), wild(g*H, H, 0.05, 2), wild(g*H, H, 0.05,
					3), wild(1, g*H, 0.05, 4)
				x := make([]int32, B*T)
				for i := range x {
					x[i] = 1
				}
				tape := NewTape()
				step := func() {
					tape.Reset()
					y, _, _ := layer.run(tape, tape.LinearT(in, wih, bhh), whh, bhh, nil, nil, B, T,
						x)
					tape.Backward(tape.Sum(y))
				}
				step()
				b.ReportAllocs()
				for b.Loop() {
					step()
				}
				b.ReportMetric(6*B*T*float64(2*g*H*H)*float64(b.N)/b.Elapsed().Seconds()/1e9,
					"GFLOP/s")
			})
		}
	}
}

func BenchmarkAttention(b *testing.B) {
	for _, s := range []gptShape{{8, 16, 64, 4, 1, 0}, {6, 64, 128, 4, 1, 0},
		{2, 256, 384, 6, 1, 0}} {
		for _, p := range []float64{0, 0.2} {
			b.Run(fmt.Sprintf("T%d/p%v", s.T, p), func(b *testing.B) {
				qkv, tape := wild(s.B*s.T, 3*s.C, 1, 1), NewTape()
				step := func() {
					tape.Reset()
					tape.Rand = rand.New(rand.NewPCG(1, 2))
					tape.Backward(tape.Sum(tape.Attention(qkv, s.B, s.T, s.H, nil, nil, p)))
				}
				step()
				for b.Loop() {
					step()
				}
			})
		}
	}
}

// Bidirectional attention: every position attends to the whole row.
func BenchmarkAttentionBothSides(b *testing.B) {
	for _, s := range []gptShape{{8, 16, 64, 4, 1, 0}, {6, 64, 128, 4, 1, 0},
		{4, 128, 256, 4, 1, 0}} {
		b.Run(fmt.Sprintf("T%d", s.T), func(b *testing.B) {
			qkv, tape, end := wild(s.B*s.T, 3*s.C, 1, 1), NewTape(), ends(s.B*s.T, s.T)
			step := func() {
				tape.Reset()
				tape.Backward(tape.Sum(tape.Attention(qkv, s.B, s.T, s.H, nil, end, 0)))
			}
			step()
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
			products := 12 * float64(s.B*s.T) * float64(s.T*s.C)
			b.ReportMetric(products*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

// ends returns n copies of end.
func ends(n, end int) []int32 {
	e := make([]int32, n)
	for i := range e {
		e[i] = int32(end)
	}
	return e
}

func BenchmarkHeadLoss(b *testing.B) {
	for _, V := range []int{65, 1000, 50257} {
		b.Run(fmt.Sprint("V", V), func(b *testing.B) {
			const N, C = 384, 128
			x, w, y, tape := wild(N, C, 1, 1), wild(V, C, 1, 2), make([]int32, N), NewTape()
			step := func() {
				tape.Reset()
				tape.Backward(tape.HeadLoss(x, w, nil, y, N))
			}
			step()
			for b.Loop() {
				step()
			}
		})
	}
}

func BenchmarkDropout(b *testing.B) {
	x := ones(1 << 16)
	m := mask{seed: 1, p: 0.2}
	for b.Loop() {
		m.apply(x, x, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/element")
}
