package autograd

// Add is y = a + b.
func (t *Tape) Add(a, b *Tensor) *Tensor {
	b.want("b of Add", a.Rows, a.Cols)
	y := t.New(a.Rows, a.Cols)
	for i, v := range a.Data {
		y.Data[i] = v + b.Data[i]
	}
	Record(t, addOp{y, a, b})
	return y
}

type addOp struct{ y, a, b *Tensor }

func (o addOp) Backward() { // da = dy, db = dy
	dy := o.y.AddGrad()
	if o.b.Grad != nil {
		if o.b.unset && o.b != o.a {
			o.b.unset = false
			copy(o.b.Grad, dy)
		} else {
			add(o.b.AddGrad(), dy)
		}
	}
	passGrad(o.a, o.y)
}

// Mul is y = a ⊙ b, element by element.
func (t *Tape) Mul(a, b *Tensor) *Tensor {
	b.want("b of Mul", a.Rows, a.Cols)
	y := t.New(a.Rows, a.Cols)
	for i, v := range a.Data {
		y.Data[i] = v * b.Data[i]
	}
	Record(t, mulOp{y, a, b})
	return y
}

type mulOp struct{ y, a, b *Tensor }

func (o mulOp) Backward() { // da = dy ⊙ b, db = dy ⊙ a
	dy := o.y.AddGrad()
	mulAdd(o.a.AddGrad(), dy, o.b.Data)
	mulAdd(o.b.AddGrad(), dy, o.a.Data)
}

// mulAdd is dst += a ⊙ b, or nothing for a nil dst.
func mulAdd(dst, a, b []float32) {
	for i := range dst {
		dst[i] += a[i] * b[i]
	}
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
	dy := o.y.AddGrad()
	for i, dx := 0, o.x.AddGrad(); i < len(dx); i++ {
		dx[i] += o.s * dy[i]
	}
}

// Reshape is a view of the same numbers, in the same order, as rows×cols: nothing is copied.
func (t *Tape) Reshape(x *Tensor, rows, cols int) *Tensor {
	x.want("x of Reshape", -1, rows*cols/max(x.Rows, 1))
	y := t.Const(rows, cols, x.Data)
	if !t.forward && x.Grad != nil {
		y.Grad, y.unset = t.floats.take(rows*cols), true
	}
	Record(t, reshapeOp{y, x})
	return y
}

type reshapeOp struct{ y, x *Tensor }

func (o reshapeOp) Backward() { // dx = dy
	if o.y.AddGrad() != nil {
		passGrad(o.x, o.y)
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

// add is dst += x.
func add(dst, x []float32) {
	for i, v := range x {
		dst[i] += v
	}
}
