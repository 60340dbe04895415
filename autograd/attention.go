package autograd

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/vec"
)

// Attention computes multi-head self-attention (Vaswani et al. 2017, eq. 1): for each of H heads of
// D = C/H channels, att = softmax(q·kᵀ/√D) and y = att·v. A row of qkv [B·T, 3C] holds the q, the k
// and the v of one position; y is [B·T, C]. p is the dropout rate of att.
//
// Position t of row b attends to the positions [start[b·T+t], end[b·T+t]) of its row, at least one.
// A nil start means 0, and a nil end means t+1: causal attention. Documents packed into one row
// stay apart if start and end bound the document of the position.
//
// Scores are computed for one block of rows of one head at a time, and only for the columns that
// the block attends to. Up to T = attentionKept, att is kept for backward. Beyond that, att would
// need much memory, so backward recomputes it from the log-sums (as in FlashAttention, Dao et al.
// 2022).
func (t *Tape) Attention(qkv *Tensor, B, T, H int, start, end []int32, p float64) *Tensor {
	return t.attention(qkv, B, T, H, H, start, end, p, attentionKept)
}

// GroupedAttention is like Attention, except that the H heads of queries share K heads of keys and
// values (Ainslie et al. 2023, §2.2): each group of H/K consecutive queries looks at the same keys.
// A row of qkv holds the H heads of q, the K heads of k and the K heads of v, [B·T, (H+2K)·D]; y is
// [B·T, H·D].
func (t *Tape) GroupedAttention(qkv *Tensor, B, T, H, K int, start, end []int32,
	p float64) *Tensor {
	return t.attention(qkv, B, T, H, K, start, end, p, attentionKept)
}

func (t *Tape) attention(qkv *Tensor, B, T, H, K int, start, end []int32, p float64,
	keep int) *Tensor {
	D := qkv.Cols / (H + 2*K)
	qkv.want("qkv of Attention", B*T, (H+2*K)*D)
	y := t.New(B*T, H*D)
	a := attention{B: B, T: T, H: H, K: K, D: D, start: start, end: end,
		scale: float32(1 / math.Sqrt(float64(D)))}
	if start == nil && end != nil {
		a.start = t.ScratchInts(B * T)
		clear(a.start)
	}
	if t.Rand != nil && p > 0 {
		a.mask = mask{seed: t.Rand.Uint64(), p: p}
	}
	block := min(attentionBlock, T) * T
	if t.Recording() && T <= keep {
		a.kept = t.Scratch(B * H * T * T)
	} else {
		a.logSum, a.att = t.Scratch(B*H*T), t.Scratch(block)
	}
	if t.Recording() {
		a.datt = t.Scratch(block)
	}
	if a.kept != nil && a.mask.p > 0 {
		a.att = t.Scratch(block)
	}
	a.window = vec.Window{T: T, D: D, Stride: qkv.Cols, YStride: H * D, Scale: a.scale,
		Causal: end == nil}
	if a.whole = a.mask.p == 0 && K == H && a.window.Fits(); a.whole {
		a.work = t.Scratch(a.window.Work())
	}
	a.forward(y.Data, qkv.Data)
	Record(t, attentionOp{y, qkv, a})
	return y
}

type attentionOp struct {
	y, qkv *Tensor
	attention
}

func (o attentionOp) Backward() {
	if o.qkv.Grad == nil {
		return
	}
	dqkv, beta := o.qkv.gradMatrix()
	o.backward(dqkv.Data, beta, o.y.AddGrad(), o.qkv.Data)
}

const (
	attentionBlock = 32  // rows of scores computed at a time
	attentionKept  = 256 // the largest T whose att is kept: B·H·T² floats for every layer
)

type attention struct {
	B, T, H, D int
	K          int // heads of keys and values; H/K heads of queries share one
	start, end []int32
	scale      float32
	mask       mask
	kept       []float32 // [B, H, T, T] att before dropout, block by block; nil if T is large
	logSum     []float32 // [B, H, T] ln Σ exp of each row of scores, if att is not kept
	att, datt  []float32 // one block of rows; att only if it is not kept or dropout changes it
	whole      bool      // one kernel computes a whole head
	window     vec.Window
	work       []float32 // scratch memory of window
}

// block returns the memory for att of the rows [t0, t1) and the columns [lo, hi) of a head.
func (a *attention) block(b, h, t0, t1, lo, hi int) blas32.General {
	if a.kept == nil {
		return matrix(t1-t0, hi-lo, a.att)
	}
	return matrix(t1-t0, hi-lo, a.kept[((b*a.H+h)*a.T+t0)*a.T:])
}

// head returns a view of head h of row b in y.
func (a *attention) head(y []float32, b, h int) blas32.General {
	C := a.H * a.D
	return blas32.General{Rows: a.T, Cols: a.D, Stride: C, Data: y[b*a.T*C+h*a.D:]}
}

// heads returns views of the q, the k and the v of head h of row b in qkv.
func (a *attention) heads(qkv []float32, b, h int) (q, k, v blas32.General) {
	stride, shared := (a.H+2*a.K)*a.D, h*a.K/a.H
	at := func(head int) blas32.General {
		return blas32.General{Rows: a.T, Cols: a.D, Stride: stride,
			Data: qkv[b*a.T*stride+head*a.D:]}
	}
	return at(h), at(a.H + shared), at(a.H + a.K + shared)
}

// first returns the first position that position t of row b attends to.
func (a *attention) first(b, t int) int {
	if a.start == nil {
		return 0
	}
	return int(a.start[b*a.T+t])
}

// last returns the end of the span that position t of row b attends to: the first position after
// it.
func (a *attention) last(b, t int) int {
	if a.end == nil {
		return t + 1
	}
	return int(a.end[b*a.T+t])
}

// columns returns the columns [lo, hi) of att that are computed for the rows [t0, t1): they cover
// every position that these rows attend to.
func (a *attention) columns(b, t0, t1 int) (lo, hi int) {
	if a.whole {
		return 0, a.T
	}
	lo = a.T
	for t := t0; t < t1; t++ {
		lo, hi = min(lo, a.first(b, t)), max(hi, a.last(b, t))
	}
	return lo, hi
}

func (a *attention) forward(y, qkv []float32) {
	for b := range a.B {
		if a.whole {
			a.setSeen(b)
		}
		for h := range a.H {
			if a.whole {
				a.forwardWindow(y, qkv, b, h)
			} else {
				a.forwardHead(y, qkv, b, h)
			}
		}
	}
}

func (a *attention) forwardHead(y, qkv []float32, b, h int) {
	q, k, v := a.heads(qkv, b, h)
	yh := a.head(y, b, h)
	for t0 := 0; t0 < a.T; t0 += attentionBlock {
		t1 := min(t0+attentionBlock, a.T)
		lo, hi := a.columns(b, t0, t1)
		att := a.block(b, h, t0, t1, lo, hi)
		blas32.Gemm(blas.NoTrans, blas.Trans, a.scale, rows(q, t0, t1), rows(k, lo, hi), 0, att)
		a.softmax(att, b, h, t0, lo)
		att = a.dropped(att, b, h, t0, lo)
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, att, rows(v, lo, hi), 0, rows(yh, t0, t1))
	}
}

// softmax replaces the scores of the rows from t0 on, whose first column is lo, with their softmax.
func (a *attention) softmax(att blas32.General, b, h, t0, lo int) {
	var top, sum [attentionBlock]float32
	if a.start != nil && a.end != nil {
		at := b*a.T + t0
		vec.SoftmaxRows(att.Data, top[:], sum[:], att.Cols, a.start[at:][:att.Rows],
			a.end[at:][:att.Rows], int32(lo))
	} else {
		for i := range att.Rows {
			top[i], sum[i] = softmaxForward(att.Data[i*att.Stride:][:att.Cols],
				a.first(b, t0+i)-lo, a.last(b, t0+i)-lo)
		}
	}
	if a.kept != nil {
		return
	}
	for i := range att.Rows {
		a.logSum[(b*a.H+h)*a.T+t0+i] = top[i] + float32(math.Log(float64(sum[i])))
	}
}

// dropped returns att after dropout. It leaves kept unchanged.
func (a *attention) dropped(att blas32.General, b, h, t0, lo int) blas32.General {
	if a.mask.p == 0 {
		return att
	}
	from := att
	if a.kept != nil {
		att = matrix(att.Rows, att.Cols, a.att)
	}
	for i := range att.Rows {
		a.mask.apply(att.Data[i*att.Cols:][:att.Cols], from.Data[i*att.Cols:][:att.Cols],
			a.place(b, h, t0+i, lo))
	}
	return att
}

// place returns the index in att of row t and column lo of a head.
func (a *attention) place(b, h, t, lo int) int { return ((b*a.H+h)*a.T+t)*a.T + lo }

// backward propagates the gradient through att = softmax(scale·q·kᵀ), y = att·v:
//
//	dv += attᵀ·dy,  datt = dy·vᵀ,  dscores = att ⊙ (datt − Σ att·datt)
//	dq += scale·dscores·k,  dk += scale·dscoresᵀ·q
func (a *attention) backward(dqkv []float32, beta float32, dy, qkv []float32) {
	for b := range a.B {
		if a.whole {
			a.setSeen(b)
		}
		for h := range a.H {
			if a.whole && beta == 0 {
				a.backwardWindow(dqkv, dy, qkv, b, h)
			} else {
				a.backwardHead(dqkv, beta, dy, qkv, b, h)
			}
		}
	}
}

// backwardHead starts with the last block of rows. If dk and dv are unset, this block overwrites
// them, with zeros outside its columns; the other blocks add to them. In causal attention the last
// block has the most columns.
func (a *attention) backwardHead(dqkv []float32, beta float32, dy, qkv []float32, b, h int) {
	q, k, v := a.heads(qkv, b, h)
	dq, dk, dv := a.heads(dqkv, b, h)
	dyh := a.head(dy, b, h)
	first := beta
	if h*a.K%a.H != 0 {
		first = 1 // another head of the group has set dk and dv
	}
	for t0 := (a.T - 1) / attentionBlock * attentionBlock; t0 >= 0; t0 -= attentionBlock {
		t1 := min(t0+attentionBlock, a.T)
		lo, hi := a.columns(b, t0, t1)
		if first == 0 {
			zeroOutside(dk, lo, hi)
			zeroOutside(dv, lo, hi)
		}
		q, k, v, dy := rows(q, t0, t1), rows(k, lo, hi), rows(v, lo, hi), rows(dyh, t0, t1)
		att, datt := a.block(b, h, t0, t1, lo, hi), matrix(t1-t0, hi-lo, a.datt)
		if a.kept == nil {
			blas32.Gemm(blas.NoTrans, blas.Trans, a.scale, q, k, 0, att)
		}
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, dy, v, 0, datt)
		if a.kept != nil && a.mask.p == 0 && a.end != nil {
			vec.SoftmaxRowsBackward(datt.Data, att.Data, datt.Cols) // att is 0 outside of the spans
		} else {
			for t := t0; t < t1; t++ {
				a.backwardRow(att.Data[(t-t0)*att.Stride:][:att.Cols],
					datt.Data[(t-t0)*att.Stride:][:att.Cols], b, h, t, lo)
			}
		}
		att = a.dropped(att, b, h, t0, lo)
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, att, dy, first, rows(dv, lo, hi))
		blas32.Gemm(blas.NoTrans, blas.NoTrans, a.scale, datt, k, beta, rows(dq, t0, t1))
		blas32.Gemm(blas.Trans, blas.NoTrans, a.scale, datt, q, first, rows(dk, lo, hi))
		first = 1
	}
}

// backwardRow replaces datt, the gradient of row t of att, with the gradient of the scores. The
// first column of both is lo. If att was not kept, att holds scores, and backwardRow replaces them
// with att.
func (a *attention) backwardRow(att, datt []float32, b, h, t, lo int) {
	from, to := a.first(b, t)-lo, a.last(b, t)-lo
	if a.kept == nil {
		clear(att[:from])
		clear(att[to:])
		vec.ExpSum(att[from:to], att[from:to], a.logSum[(b*a.H+h)*a.T+t])
	}
	clear(datt[:from])
	clear(datt[to:])
	if a.mask.p > 0 {
		a.mask.apply(datt, datt, a.place(b, h, t, lo))
	}
	vec.SoftmaxBackward(datt[from:to], datt[from:to], att[from:to])
}

// softmaxForward replaces row[from:to] with its softmax and the rest with zeros. It returns the
// largest element and Σ exp(x − top).
func softmaxForward(row []float32, from, to int) (top, sum float32) {
	clear(row[:from])
	clear(row[to:])
	row = row[from:to]
	top = vec.Max(row)
	sum = vec.ExpSum(row, row, top)
	vec.Scale(row, 1/sum)
	return top, sum
}

// matrix returns the first r·c elements of data as a matrix.
func matrix(r, c int, data []float32) blas32.General {
	return blas32.General{Rows: r, Cols: c, Stride: c, Data: data[:r*c]}
}

// rows returns the rows [from, to) of m.
func rows(m blas32.General, from, to int) blas32.General {
	m.Rows, m.Data = to-from, m.Data[from*m.Stride:]
	return m
}

// zeroOutside sets all rows of m outside [lo, hi) to zero.
func zeroOutside(m blas32.General, lo, hi int) {
	for i := range m.Rows {
		if i < lo || i >= hi {
			clear(m.Data[i*m.Stride:][:m.Cols])
		}
	}
}

// AttentionStep computes the attention of one new position over a key-value cache: q and dst are
// [H·D], k and v are [T, K·D] and end with the row of the new position; H/K heads of queries share
// a head of keys and values. The crew divides the heads of keys and values.
func (t *Tape) AttentionStep(dst, q, k, v []float32, T, H, K int) {
	t.step = attentionStep{dst: dst[:len(q)], q: q, k: k, v: v, att: t.Scratch(H * T), T: T,
		D: len(q) / H, H: H, K: K}
	if K*t.step.D*T < attentionAlone {
		for h := range K {
			t.step.Part(h)
		}
		return
	}
	t.Crew.Do(K, &t.step)
}

// attentionAlone is the number of channels of keys below which one thread is faster than a crew.
const attentionAlone = 1 << 13

type attentionStep struct {
	dst, q, k, v, att []float32 // att [H, T]
	T, D, H, K        int
}

// Part computes the attention of the heads that share the keys h: att = softmax(scale·q·kᵀ), y =
// att·v.
func (s *attentionStep) Part(h int) {
	D, g := s.D, s.H/s.K
	scale := float32(1 / math.Sqrt(float64(D)))
	for i := h * g; i < (h+1)*g; i++ {
		if !vec.AttendOne(s.dst[i*D:][:D], s.att[i*s.T:][:s.T], s.q[i*D:][:D], s.k[h*D:], s.v[h*D:],
			s.K*D, scale) {
			s.products(h)
			return
		}
	}
}

// products does the work of Part for small heads, and on processors without a kernel for a head.
func (s *attentionStep) products(h int) {
	D, g := s.D, s.H/s.K
	cached := func(m []float32) blas32.General {
		return blas32.General{Rows: s.T, Cols: D, Stride: s.K * D, Data: m[h*D:]}
	}
	att := matrix(g, s.T, s.att[h*g*s.T:])
	blas32.Gemm(blas.NoTrans, blas.Trans, float32(1/math.Sqrt(float64(D))),
		matrix(g, D, s.q[h*g*D:]), cached(s.k), 0, att)
	for i := range g {
		softmaxForward(att.Data[i*s.T:][:s.T], 0, s.T)
	}
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, att, cached(s.v), 0, matrix(g, D, s.dst[h*g*D:]))
}
