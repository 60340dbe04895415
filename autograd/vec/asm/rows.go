package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// biases writes the kernels that add a bias to all rows and compute its gradient, the sum of all
// rows.
func biases() {
	rowSums()
	for _, residual := range []bool{false, true} {
		spread(residual)
	}
}

func rowSums() {
	TEXT("rowSumsAVX512", NOSPLIT, "func(sum, x *float32, rows, C int)")
	Pragma("noescape")
	Doc("rowSumsAVX512 adds each row to sum; the number of rows is a multiple of four.")
	sum, rows, stride := argument("sum"), argument("rows"), scaled("C")
	x := newFourRows(stride)
	MOVQ(argument("x"), x.base)
	Label("rowSums_block")
	channels("rowSums", stride, []reg.GPVirtual{x.base, sum}, func() {
		s := loadZ(Mem{Base: sum})
		for r := range atOnce {
			VADDPS(x.row(r), s, s)
		}
		VMOVUPS(s, Mem{Base: sum})
	})
	back(stride, sum)
	ADDQ(x.stride3, x.base)
	SUBQ(Imm(atOnce), rows)
	JG(LabelRef("rowSums_block"))
	VZEROUPPER()
	RET()
}

func spread(residual bool) {
	name, signature := "addToRows", "func(y, b *float32, rows, C int)"
	doc := "adds b to each row of y."
	if residual {
		name, signature = "addToRows2", "func(y, r, b *float32, rows, C int)"
		doc = "adds r to y, and b to each row of y."
	}
	TEXT(name+"AVX512", NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + "AVX512 " + doc)
	y, b, rows, stride := argument("y"), argument("b"), argument("rows"), scaled("C")
	pointers := []reg.GPVirtual{y, b}
	if residual {
		pointers = append(pointers, argument("r"))
	}
	Label(name + "_row")
	channels(name, stride, pointers, func() {
		v := loadZ(Mem{Base: b})
		if residual {
			VADDPS(Mem{Base: pointers[2]}, v, v)
		}
		VADDPS(Mem{Base: y}, v, v)
		VMOVUPS(v, Mem{Base: y})
	})
	back(stride, b)
	DECQ(rows)
	JG(LabelRef(name + "_row"))
	VZEROUPPER()
	RET()
}
