package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

const sums = 4 // accumulators, so that an addition need not wait for the previous one

// accumulators returns the registers and a function that clears them.
func accumulators() (acc []vec, start func(*loop)) {
	acc = make([]vec, sums)
	return acc, func(*loop) {
		for i := range acc {
			acc[i] = YMM()
			VXORPS(acc[i], acc[i], acc[i])
		}
	}
}

// total adds the four accumulators and their lanes, and returns the sum in the lowest.
func total(acc []vec) vec {
	return lanesOf(add(add(acc[0], acc[1]), add(acc[2], acc[3])))
}

func lanesOf(v vec) vec {
	high, x := XMM(), XMM()
	VEXTRACTF128(Imm(1), v, high)
	VADDPS(high, v.AsX(), x)
	VMOVHLPS(x, x, high)
	VADDPS(high, x, x)
	VMOVSHDUP(x, high)
	VADDSS(high, x, x)
	return x
}

func result(i int, v vec) { Store(v, ReturnIndex(i)) }

func reductions() {
	acc, zero := accumulators()
	kernel("dotAVX2", "func(x, y []float32) float32", "x", []string{"x", "y"}, 1, sums, zero,
		func(l *loop, u int) {
			fma(l.load("x"), l.load("y"), acc[u])
		}, func(*loop) { result(0, total(acc)) })
	kernel("sumAVX2", "func(x []float32) float32", "x", []string{"x"}, 1, sums, zero,
		func(l *loop, u int) {
			VADDPS(l.load("x"), acc[u], acc[u])
		}, func(*loop) { result(0, total(acc)) })

	var shift vec
	var totals []vec
	kernel("expSumAVX2", "func(dst, x []float32, shift float32) float32", "dst",
		[]string{"dst", "x"}, 1, 2, func(l *loop) {
			shift = broadcast("shift")
			totals = []vec{YMM(), YMM()}
			for _, s := range totals {
				VXORPS(s, s, s)
			}
		}, func(l *loop, u int) {
			e := exp(sub(l.load("x"), shift))
			if l.masked {
				e = and(e, l.mask)
			}
			l.store(e, "dst")
			VADDPS(e, totals[u], totals[u])
		}, func(*loop) { result(0, lanesOf(add(totals[0], totals[1]))) })

	var mean vec
	kernel("sumSquaredDeviationsAVX2", "func(x []float32, mean float32) float32", "x",
		[]string{"x"}, 1, sums, func(l *loop) {
			zero(l)
			mean = broadcast("mean")
		}, func(l *loop, u int) {
			d := sub(l.load("x"), mean)
			if l.masked {
				d = and(d, l.mask)
			}
			fma(d, d, acc[u])
		}, func(*loop) { result(0, total(acc)) })

	kernel("maximumAVX2", "func(x []float32) float32", "x", []string{"x"}, 1, sums, func(*loop) {
		for i := range acc {
			acc[i] = constant(float32(math.Inf(-1)))
		}
	}, func(l *loop, u int) {
		x := l.load("x")
		if l.masked {
			y := YMM()
			VBLENDVPS(l.mask, x, constant(float32(math.Inf(-1))), y)
			x = y
		}
		VMAXPS(acc[u], x, acc[u]) // the second source wins over NaN: the accumulator
	}, func(*loop) {
		VMAXPS(acc[1], acc[0], acc[0])
		VMAXPS(acc[3], acc[2], acc[2])
		VMAXPS(acc[2], acc[0], acc[0])
		high, x := XMM(), XMM()
		VEXTRACTF128(Imm(1), acc[0], high)
		VMAXPS(high, acc[0].AsX(), x)
		VMOVHLPS(x, x, high)
		VMAXPS(high, x, x)
		VMOVSHDUP(x, high)
		VMAXSS(high, x, x)
		result(0, x)
	})

	kernel("sumSquaresAVX2", "func(x []float32) float64", "x", []string{"x"}, 1, 2, zero,
		func(l *loop, u int) {
			x := l.load("x")
			low, high, h := YMM(), YMM(), XMM()
			VCVTPS2PD(x.AsX(), low)
			VEXTRACTF128(Imm(1), x, h)
			VCVTPS2PD(h, high)
			VFMADD231PD(low, low, acc[2*u])
			VFMADD231PD(high, high, acc[2*u+1])
		}, func(*loop) {
			VADDPD(acc[1], acc[0], acc[0])
			VADDPD(acc[3], acc[2], acc[2])
			VADDPD(acc[2], acc[0], acc[0])
			high, x := XMM(), XMM()
			VEXTRACTF128(Imm(1), acc[0], high)
			VADDPD(high, acc[0].AsX(), x)
			VUNPCKHPD(x, x, high)
			VADDSD(high, x, x)
			result(0, x)
		})
}
