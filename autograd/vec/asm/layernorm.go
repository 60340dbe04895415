package main

import . "github.com/mmcloughlin/avo/build"

func layerNorm() {
	var mean, rstd, avg1, avg2 vec
	scalars := func(*loop) { mean, rstd = broadcast("mean"), broadcast("rstd") }
	normed := func(l *loop) vec { return mul(sub(l.load("x"), mean), rstd) }

	kernel("normalizeAVX2", "func(y, x, g, b []float32, mean, rstd float32)", "y",
		[]string{"y", "x", "g", "b"}, 1, 1, scalars, func(l *loop, _ int) {
			l.store(fma(normed(l), l.load("g"), l.load("b")), "y")
		}, nil)

	acc, zero := accumulators()
	kernel("layerNormSumsAVX2",
		"func(dg, db, dy, x, g []float32, mean, rstd float32) (s1, s2 float32)",
		"dg", []string{"dg", "db", "dy", "x", "g"}, 1, 2, func(l *loop) {
			zero(l)
			scalars(l)
		}, func(l *loop, u int) {
			norm, dy := normed(l), l.load("dy")
			l.store(fma(dy, norm, l.load("dg")), "dg")
			l.store(add(dy, l.load("db")), "db")
			dyg := mul(dy, l.load("g"))
			VADDPS(dyg, acc[2*u], acc[2*u])
			fma(dyg, norm, acc[2*u+1])
		}, func(*loop) {
			result(0, lanesOf(add(acc[0], acc[2])))
			result(1, lanesOf(add(acc[1], acc[3])))
		})

	kernel("layerNormBackwardAVX2", "func(dx, dy, x, g []float32, mean, rstd, avg1, avg2 float32)",
		"dx", []string{"dx", "dy", "x", "g"}, 1, 1, func(l *loop) {
			scalars(l)
			avg1, avg2 = broadcast("avg1"), broadcast("avg2")
		}, func(l *loop, _ int) {
			norm := normed(l)
			d := fnma(norm, avg2, sub(mul(l.load("dy"), l.load("g")), avg1))
			l.store(fma(d, rstd, l.load("dx")), "dx")
		}, nil)
}
