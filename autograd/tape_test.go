package autograd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/vec"
)

// block is a small GPT with one layer: it contains every part of a transformer once.
type block struct {
	B, T, C, H, V int
	x, y          []int32

	wte, wpe, g1, b1, wqkv, bqkv, wproj, bproj, g2, b2, wfc, bfc, wout, bout *Tensor
}

func newBlock() *block {
	const B, T, C, H, V = 2, 6, 8, 2, 11
	m := &block{B: B, T: T, C: C, H: H, V: V,
		wte: wild(V, C, 0.5, 1), wpe: wild(T, C, 0.5, 2), g1: wild(1, C, 1, 3), b1: wild(1, C, 0.1,
			4),
		wqkv: wild(C, 3*C, 0.5, 5), bqkv: wild(1, 3*C, 0.1, 6), wproj: wild(C, C, 0.5,
			7), bproj: wild(1, C, 0.1, 8),
		g2: wild(1, C, 1, 9), b2: wild(1, C, 0.1, 10), wfc: wild(C, 4*C, 0.5, 11), bfc: wild(1, 4*C,
			0.1, 12),
		wout: wild(4*C, C, 0.5, 13), bout: wild(1, C, 0.1, 14)}
	for i := range B * T {
		m.x = append(m.x, int32(i*5%V))
		m.y = append(m.y, int32(i*7%V))
	}
	return m
}

func (m *block) params() []*Tensor {
	return []*Tensor{m.wte, m.wpe, m.g1, m.b1, m.wqkv, m.bqkv, m.wproj, m.bproj, m.g2, m.b2, m.wfc,
		m.bfc, m.wout, m.bout}
}

func (m *block) positions() []int32 {
	pos := make([]int32, m.B*m.T)
	for i := range pos {
		pos[i] = int32(i % m.T)
	}
	return pos
}

func (m *block) loss(t *Tape, pos []int32, p float64) *Tensor {
	// [B·T, C]
	x := t.Dropout(t.Embedding2(m.wte, m.x, m.wpe, pos), p)
	// [B·T, 3C]
	qkv := t.Linear(t.LayerNorm(x, m.g1, m.b1, 1e-5), m.wqkv, m.bqkv)
	// [B·T, C]
	x = t.AddLinear(x, t.Attention(qkv, m.B, m.T, m.H, nil, nil, p), m.wproj, m.bproj)
	// [B·T, C]
	x = t.AddLinear(x, t.GELU(t.Linear(t.LayerNorm(x, m.g2, m.b2, 1e-5), m.wfc, m.bfc)), m.wout,
		m.bout)
	// [1, 1]
	return t.HeadLoss(x, m.wte, nil, m.y, m.B*m.T)
}

// TestTapeIsExplicit computes the gradients of a transformer by hand: it calls the same kernels as
// the tape, starting with the last line of the forward pass. The tape must give the same bits,
// because it does nothing else.
func TestTapeIsExplicit(t *testing.T) {
	m := newBlock()
	B, T, C, H, V := m.B, m.T, m.C, m.H, m.V
	N := B * T
	pos := m.positions()
	tape := NewTape()
	tape.Backward(m.loss(tape, pos, 0))

	buf := func(r, c int) blas32.General { return matrix(r, c, make([]float32, r*c)) }
	row := func(x *Tensor) []float32 { return make([]float32, x.Cols) }
	plain, trans := blas.NoTrans, blas.Trans

	// forward
	x0 := buf(N, C)
	embeddingForward(x0.Data, m.wte.Data, m.x, C)
	embeddingAdd(x0.Data, m.wpe.Data, pos, C)
	l1, mean1, rstd1 := buf(N, C), make([]float32, N), make([]float32, N)
	layerNormForward(l1.Data, mean1, rstd1, x0.Data, m.g1.Data, m.b1.Data, 1e-5)
	qkv := buf(N, 3*C)
	linearForward(qkv, nil, l1, m.wqkv.General, m.bqkv.Data, plain, nil)
	a := attention{B: B, T: T, H: H, K: H, D: C / H, scale: float32(1 / math.Sqrt(float64(C/H))),
		kept: make([]float32, B*H*T*T), datt: make([]float32, attentionBlock*T)}
	att := buf(N, C)
	a.forward(att.Data, qkv.Data)
	x1 := buf(N, C)
	linearForward(x1, x0.Data, att, m.wproj.General, m.bproj.Data, plain, nil)
	l2, mean2, rstd2 := buf(N, C), make([]float32, N), make([]float32, N)
	layerNormForward(l2.Data, mean2, rstd2, x1.Data, m.g2.Data, m.b2.Data, 1e-5)
	fc := buf(N, 4*C)
	linearForward(fc, nil, l2, m.wfc.General, m.bfc.Data, plain, nil)
	gelu := buf(N, 4*C)
	slope := make([]float32, len(fc.Data))
	vec.GELUWithSlope(gelu.Data, slope, fc.Data)
	x2 := buf(N, C)
	linearForward(x2, x1.Data, gelu, m.wout.General, m.bout.Data, plain, nil)
	probs := buf(N, V)
	linearForward(probs, nil, x2, m.wte.General, nil, trans, nil)
	crossEntropyForward(probs.Data, probs.Data, m.y, V)

	// backward
	// probs is now the gradient of the logits
	crossEntropyBackward(probs.Data, m.y, V, 1/float32(N))
	// dx stays the gradient of the residual stream
	dx, dwte := buf(N, C), buf(V, C)
	blas32.Gemm(plain, plain, 1, probs, m.wte.General, 1, dx)
	blas32.Gemm(trans, plain, 1, probs, x2, 1, dwte)

	dgelu, dwout, dbout := buf(N, 4*C), buf(4*C, C), row(m.bout) // x2 = x1 + gelu·wout + bout
	blas32.Gemm(plain, trans, 1, dx, m.wout.General, 0, dgelu)
	blas32.Gemm(trans, plain, 1, gelu, dx, 1, dwout)
	addRows(dbout, dx)
	dfc := dgelu // gelu = GELU(fc)
	vec.Mul(dfc.Data, dfc.Data, slope)
	dl2, dwfc, dbfc := buf(N, C), buf(C, 4*C), row(m.bfc) // fc = l2·wfc + bfc
	blas32.Gemm(plain, trans, 1, dfc, m.wfc.General, 0, dl2)
	blas32.Gemm(trans, plain, 1, l2, dfc, 1, dwfc)
	addRows(dbfc, dfc)
	dg2, db2 := row(m.g2), row(m.b2) // l2 = LayerNorm(x1)
	layerNormBackward(dx.Data, dg2, db2, dl2.Data, x1.Data, mean2, rstd2, m.g2.Data)

	datt, dwproj, dbproj := buf(N, C), buf(C, C), row(m.bproj) // x1 = x0 + att·wproj + bproj
	blas32.Gemm(plain, trans, 1, dx, m.wproj.General, 0, datt)
	blas32.Gemm(trans, plain, 1, att, dx, 1, dwproj)
	addRows(dbproj, dx)
	dqkv := buf(N, 3*C) // att = Attention(qkv)
	a.backward(dqkv.Data, 0, datt.Data, qkv.Data)
	dl1, dwqkv, dbqkv := buf(N, C), buf(C, 3*C), row(m.bqkv) // qkv = l1·wqkv + bqkv
	blas32.Gemm(plain, trans, 1, dqkv, m.wqkv.General, 0, dl1)
	blas32.Gemm(trans, plain, 1, l1, dqkv, 1, dwqkv)
	addRows(dbqkv, dqkv)
	dg1, db1 := row(m.g1), row(m.b1) // l1 = LayerNorm(x0)
	layerNormBackward(dx.Data, dg1, db1, dl1.Data, x0.Data, mean1, rstd1, m.g1.Data)

	dwpe := buf(T, C) // x0 = wte[x] + wpe[pos]
	embeddingBackward(dwte.Data, dx.Data, m.x, C)
	embeddingBackward(dwpe.Data, dx.Data, pos, C)

	byHand := [][]float32{dwte.Data, dwpe.Data, dg1, db1, dwqkv.Data, dbqkv, dwproj.Data, dbproj,
		dg2, db2, dwfc.Data, dbfc, dwout.Data, dbout}
	for i, p := range m.params() {
		require.Equal(t, byHand[i], p.Grad, "parameter %d", i)
	}
}

func TestStepsAllocateNothing(t *testing.T) {
	m, tape := newBlock(), NewTape()
	tape.Rand = rand.New(rand.NewPCG(1, 2))
	pos := m.positions()
	whh, bhh := wild(4*m.C, m.C, 1, 1), wild(1, 4*m.C, 1, 2)
	step := func() {
		tape.Reset()
		loss := m.loss(tape, pos, 0.1)
		xw := tape.Linear(tape.Reshape(tape.Embedding(m.wte, m.x), m.B*m.T, m.C), m.wfc, m.bfc)
		h, _, _ := tape.LSTM(xw, whh, bhh, nil, nil, m.B, m.T, m.x)
		h = tape.Elman(h, m.wproj, m.bproj, tape.Const(m.B, m.C, h.Data), m.B, m.T, m.x)
		logits := tape.LinearT(tape.Tanh(h), m.wte, nil)
		tape.Backward(tape.Add(loss, tape.CrossEntropy(logits, m.y, m.B*m.T)))
	}
	step()
	require.Zero(t, testing.AllocsPerRun(10, step))

	forward := NewForward()
	infer := func() {
		forward.Reset()
		m.loss(forward, pos, 0)
	}
	infer()
	require.Zero(t, testing.AllocsPerRun(10, infer))
}

// The ops of encoders and tasks allocate nothing either.
func TestTaskStepsAllocateNothing(t *testing.T) {
	m, tape := newBlock(), NewTape()
	from, to := []int32{0, 4, int32(m.T)}, []int32{4, int32(m.T), int32(2 * m.T)} // three documents
	end, label := ends(m.B*m.T, m.T), []int32{1, 0, 1}
	mix, gamma, layers := wild(1, 2, 1, 1), wild(1, 1, 1, 2), make([]*Tensor, 2)
	step := func() {
		tape.Reset()
		x := tape.Embedding(m.wte, m.x)
		qkv := tape.Linear(x, m.wqkv, m.bqkv)
		layers[0], layers[1] = x, tape.GELUErf(tape.Attention(qkv, m.B, m.T, m.H, nil, end, 0))
		h := tape.LayerNorm(tape.Mixture(layers, mix, gamma), m.g1, m.b1, 1e-12)
		pooled := tape.Embedding(tape.MeanPool(h, from, to), label) // rows by index
		loss := tape.CrossEntropy(tape.LinearT(pooled, m.wte, nil), label, 3)
		tape.Backward(tape.Add(loss, tape.Sum(tape.LogSigmoid(pooled))))
	}
	step()
	require.Zero(t, testing.AllocsPerRun(10, step))
}

func TestStepsRepeat(t *testing.T) {
	m, tape, pos := newBlock(), NewTape(), newBlock().positions()
	var first [][]float32
	for step := range 3 {
		tape.Reset()
		tape.Rand = rand.New(rand.NewPCG(1, 2))
		for _, p := range m.params() {
			clear(p.Grad)
		}
		if step == 1 { // another model, with other shapes, uses the tape in between
			x := tape.GELU(tape.Linear(wild(40, 30, 1, 1), wild(30, 50, 1, 2), nil))
			tape.Backward(tape.Sum(tape.LayerNorm(x, wild(1, 50, 1, 3), wild(1, 50, 1, 4), 1e-5)))
			continue
		}
		tape.Backward(m.loss(tape, pos, 0.2))
		for i, p := range m.params() {
			if step == 0 {
				first = append(first, append([]float32(nil), p.Grad...))
			}
			require.Equal(t, first[i], p.Grad, "step %d, parameter %d", step, i)
		}
	}
}

// After many steps of different shapes, a tape needs only the memory of the largest step.
func TestTapeMemoryIsBounded(t *testing.T) {
	tape := NewTape()
	for n := range 50 {
		tape.Reset()
		for range 10 {
			tape.New(n*7%50+1, 100)
		}
	}
	tape.Reset()
	require.Len(t, tape.floats.blocks, 1)
	require.LessOrEqual(t, len(tape.floats.blocks[0]), 2*10*(50*100+arenaAlign)+arenaBlock)
}

func TestForwardTapeGivesTheSameBits(t *testing.T) {
	m, pos := newBlock(), newBlock().positions()
	require.Equal(t, m.loss(NewTape(), pos, 0).Data, m.loss(NewForward(), pos, 0.5).Data)
	forward := NewForward()
	loss := m.loss(forward, pos, 0)
	require.Nil(t, loss.Grad)
	require.Empty(t, forward.ops)
}

// A constant gets no gradient, and the gradients of all others do not change.
func TestConstantsGetNoGradient(t *testing.T) {
	for frozen := range newBlock().params() {
		m, whole := newBlock(), newBlock()
		m.params()[frozen].Grad = nil
		pos := m.positions()
		tape := NewTape()
		tape.Backward(m.loss(tape, pos, 0))
		tape = NewTape()
		tape.Backward(whole.loss(tape, pos, 0))
		for i, p := range m.params() {
			if i == frozen {
				require.Nil(t, p.Grad)
			} else {
				require.Equal(t, whole.params()[i].Grad, p.Grad, "parameter %d with %d frozen", i,
					frozen)
			}
		}
	}
}

// A result that does not reach the loss has no gradient, whatever the tape's memory contains.
func TestDeadEndsHaveNoGradient(t *testing.T) {
	w, tape := wild(3, 3, 1, 1), NewTape()
	for range 2 {
		tape.Reset()
		clear(w.Grad)
		y := tape.Sum(tape.Linear(w, w, nil))
		tape.Linear(tape.Tanh(w), w, nil)
		tape.Backward(y)
	}
	once := append([]float32(nil), w.Grad...)
	clear(w.Grad)
	tape.Reset()
	tape.Backward(tape.Sum(tape.Linear(w, w, nil)))
	require.Equal(t, w.Grad, once)
}
