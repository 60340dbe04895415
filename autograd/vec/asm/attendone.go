package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Attention of one position over the T positions of a key-value cache, as in generation.

func attendOne() {
	scoresOf()
	mixtureOf()
}

// scoresOf generates a kernel that computes four scores at a time. The last four overlap the
// previous four.
func scoresOf() {
	const name = "scoresAVX512"
	TEXT(name, NOSPLIT, "func(scores, q, k *float32, stride, T, D int, scale float32)")
	Pragma("noescape")
	Doc(name + " stores scale·q·kᵀ in T ≥ 4 scores.")
	zero, scale, stride := zeroed(), everywhere("scale"), scaled("stride")
	t, T, last := GP64(), argument("T"), GP64()
	XORQ(t, t)
	LEAQ(Mem{Base: T, Disp: -atOnce}, last)
	Label(name + "_block")
	rows, q, left := newFourRows(stride), argument("q"), argument("D")
	rows.begin(argument("k"), t)
	acc := zeros(zero)
	Label(name + "_products")
	x := loadZ(Mem{Base: q})
	for r, a := range acc {
		VFMADD231PS(rows.row(r), x, a)
	}
	ADDQ(Imm(4*lanes512), q)
	ADDQ(Imm(4*lanes512), rows.base)
	SUBQ(Imm(lanes512), left)
	JG(LabelRef(name + "_products"))
	sums := of4(acc, VADDPS)
	VMULPS(scale, sums, sums)
	VMOVUPS(sums.AsX(), Mem{Base: argument("scores"), Index: t, Scale: 4})
	ADDQ(Imm(atOnce), t)
	CMPQ(t, T)
	JGE(LabelRef(name + "_end"))
	CMPQ(t, last)
	CMOVQGT(last, t)
	JMP(LabelRef(name + "_block"))
	Label(name + "_end")
	VZEROUPPER()
	RET()
}

// mixtureOf generates a kernel that adds four rows at a time to four sums, so that no addition
// waits for the previous one.
func mixtureOf() {
	const name = "mixtureAVX512"
	TEXT(name, NOSPLIT, "func(y, att, v *float32, stride, T, D int)")
	Pragma("noescape")
	Doc(name + " stores att·v in y, for T ≥ 4 rows of v.")
	zero, stride := zeroed(), scaled("stride")
	y, v, columns := argument("y"), argument("v"), argument("D")
	four := GP64()
	MOVQ(stride, four)
	SHLQ(Imm(2), four)
	Label(name + "_columns")
	rows, att, left := newFourRows(stride), argument("att"), argument("T")
	MOVQ(v, rows.base)
	acc := zeros(zero)
	SUBQ(Imm(atOnce), left)
	Label(name + "_rows")
	for r, a := range acc {
		add1(att, r, rows.row(r), a)
	}
	ADDQ(Imm(4*atOnce), att)
	ADDQ(four, rows.base)
	SUBQ(Imm(atOnce), left)
	JGE(LabelRef(name + "_rows"))
	ADDQ(Imm(atOnce), left)
	JE(LabelRef(name + "_store"))
	Label(name + "_rest")
	add1(att, 0, rows.row(0), acc[0])
	ADDQ(Imm(4), att)
	ADDQ(stride, rows.base)
	DECQ(left)
	JG(LabelRef(name + "_rest"))
	Label(name + "_store")
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	VMOVUPS(acc[0], Mem{Base: y})
	ADDQ(Imm(4*lanes512), y)
	ADDQ(Imm(4*lanes512), v)
	SUBQ(Imm(lanes512), columns)
	JG(LabelRef(name + "_columns"))
	VZEROUPPER()
	RET()
}

// add1 adds row times att[r] to acc.
func add1(att reg.GPVirtual, r int, row Mem, acc vec) {
	weight := ZMM()
	VBROADCASTSS(Mem{Base: att, Disp: 4 * r}, weight)
	VFMADD231PS(row, weight, acc)
}
