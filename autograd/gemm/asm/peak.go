package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peak writes a loop that only multiplies and adds, and a loop that only reads.
func peak() {
	for _, s := range []isa{avx512{}, avx2{}} {
		TEXT(s.name()+"Peak", NOSPLIT, "func(n int)")
		Doc(s.name() + "Peak runs n times 12 independent vector multiply-adds.")
		n := Load(Param("n"), GP64())
		var acc []reg.VecVirtual
		for range 12 {
			v := s.vector()
			s.zero(v)
			acc = append(acc, v)
		}
		x := s.vector()
		s.zero(x)
		Label("peak_" + s.name())
		for _, v := range acc {
			VFMADD231PS(x, x, v)
		}
		DECQ(n)
		JNZ(LabelRef("peak_" + s.name()))
		VZEROUPPER()
		RET()
	}
	TEXT("avx2Read", NOSPLIT, "func(p *float32, n int)")
	Pragma("noescape")
	Doc("avx2Read reads n times 256 bytes.")
	p, n := Load(Param("p"), GP64()), Load(Param("n"), GP64())
	var acc []reg.VecVirtual
	for range 8 {
		v := YMM()
		VXORPS(v, v, v)
		acc = append(acc, v)
	}
	Label("read")
	for i, v := range acc {
		VORPS(Mem{Base: p, Disp: 32 * i}, v, v)
	}
	ADDQ(I32(256), p)
	DECQ(n)
	JNZ(LabelRef("read"))
	VZEROUPPER()
	RET()
}
