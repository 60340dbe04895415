package autograd

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// gradCheck compares an op with its definition: reference is the same forward, written again in
// float64, and its derivative is measured by central differences. The inputs are given to the op in
// four ways, because gradients arrive differently in each: as leaves that already hold a gradient;
// as results of another op; and as results that another op uses as well, recorded before or after
// the one under test.
func gradCheck(t *testing.T, inputs []*Tensor, op func(*Tape, []*Tensor) *Tensor,
	reference func([][]float64) []float64) {
	t.Helper()
	wide := make([][]float64, len(inputs))
	for i, x := range inputs {
		for _, v := range x.Data {
			wide[i] = append(wide[i], float64(v))
		}
	}
	want := reference(wide)
	weights := make([]float32, len(want))
	for i := range weights {
		weights[i] = float32(math.Sin(float64(3*i + 1)))
	}
	slopes := differences(wide, weights, reference)
	for _, way := range []string{"leaf", "result", "used before", "used after"} {
		for _, x := range inputs {
			for j := range x.Grad {
				x.Grad[j] = 1 // ops add to an existing gradient
			}
		}
		tape := dirtyTape()
		given := make([]*Tensor, len(inputs))
		var before, after *Tensor
		for i, x := range inputs {
			given[i] = x
			if way != "leaf" && x.Grad != nil {
				given[i] = tape.Scale(x, 1)
			}
			if way == "used before" && x.Grad != nil {
				before = total(tape, before, tape.Sum(given[i]))
			}
		}
		y := op(tape, given)
		got := append([]float32(nil), y.Data...)
		loss := tape.Sum(tape.Mul(y, NewConst(y.Rows, y.Cols, weights)))
		for i, x := range inputs {
			if way == "used after" && x.Grad != nil {
				after = total(tape, after, tape.Sum(given[i]))
			}
			_ = i
		}
		extra := 0.0
		if before != nil {
			loss, extra = tape.Add(loss, before), 1
		}
		if after != nil {
			loss, extra = tape.Add(after, loss), 1
		}
		tape.Backward(loss)

		require.Len(t, got, len(want))
		for i := range want {
			closeTo(t, want[i], got[i], "%s: y[%d]", way, i)
		}
		for i, x := range inputs {
			for j := range x.Grad {
				closeTo(t, 1+slopes[i][j]+extra, x.Grad[j], "%s: input %d, element %d", way, i, j)
			}
		}
	}
}

func total(t *Tape, sum, x *Tensor) *Tensor {
	if sum == nil {
		return x
	}
	return t.Add(sum, x)
}

// differences is d(Σ weights·reference)/d(inputs) by central differences.
func differences(in [][]float64, weights []float32,
	reference func([][]float64) []float64) [][]float64 {
	objective := func() (sum float64) {
		for i, y := range reference(in) {
			sum += float64(weights[i]) * y
		}
		return sum
	}
	const h = 1e-5
	slopes := make([][]float64, len(in))
	for i := range in {
		slopes[i] = make([]float64, len(in[i]))
		for j, v := range in[i] {
			in[i][j] = v + h
			up := objective()
			in[i][j] = v - h
			down := objective()
			in[i][j] = v
			slopes[i][j] = (up - down) / (2 * h)
		}
	}
	return slopes
}

func closeTo(t *testing.T, want float64, got float32, format string, args ...any) {
	t.Helper()
	if d := math.Abs(want - float64(got)); !(d <= 2e-5+1e-4*math.Abs(want)) {
		require.Fail(t, fmt.Sprintf(format, args...), "want %v, got %v", want, got)
	}
}

// wild returns a parameter whose elements look random.
func wild(rows, cols int, amplitude float64, seed int) *Tensor {
	x := NewParam(rows, cols)
	for i := range x.Data {
		s := math.Sin(float64(i+1)*12.9898+float64(seed)*78.233) * 43758.5453
		x.Data[i] = float32(amplitude * (2*(s-math.Floor(s)) - 1))
	}
	return x
}

func TestWrongShapesAreNamed(t *testing.T) {
	tape := NewTape()
	require.PanicsWithValue(t, "autograd: x of Linear is [2, 3], want [-1, 4] (-1: any)", func() {
		tape.Linear(NewParam(2, 3), NewParam(4, 5), nil)
	})
}

// dirtyTape returns a tape whose memory is full of NaN, as after many steps, so that a test fails
// if an op reads memory that it has not written.
func dirtyTape() *Tape {
	tape := NewTape()
	dirt := tape.Scratch(1 << 18)
	for i := range dirt {
		dirt[i] = float32(math.NaN())
	}
	tape.Reset()
	return tape
}
