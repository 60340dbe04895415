package gemm

import (
	"math"

	"gonum.org/v1/gonum/blas"
)

// Int8 is a matrix of int8 weights: element (i, j) is Scale[i·groups + j/Group] · Data[i·Stride +
// j]. Only weights are quantized, not activations (Dettmers et al. 2022 and Frantar et al. 2022
// discuss both). Generation reads every weight once per token, so a quarter of the bytes can be up
// to four times as fast. With one scale per group of a row, a large weight does not reduce the
// precision of all others.
type Int8 struct {
	Rows, Cols    int // outputs, inputs
	Stride, Group int // multiples of int8Step; the columns from Cols to Stride are zeros
	Data          []int8
	Scale         []float32
}

// int8Step is the number of weights that the kernel processes at a time.
const int8Step = 16

// QuantizeInt8 rounds op(w), whose rows are outputs and whose columns are inputs, to 255 levels per
// group of inputs: scale = largest |w| / 127. A group of 0 is the whole row. t is blas.Trans for
// weights stored [in, out], as in GPT-2.
func QuantizeInt8(t blas.Transpose, rows, cols int, w []float32, stride, group int) *Int8 {
	full := roundUp(max(cols, 1), int8Step)
	if group <= 0 || group > full {
		group = full
	}
	group = roundUp(group, int8Step)
	q := &Int8{Rows: rows, Cols: cols, Stride: full, Group: group, Data: Make[int8](rows * full)}
	v := view(t, w, stride)
	for i := range rows {
		for from := 0; from < full; from += group {
			end := min(from+group, cols)
			var largest float64
			for j := from; j < end; j++ {
				largest = max(largest, math.Abs(float64(v.data[i*v.down+j*v.right])))
			}
			scale := largest / 127
			q.Scale = append(q.Scale, float32(scale))
			for j := from; j < end && scale > 0; j++ {
				q.Data[i*full+j] = int8(math.Round(float64(v.data[i*v.down+j*v.right]) / scale))
			}
		}
	}
	return q
}

// Slice returns the rows [i, j), so that several goroutines can each compute a part of the output.
func (q *Int8) Slice(i, j int) *Int8 {
	groups := q.groups()
	return &Int8{Rows: j - i, Cols: q.Cols, Stride: q.Stride, Group: q.Group,
		Data: q.Data[i*q.Stride : j*q.Stride], Scale: q.Scale[i*groups : j*groups]}
}

func (q *Int8) groups() int { return (q.Stride + q.Group - 1) / q.Group }

// MulVec computes y = W·x: Rows elements from Cols elements.
func (q *Int8) MulVec(y, x []float32) {
	work := take(q.Stride)
	q.mulRows(y[:q.Rows], q.pad(work.floats, x), 0, q.Rows)
	give(work)
}

// pad copies x to dst and fills it with zeros up to the length that the kernel needs.
func (q *Int8) pad(dst, x []float32) []float32 {
	dst = dst[:q.Stride]
	clear(dst[copy(dst, x[:q.Cols]):])
	return dst
}

// mulRows computes the rows [begin, end) of y = W·x, where x is padded, four at a time. The last
// four may overlap the ones before.
func (q *Int8) mulRows(y, x []float32, begin, end int) {
	groups := q.groups()
	for i := begin; i < end; {
		first, step, rows := i, q.Stride, 4
		switch {
		case end-begin < 4:
			step, rows = 0, 1 // the same row four times
		case i+4 > end:
			first = end - 4
		}
		var sums [4]float32
		for g := range groups {
			from := g * q.Group
			part := int8Dots(min(q.Group, q.Stride-from), x[from:], q.Data[first*q.Stride+from:],
				step)
			for r := range rows {
				sums[r] += part[r] * q.Scale[(first+r)*groups+g]
			}
		}
		copy(y[first:], sums[:rows])
		i = first + rows
	}
}

// Dequantize stores in op(w) the weights that the bytes represent, in the layout that QuantizeInt8
// read.
func (q *Int8) Dequantize(t blas.Transpose, w []float32, stride int) {
	v, groups := view(t, w, stride), q.groups()
	for i := range q.Rows {
		for j := range q.Cols {
			v.data[i*v.down+j*v.right] = float32(q.Data[i*q.Stride+j]) * q.Scale[i*groups+j/q.Group]
		}
	}
}

// int8DotsGo returns the scalar products of x with 4 rows of w.
func int8DotsGo(k int, x []float32, w []int8, stride int) (out [4]float32) {
	for r := range out {
		var s0, s1 float32
		row, x := w[r*stride:][:k], x[:k]
		for ; len(row) >= 2; row, x = row[2:], x[2:] {
			x = x[:len(row)]
			s0 += float32(row[0]) * x[0]
			s1 += float32(row[1]) * x[1]
		}
		out[r] = s0 + s1
	}
	return out
}
