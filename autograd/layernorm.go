package autograd

import "math"

const layerNormEps = 1e-5

// LayerNorm is y = g·(x − μ)/σ + b with the mean μ and the deviation σ = √(variance + 1e-5) of each row
// (Ba, Kiros and Hinton 2016).
func (t *Tape) LayerNorm(x, g, b *Tensor) *Tensor {
	g.want("gain of LayerNorm", 1, x.Cols)
	b.want("bias of LayerNorm", 1, x.Cols)
	y := t.New(x.Rows, x.Cols)
	mean, rstd := t.Scratch(x.Rows), t.Scratch(x.Rows)
	layerNormForward(y.Data, mean, rstd, x.Data, g.Data, b.Data)
	Record(t, layerNormOp{y, x, g, b, mean, rstd})
	return y
}

type layerNormOp struct {
	y, x, g, b *Tensor
	mean, rstd []float32
}

func (o layerNormOp) Backward() {
	layerNormBackward(o.x.AddGrad(), o.g.AddGrad(), o.b.AddGrad(), o.y.AddGrad(), o.x.Data, o.mean, o.rstd, o.g.Data)
}

// layerNormForward is y = g·x̂ + b with x̂ = (x − mean)·rstd, and keeps mean and rstd = 1/σ of every row.
func layerNormForward(y, mean, rstd, x, g, b []float32) {
	c := len(g)
	for i := range mean {
		x, y := x[i*c:][:c], y[i*c:][:c]
		var sum, sq float64
		for _, v := range x {
			sum += float64(v)
		}
		mu := float32(sum / float64(c))
		for _, v := range x {
			sq += float64((v - mu) * (v - mu))
		}
		r := float32(1 / math.Sqrt(sq/float64(c)+layerNormEps))
		for j, v := range x {
			y[j] = g[j]*((v-mu)*r) + b[j]
		}
		mean[i], rstd[i] = mu, r
	}
}

// layerNormBackward inverts y = g·x̂ + b: dg += x̂·dy, db += dy, and with d = g·dy
// dx += rstd·(d − mean(d) − x̂·mean(d·x̂)), since x also moves its row's mean and deviation.
func layerNormBackward(dx, dg, db, dy, x, mean, rstd, g []float32) {
	c := len(g)
	for i := range mean {
		dy, x := dy[i*c:][:c], x[i*c:][:c]
		mu, r := mean[i], rstd[i]
		var sd, sdx float32
		for j, v := range dy {
			hat := (x[j] - mu) * r
			d := g[j] * v
			sd += d
			sdx += d * hat
		}
		if dg != nil {
			for j, v := range dy {
				dg[j] += v * (x[j] - mu) * r
			}
		}
		if db != nil {
			add(db, dy)
		}
		if dx == nil {
			continue
		}
		sd, sdx = sd/float32(c), sdx/float32(c)
		for j, v := range dy {
			dx[i*c+j] += r * (g[j]*v - sd - (x[j]-mu)*r*sdx)
		}
	}
}
