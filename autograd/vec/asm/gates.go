package main

func gates() {
	sigmoidSlope := func(y vec) vec { return mul(y, oneMinus(y)) }
	tanhSlope := func(y vec) vec { return fnma(y, y, constant(1)) }

	const i, f, g, o = 0, 1, 2, 3
	kernel("lstmBackwardAVX2", "func(dgates, dcPrev, dh, dc, gates, tanhC, cPrev []float32)", "dh",
		[]string{"dgates", "dcPrev", "dh", "dc", "gates", "tanhC",
			"cPrev"}, 4, 1, nil, func(l *loop, _ int) {
			dh, t, out := l.load("dh"), l.load("tanhC"), l.loadOf("gates", o)
			d := fma(mul(dh, out), tanhSlope(t), l.load("dc"))
			l.storeOf(mul(mul(dh, t), sigmoidSlope(out)), "dgates", o)
			in, forget, cell := l.loadOf("gates", i), l.loadOf("gates", f), l.loadOf("gates", g)
			l.storeOf(mul(mul(d, cell), sigmoidSlope(in)), "dgates", i)
			l.storeOf(mul(mul(d, in), tanhSlope(cell)), "dgates", g)
			l.storeOf(mul(mul(d, l.load("cPrev")), sigmoidSlope(forget)), "dgates", f)
			l.store(mul(d, forget), "dcPrev")
		}, nil)

	const r, z, n = 0, 1, 2
	kernel("gruBackwardAVX2", "func(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev []float32)",
		"dh",
		[]string{"dgates", "dhidden", "dhPrev", "dh", "gates", "hidden",
			"hPrev"}, 3, 1, nil, func(l *loop, _ int) {
			d, update, cand := l.load("dh"), l.loadOf("gates", z), l.loadOf("gates", n)
			l.store(fma(d, update, l.load("dhPrev")), "dhPrev")
			dz := mul(mul(d, sub(l.load("hPrev"), cand)), sigmoidSlope(update))
			l.storeOf(dz, "dgates", z)
			l.storeOf(dz, "dhidden", z)
			dn := mul(mul(d, oneMinus(update)), tanhSlope(cand))
			l.storeOf(dn, "dgates", n)
			reset := l.loadOf("gates", r)
			l.storeOf(mul(dn, reset), "dhidden", n)
			dr := mul(mul(dn, l.loadOf("hidden", n)), sigmoidSlope(reset))
			l.storeOf(dr, "dgates", r)
			l.storeOf(dr, "dhidden", r)
		}, nil)
}
