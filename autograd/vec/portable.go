package vec

import "math"

// The plain versions, for processors without kernels and as the reference in the tests of the
// kernels.

func addGo(dst, x []float32) {
	for i, x := range x[:len(dst)] {
		dst[i] += x
	}
}

func mulGo(dst, x, y []float32) {
	y = y[:len(dst)]
	for i, x := range x[:len(dst)] {
		dst[i] = x * y[i]
	}
}

func mulAddGo(dst, x, y []float32) {
	y = y[:len(dst)]
	for i, x := range x[:len(dst)] {
		dst[i] += x * y[i]
	}
}

func axpyGo(dst []float32, a float32, x []float32) {
	for i, x := range x[:len(dst)] {
		dst[i] += a * x
	}
}

func scaleGo(dst []float32, a float32) {
	for i := range dst {
		dst[i] *= a
	}
}

// dotGo keeps four sums, so that an addition need not wait for the previous one.
func dotGo(x, y []float32) float32 {
	var s0, s1, s2, s3 float32
	for ; len(x) >= 4; x, y = x[4:], y[4:] {
		y = y[:len(x)]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for i, x := range x {
		s0 += x * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func sumGo(x []float32) float32 {
	var s0, s1, s2, s3 float32
	for ; len(x) >= 4; x = x[4:] {
		s0 += x[0]
		s1 += x[1]
		s2 += x[2]
		s3 += x[3]
	}
	for _, x := range x {
		s0 += x
	}
	return (s0 + s1) + (s2 + s3)
}

func sumSquaresGo(x []float32) float64 {
	var s0, s1 float64
	for ; len(x) >= 2; x = x[2:] {
		s0 += float64(x[0]) * float64(x[0])
		s1 += float64(x[1]) * float64(x[1])
	}
	for _, x := range x {
		s0 += float64(x) * float64(x)
	}
	return s0 + s1
}

func maximumGo(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, x := range x {
		if x > m {
			m = x
		}
	}
	return m
}

func tanhBackwardGo(dx, dy, y []float32) {
	dy = dy[:len(dx)]
	for i, y := range y[:len(dx)] {
		dx[i] += dy[i] * (1 - y*y)
	}
}

func sigmoidBackwardGo(dx, dy, y []float32) {
	dy = dy[:len(dx)]
	for i, y := range y[:len(dx)] {
		dx[i] += dy[i] * (y * (1 - y))
	}
}

func softmaxBackwardGo(dx, dy, y []float32, dot float32) {
	dy = dy[:len(dx)]
	for i, y := range y[:len(dx)] {
		dx[i] = y * (dy[i] - dot)
	}
}

func sumSquaredDeviationsGo(x []float32, mean float32) float32 {
	var s0, s1 float32
	for ; len(x) >= 2; x = x[2:] {
		d0, d1 := x[0]-mean, x[1]-mean
		s0 += d0 * d0
		s1 += d1 * d1
	}
	for _, x := range x {
		s0 += (x - mean) * (x - mean)
	}
	return s0 + s1
}

func normalizeGo(y, x, g, b []float32, mean, rstd float32) {
	g, b = g[:len(y)], b[:len(y)]
	for i, x := range x[:len(y)] {
		y[i] = (x-mean)*rstd*g[i] + b[i]
	}
}

func layerNormSumsGo(dg, db, dy, x, g []float32, mean, rstd float32) (s1, s2 float32) {
	n := len(dg)
	db, dy, x, g = db[:n], dy[:n], x[:n], g[:n]
	for i := range dg {
		d, norm := dy[i], (x[i]-mean)*rstd
		dg[i] += d * norm
		db[i] += d
		s1 += d * g[i]
		s2 += d * g[i] * norm
	}
	return s1, s2
}

func layerNormBackwardGo(dx, dy, x, g []float32, mean, rstd, avg1, avg2 float32) {
	dy, x, g = dy[:len(dx)], x[:len(dx)], g[:len(dx)]
	for i := range dx {
		norm := (x[i] - mean) * rstd
		dx[i] += rstd * (dy[i]*g[i] - avg1 - norm*avg2)
	}
}

// adamWGo takes the factors β₁, 1−β₁, β₂, 1−β₂, 1−lr·decay, lr/(1−β₁ᵗ), 1/√(1−β₂ᵗ), eps.
func adamWGo(w, g, m, v []float32, f *[8]float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i]
		m1 := f[0]*m[i] + f[1]*d
		v1 := f[2]*v[i] + f[3]*d*d
		m[i], v[i] = m1, v1
		root := float32(math.Sqrt(float64(v1)))
		w[i] = f[4]*w[i] - f[5]*m1/(root*f[6]+f[7])
	}
}

func lstmBackwardGo(dgates, dcPrev, dh, dc, gates, tanhC, cPrev []float32) {
	n := len(dh)
	i, f, g, o := gates[:n], gates[n:][:n], gates[2*n:][:n], gates[3*n:][:n]
	di, df, dg, do := dgates[:n], dgates[n:][:n], dgates[2*n:][:n], dgates[3*n:][:n]
	dcPrev, dc, tanhC, cPrev = dcPrev[:n], dc[:n], tanhC[:n], cPrev[:n]
	for k, dh := range dh {
		t := tanhC[k]
		d := dc[k] + dh*o[k]*(1-t*t)
		do[k] = dh * t * (o[k] * (1 - o[k]))
		di[k] = d * g[k] * (i[k] * (1 - i[k]))
		df[k] = d * cPrev[k] * (f[k] * (1 - f[k]))
		dg[k] = d * i[k] * (1 - g[k]*g[k])
		dcPrev[k] = d * f[k]
	}
}

func gruMixGo(h, z, cand, hPrev []float32) {
	z, cand, hPrev = z[:len(h)], cand[:len(h)], hPrev[:len(h)]
	for i := range h {
		h[i] = cand[i] + z[i]*(hPrev[i]-cand[i])
	}
}

func gruBackwardGo(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev []float32) {
	h := len(dh)
	r, z, cand, state := gates[:h], gates[h:][:h], gates[2*h:][:h], hidden[2*h:][:h]
	dhPrev, hPrev = dhPrev[:h], hPrev[:h]
	for k, d := range dh {
		dz := d * (hPrev[k] - cand[k]) * (z[k] * (1 - z[k]))
		dn := d * (1 - z[k]) * (1 - cand[k]*cand[k])
		dr := dn * state[k] * (r[k] * (1 - r[k]))
		dgates[k], dgates[h+k], dgates[2*h+k] = dr, dz, dn
		dhidden[k], dhidden[h+k], dhidden[2*h+k] = dr, dz, dn*r[k]
		dhPrev[k] += d * z[k]
	}
}
