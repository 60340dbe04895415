package main

func arithmetic() {
	dstX, dstXY := []string{"dst", "x"}, []string{"dst", "x", "y"}
	kernel("addAVX2", "func(dst, x []float32)", "dst", dstX, 1, 1, nil, func(l *loop, _ int) {
		l.store(add(l.load("dst"), l.load("x")), "dst")
	}, nil)
	kernel("mulAVX2", "func(dst, x, y []float32)", "dst", dstXY, 1, 1, nil, func(l *loop, _ int) {
		l.store(mul(l.load("x"), l.load("y")), "dst")
	}, nil)
	kernel("mulAddAVX2", "func(dst, x, y []float32)", "dst", dstXY, 1, 1, nil,
		func(l *loop, _ int) {
			l.store(fma(l.load("x"), l.load("y"), l.load("dst")), "dst")
		}, nil)
	var a vec
	factor := func(*loop) { a = broadcast("a") }
	kernel("axpyAVX2", "func(dst []float32, a float32, x []float32)", "dst", dstX, 1, 1, factor,
		func(l *loop, _ int) {
			l.store(fma(l.load("x"), a, l.load("dst")), "dst")
		}, nil)
	kernel("scaleAVX2", "func(dst []float32, a float32)", "dst", []string{"dst"}, 1, 1, factor,
		func(l *loop, _ int) {
			l.store(mul(l.load("dst"), a), "dst")
		}, nil)
	kernel("gruMixAVX2", "func(h, z, cand, hPrev []float32)", "h",
		[]string{"h", "z", "cand", "hPrev"}, 1, 1, nil, func(l *loop, _ int) {
			cand := l.load("cand")
			l.store(fma(l.load("z"), sub(l.load("hPrev"), cand), cand), "h")
		}, nil)

	// dx += dy · slope(y)
	backward := func(name string, slope func(y vec) vec) {
		kernel(name, "func(dx, dy, y []float32)", "dx", []string{"dx", "dy", "y"}, 1, 1, nil,
			func(l *loop, _ int) {
				l.store(fma(l.load("dy"), slope(l.load("y")), l.load("dx")), "dx")
			}, nil)
	}
	backward("tanhBackwardAVX2", func(y vec) vec { return fnma(y, y, constant(1)) })
	backward("sigmoidBackwardAVX2", func(y vec) vec { return mul(y, oneMinus(y)) })
	var dot vec
	kernel("softmaxBackwardAVX2", "func(dx, dy, y []float32, dot float32)", "dx",
		[]string{"dx", "dy", "y"}, 1, 1, func(*loop) { dot = broadcast("dot") }, func(l *loop,
			_ int) {
			l.store(mul(l.load("y"), sub(l.load("dy"), dot)), "dx")
		}, nil)
}
