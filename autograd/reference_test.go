package autograd

import "math"

// The definitions of the ops in float64, element by element and without shortcuts.

func refLinear(x, w, b []float64, n, in, out int, transposed bool) []float64 {
	y := make([]float64, n*out)
	for i := range n {
		for o := range out {
			sum := 0.0
			if b != nil {
				sum = b[o]
			}
			for k := range in {
				if transposed {
					sum += x[i*in+k] * w[o*in+k]
				} else {
					sum += x[i*in+k] * w[k*out+o]
				}
			}
			y[i*out+o] = sum
		}
	}
	return y
}

func refMap(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(v)
	}
	return y
}

func refSigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func refGELU(x float64) float64 {
	return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

func refGELUErf(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) }

func refLayerNorm(x, g, b []float64, eps float64) []float64 {
	c := len(g)
	y := make([]float64, len(x))
	for i := 0; i < len(x); i += c {
		mean, variance := 0.0, 0.0
		for _, v := range x[i : i+c] {
			mean += v / float64(c)
		}
		for _, v := range x[i : i+c] {
			variance += (v - mean) * (v - mean) / float64(c)
		}
		for j := range c {
			y[i+j] = g[j]*(x[i+j]-mean)/math.Sqrt(variance+eps) + b[j]
		}
	}
	return y
}

func refSoftmax(x []float64) []float64 {
	sum := 0.0
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Exp(v)
		sum += y[i]
	}
	for i := range y {
		y[i] /= sum
	}
	return y
}

// refAttention: keep(b, h, t, j) is the dropout factor of att[t, j], nil for none.
func refAttention(qkv []float64, B, T, H, D int, start, end []int32,
	keep func(b, h, t, j int) float64) []float64 {
	C := H * D
	y := make([]float64, B*T*C)
	for b := range B {
		for h := range H {
			at := func(t, part, d int) float64 { return qkv[(b*T+t)*3*C+part*C+h*D+d] }
			for t := range T {
				from, to := 0, t+1
				if start != nil {
					from = int(start[b*T+t])
				}
				if end != nil {
					to = int(end[b*T+t])
				}
				var scores []float64
				for j := from; j < to; j++ {
					s := 0.0
					for d := range D {
						s += at(t, 0, d) * at(j, 1, d)
					}
					scores = append(scores, s/math.Sqrt(float64(D)))
				}
				for i, p := range refSoftmax(scores) {
					if keep != nil {
						p *= keep(b, h, t, from+i)
					}
					for d := range D {
						y[(b*T+t)*C+h*D+d] += p * at(from+i, 2, d)
					}
				}
			}
		}
	}
	return y
}

func refCrossEntropy(logits []float64, v int, y []int32, n int) []float64 {
	loss := 0.0
	for i, y := range y {
		if y >= 0 {
			loss -= math.Log(refSoftmax(logits[i*v : (i+1)*v])[y])
		}
	}
	return []float64{loss / float64(n)}
}

// refRecurrent runs one recurrent layer step by step and token by token. cell computes the next
// state from the gate sums of the input, the gate sums of the state, and the state h, c.
func refRecurrent(xw, whh, bhh, h0, c0 []float64, B, T, H, gates int, x []int32,
	cell func(xs, hs, h, c []float64) (h1, c1 []float64)) []float64 {
	y := make([]float64, B*T*H)
	for b := range B {
		h, c := make([]float64, H), make([]float64, H)
		if h0 != nil {
			copy(h, h0[b*H:])
		}
		if c0 != nil {
			copy(c, c0[b*H:])
		}
		for t := range T {
			if x[b*T+t] == 0 {
				h, c = make([]float64, H), make([]float64, H)
			}
			hs := refLinear(h[:H], whh, bhh, 1, H, gates*H, true)
			h, c = cell(xw[(b*T+t)*gates*H:][:gates*H], hs, h[:H], c[:H])
			copy(y[(b*T+t)*H:], h)
		}
	}
	return y
}

func refElman(xs, hs, _, _ []float64) ([]float64, []float64) {
	h := make([]float64, len(hs))
	for i := range h {
		h[i] = math.Tanh(xs[i] + hs[i])
	}
	return h, h
}

func refLSTM(xs, hs, h, c []float64) ([]float64, []float64) {
	H := len(h)
	h1, c1 := make([]float64, H), make([]float64, H)
	for k := range H {
		i := refSigmoid(xs[k] + hs[k])
		f := refSigmoid(xs[H+k] + hs[H+k])
		g := math.Tanh(xs[2*H+k] + hs[2*H+k])
		o := refSigmoid(xs[3*H+k] + hs[3*H+k])
		c1[k] = f*c[k] + i*g
		h1[k] = o * math.Tanh(c1[k])
	}
	return h1, c1
}

func refGRU(xs, hs, h, _ []float64) ([]float64, []float64) {
	H := len(h)
	h1 := make([]float64, H)
	for k := range H {
		r := refSigmoid(xs[k] + hs[k])
		z := refSigmoid(xs[H+k] + hs[H+k])
		n := math.Tanh(xs[2*H+k] + r*hs[2*H+k])
		h1[k] = (1-z)*n + z*h[k]
	}
	return h1, h1
}
