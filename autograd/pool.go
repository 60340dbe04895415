package autograd

import "lmzoo/autograd/vec"

// MeanPool returns the mean of the rows from[i] … to[i]−1 of x for every i: one vector for each
// span of positions, such as a document. Every span has at least one row.
func (t *Tape) MeanPool(x *Tensor, from, to []int32) *Tensor {
	y := t.New(len(from), x.Cols)
	meanPoolForward(y.Data, x.Data, x.Cols, from, to)
	Record(t, meanPoolOp{y, x, from, to})
	return y
}

type meanPoolOp struct {
	y, x     *Tensor
	from, to []int32
}

func (o meanPoolOp) Backward() {
	if dx := o.x.AddGrad(); dx != nil {
		meanPoolBackward(dx, o.y.AddGrad(), o.x.Cols, o.from, o.to)
	}
}

// meanPoolForward stores y_i = Σ_{from ≤ r < to} x_r / (to − from).
func meanPoolForward(y, x []float32, c int, from, to []int32) {
	clear(y)
	for i := range from {
		row := y[i*c:][:c]
		for r := from[i]; r < to[i]; r++ {
			vec.Add(row, x[int(r)*c:][:c])
		}
		vec.Scale(row, 1/float32(to[i]-from[i]))
	}
}

// meanPoolBackward adds dx_r += dy_i / (to − from) for every row r of span i.
func meanPoolBackward(dx, dy []float32, c int, from, to []int32) {
	for i := range from {
		share := 1 / float32(to[i]-from[i])
		for r := from[i]; r < to[i]; r++ {
			vec.Axpy(dx[int(r)*c:][:c], share, dy[i*c:][:c])
		}
	}
}
