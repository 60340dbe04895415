package autograd

import (
	"math"

	"lmzoo/autograd/vec"
)

// Angles holds the cosine and the sine of pos·θ_i for every position and every pair i of channels
// of a head, with θ_i = base^(−2i/D) (Su et al. 2021, §3.2.2).
type Angles struct {
	pairs    int       // D/2
	cos, sin []float32 // [W, D/2]
}

// NewAngles returns the angles of w positions for heads of d channels. The base is 10,000 in the
// paper.
func NewAngles(w, d int, base float64) *Angles {
	a := &Angles{pairs: d / 2, cos: make([]float32, w*d/2), sin: make([]float32, w*d/2)}
	for i := range a.pairs {
		theta := math.Pow(base, -2*float64(i)/float64(d))
		for pos := range w {
			sin, cos := math.Sincos(float64(pos) * theta)
			a.cos[pos*a.pairs+i], a.sin[pos*a.pairs+i] = float32(cos), float32(sin)
		}
	}
	return a
}

// Rotary rotates the first heads of every row of x by the angles of its position (Su et al. 2021,
// eq. 34). Channels i and i + D/2 of a head are a point in the plane, paired as on Hugging Face.
// The product of a rotated query and a rotated key depends on the distance between their positions,
// not on the positions themselves.
//
// Rotary changes x in place, and its backward pass changes the gradient of x in place, because
// nothing else reads the unrotated x. The op that made x must not read its output in its backward
// pass, and x must not be a leaf.
func (t *Tape) Rotary(x *Tensor, heads int, angles *Angles, pos []int32) {
	x.want("x of Rotary", len(pos), -1)
	rotaryForward(x.Data, x.Cols, heads, angles, pos)
	Record(t, rotaryOp{x, heads, angles, pos})
}

type rotaryOp struct {
	x      *Tensor
	heads  int
	angles *Angles
	pos    []int32
}

func (o rotaryOp) Backward() {
	rotaryBackward(o.x.AddGrad(), o.x.Cols, o.heads, o.angles, o.pos)
}

// rotaryForward turns every pair by its angle φ: (a, b) → (a·cos φ − b·sin φ, b·cos φ + a·sin φ).
func rotaryForward(x []float32, cols, heads int, angles *Angles, pos []int32) {
	n := angles.pairs
	for i, p := range pos {
		cos, sin := angles.cos[int(p)*n:][:n], angles.sin[int(p)*n:][:n]
		vec.Rotate(x[i*cols:][:2*n*heads], cos, sin)
	}
}

// rotaryBackward inverts the rotation by rotating back: the transpose of a rotation is its inverse.
func rotaryBackward(dx []float32, cols, heads int, angles *Angles, pos []int32) {
	n := angles.pairs
	for i, p := range pos {
		cos, sin := angles.cos[int(p)*n:][:n], angles.sin[int(p)*n:][:n]
		vec.RotateBack(dx[i*cols:][:2*n*heads], cos, sin)
	}
}
