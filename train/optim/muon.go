package optim

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
	"lmzoo/autograd/vec"
)

// Muon moves a matrix by an orthogonal matrix (Jordan et al. 2024, "Muon: An optimizer for hidden
// layers in neural networks"). A gradient of a matrix usually has a few large singular values, and
// a step along it changes little else. Muon sets all of them to about 1, so that the matrix moves
// equally far in every direction. It is meant for the matrices between hidden vectors; embeddings,
// output layers, gains and biases stay with AdamW.
type Muon struct {
	Momentum float64
}

// Update makes a step on the weights w with the gradient scale·grad. The momentum m starts as
// zeros. w, grad and m may be views of larger matrices.
//
//	m ← μ·m + (1−μ)·g
//	u ← μ·m + (1−μ)·g                      Nesterov's momentum
//	w ← w − lr·decay·w                     as AdamW
//	w ← w − lr·0.2·√max(rows, cols)·o      o = u with all singular values near 1
//
// An orthogonal r×c matrix has a root mean square of 1/√max(r, c), and AdamW's update has one of
// about 0.2. The factor makes the two equal, so that both optimizers can share a learning rate and
// a weight decay (Liu et al. 2025, "Muon is Scalable for LLM Training", eq. 4).
func (o Muon) Update(w, grad, m blas32.General, lr, decay, scale float64, work *Workspace) {
	mu := float32(o.Momentum)
	u := work.matrix(w.Rows, w.Cols)
	for i := range w.Rows {
		g, m, u := row(grad, i), row(m, i), row(u, i)
		for j, x := range g {
			x *= float32(scale)
			m[j] = mu*m[j] + (1-mu)*x
			u[j] = mu*m[j] + (1-mu)*x
		}
	}
	ortho := work.orthogonalize(u)
	rate := lr * 0.2 * math.Sqrt(float64(max(w.Rows, w.Cols)))
	for i := range w.Rows {
		w := row(w, i)
		vec.Scale(w, float32(1-lr*decay))
		if ortho.turned {
			for j := range w {
				w[j] -= float32(rate) * ortho.Data[j*ortho.Stride+i]
			}
			continue
		}
		vec.Axpy(w, -float32(rate), row(ortho.General, i))
	}
}

func row(x blas32.General, i int) []float32 { return x.Data[i*x.Stride:][:x.Cols] }

// Workspace is the scratch memory of Muon for one matrix at a time.
type Workspace struct{ u, x, y, a, b []float32 }

// NewWorkspace returns a Workspace for matrices of at most size elements whose smaller side is at
// most side.
func NewWorkspace(size, side int) *Workspace {
	return &Workspace{u: make([]float32, size), x: make([]float32, size), y: make([]float32, size),
		a: make([]float32, side*side), b: make([]float32, side*side)}
}

func (s *Workspace) matrix(rows, cols int) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: s.u[:rows*cols]}
}

// orthogonal is a matrix, or its transpose if turned.
type orthogonal struct {
	blas32.General
	turned bool
}

// Newton–Schulz: five rounds of x ← a·x + b·(xxᵀ)x + c·(xxᵀ)²x, which apply the odd polynomial aσ +
// bσ³ + cσ⁵ to every singular value. With Jordan's coefficients the values do not converge to 1,
// but small ones reach 0.7 … 1.2 in the fewest rounds.
const (
	rounds                            = 5
	newtonA, newtonB, newtonC         = 3.4445, -4.7750, 2.0315
	leastNorm                 float64 = 1e-7
)

// orthogonalize returns u with all singular values near 1. It works on the transpose of a tall
// matrix, so that xxᵀ is small. The result lives in s until the next call.
func (s *Workspace) orthogonalize(u blas32.General) orthogonal {
	r, c, turned := u.Rows, u.Cols, u.Rows > u.Cols
	if turned {
		r, c = c, r
	}
	x, y, a, b := s.x[:r*c], s.y[:r*c], s.a[:r*r], s.b[:r*r]
	norm := float32(1 / max(math.Sqrt(vec.SumSquares(u.Data[:r*c])), leastNorm))
	for i := range u.Rows {
		for j, v := range row(u, i) {
			if turned {
				x[j*c+i] = v * norm
			} else {
				x[i*c+j] = v * norm
			}
		}
	}
	var g gemm.Float32
	const plain, trans = blas.NoTrans, blas.Trans
	for range rounds {
		g.Sgemm(plain, trans, r, r, c, 1, x, c, x, c, 0, a, r) // a = xxᵀ
		copy(b, a)
		g.Sgemm(plain, plain, r, r, r, newtonC, a, r, a, r, newtonB, b, r) // b = b·a + c·a²
		copy(y, x)
		g.Sgemm(plain, plain, r, c, r, 1, b, r, x, c, newtonA, y, c) // y = a·x + b·x
		x, y = y, x
	}
	return orthogonal{blas32.General{Rows: r, Cols: c, Stride: c, Data: x}, turned}
}
