package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func adamW() {
	var f [8]vec // beta1 beta1c beta2 beta2c keep rate rootc eps
	kernel("adamWAVX2", "func(w, g, m, v []float32, f *[8]float32)", "w", []string{"w", "g", "m", "v"}, 1, 1, func(*loop) {
		p := Load(Param("f"), GP64())
		for i := range f {
			f[i] = YMM()
			VBROADCASTSS(Mem{Base: p, Disp: 4 * i}, f[i])
		}
	}, func(l *loop, _ int) {
		g := l.load("g")
		m := fma(g, f[1], mul(l.load("m"), f[0]))
		l.store(m, "m")
		v := fma(mul(g, g), f[3], mul(l.load("v"), f[2]))
		l.store(v, "v")
		root := YMM()
		VSQRTPS(v, root)
		root = horner(root, f[6], f[7])
		w := mul(l.load("w"), f[4])
		l.store(sub(w, div(mul(m, f[5]), root)), "w")
	}, nil)
}
