package vec

func rotateGo(a, b, cos, sin []float32) {
	b, cos, sin = b[:len(a)], cos[:len(a)], sin[:len(a)]
	for i, x := range a {
		y := b[i]
		a[i] = x*cos[i] - y*sin[i]
		b[i] = y*cos[i] + x*sin[i]
	}
}

func rmsNormalizeGo(y, x, g []float32, rrms float32) {
	g = g[:len(y)]
	for i, x := range x[:len(y)] {
		y[i] = x * rrms * g[i]
	}
}

func rmsNormSumsGo(dg, dy, x, g []float32, rrms float32) (s float32) {
	dy, x, g = dy[:len(dg)], x[:len(dg)], g[:len(dg)]
	for i := range dg {
		d, norm := dy[i], x[i]*rrms
		dg[i] += d * norm
		s += d * g[i] * norm
	}
	return s
}

func rmsNormBackwardGo(dx, dy, x, g []float32, rrms, avg float32) {
	dy, x, g = dy[:len(dx)], x[:len(dx)], g[:len(dx)]
	for i := range dx {
		dx[i] += rrms * (dy[i]*g[i] - x[i]*rrms*avg)
	}
}

func swiGLUGo(y, sig, gate, up []float32) {
	sigmoidGo(sig, gate)
	mulGo(y, sig, gate)
	mulGo(y, y, up)
}

func swiGLUBackwardGo(dgate, dup, dy, sig, gate, up []float32) {
	n := len(dgate)
	dup, dy, sig, gate, up = dup[:n], dy[:n], sig[:n], gate[:n], up[:n]
	for i, d := range dy {
		s, g, u := sig[i], gate[i], up[i]
		dup[i] = d * (g * s)
		dgate[i] = d * u * (s * (1 + g*(1-s)))
	}
}
