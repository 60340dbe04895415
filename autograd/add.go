package autograd

import "lmzoo/autograd/vec"

// Add is y = a + b.
func (t *Tape) Add(a, b *Tensor) *Tensor {
	b.want("b of Add", a.Rows, a.Cols)
	y := t.New(a.Rows, a.Cols)
	copy(y.Data, a.Data)
	vec.Add(y.Data, b.Data)
	Record(t, addOp{y, a, b})
	return y
}

type addOp struct{ y, a, b *Tensor }

func (o addOp) Backward() { // da = dy, db = dy
	dy := o.y.AddGrad()
	if o.b.Grad != nil {
		if db, beta := o.b.gradMatrix(); beta == 0 {
			copy(db.Data, dy)
		} else {
			vec.Add(db.Data, dy)
		}
	}
	o.y.tape.passGrad(o.a, o.y.takeGrad())
}

// Mul is y = a ⊙ b, element by element.
func (t *Tape) Mul(a, b *Tensor) *Tensor {
	b.want("b of Mul", a.Rows, a.Cols)
	y := t.New(a.Rows, a.Cols)
	vec.Mul(y.Data, a.Data, b.Data)
	Record(t, mulOp{y, a, b})
	return y
}

type mulOp struct{ y, a, b *Tensor }

func (o mulOp) Backward() { // da = dy ⊙ b, db = dy ⊙ a
	dy := o.y.AddGrad()
	vec.MulAdd(o.a.AddGrad(), dy, o.b.Data)
	vec.MulAdd(o.b.AddGrad(), dy, o.a.Data)
}

// Scale is y = s·x.
func (t *Tape) Scale(x *Tensor, s float32) *Tensor {
	y := t.New(x.Rows, x.Cols)
	for i, v := range x.Data {
		y.Data[i] = s * v
	}
	Record(t, scaleOp{y, x, s})
	return y
}

type scaleOp struct {
	y, x *Tensor
	s    float32
}

func (o scaleOp) Backward() { // dx = s·dy
	vec.Axpy(o.x.AddGrad(), o.s, o.y.AddGrad())
}

// Reshape is a view of the same numbers, in the same order, as rows×cols: nothing is copied.
func (t *Tape) Reshape(x *Tensor, rows, cols int) *Tensor {
	x.want("x of Reshape", -1, rows*cols/max(x.Rows, 1))
	y := t.view(rows, cols, x.Data, t.Recording() && x.Grad != nil)
	Record(t, reshapeOp{y, x})
	return y
}

type reshapeOp struct{ y, x *Tensor }

func (o reshapeOp) Backward() { // dx = dy
	if o.y.AddGrad() != nil {
		o.y.tape.passGrad(o.x, o.y.takeGrad())
	}
}

// Sum is the 1×1 sum of all elements of x, added up in float64.
func (t *Tape) Sum(x *Tensor) *Tensor {
	y := t.New(1, 1)
	var sum float64
	for _, v := range x.Data {
		sum += float64(v)
	}
	y.Data[0] = float32(sum)
	Record(t, sumOp{y, x})
	return y
}

type sumOp struct{ y, x *Tensor }

func (o sumOp) Backward() { // dx = dy for every element
	g := o.y.AddGrad()[0]
	dx := o.x.AddGrad()
	for i := range dx {
		dx[i] += g
	}
}
