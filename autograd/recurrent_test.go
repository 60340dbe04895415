package autograd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// LSTM equals its equations in basic ops, step by step: outputs and all gradients.
func TestLSTMIsItsEquations(t *testing.T) {
	const B, T, H = 2, 4, 3
	x := []int32{1, 2, 3, 4, 5, 6, 7, 8}
	// the parts i f g o of a weight, as leaves of their own
	gates := func(m *Tensor, g int) []*Tensor {
		var parts []*Tensor
		for i := range 4 {
			p := NewParam(g, m.Cols)
			copy(p.Data, m.Data[i*g*m.Cols:])
			parts = append(parts, p)
		}
		return parts
	}
	xw, whh := wild(B*T, 4*H, 1, 1), wild(4*H, H, 1, 2)

	tape := dirtyTape()
	y, last, cell := tape.LSTM(xw, whh, nil, nil, nil, B, T, x)
	want := append([]float32(nil), y.Data...)
	require.Equal(t, append(append([]float32{}, want[(T-1)*H:T*H]...), want[(2*T-1)*H:2*T*H]...),
		last)
	tape.Backward(tape.Sum(tape.Mul(y, y)))

	wparts := gates(whh, H)
	byRow := NewTape()
	var loss *Tensor
	var xparts []*Tensor // [row][step][gate] of xw, [1, H] each
	for b := range B {
		h, c := NewConst(1, H, make([]float32, H)), NewConst(1, H, make([]float32, H))
		for s := range T {
			var sums [4]*Tensor
			for g := range sums {
				part := NewParam(1, H)
				copy(part.Data, xw.Row(b*T + s)[g*H:])
				xparts = append(xparts, part)
				sums[g] = byRow.Add(part, byRow.LinearT(h, wparts[g], nil))
			}
			i, f := byRow.Sigmoid(sums[0]), byRow.Sigmoid(sums[1])
			g, o := byRow.Tanh(sums[2]), byRow.Sigmoid(sums[3])
			c = byRow.Add(byRow.Mul(f, c), byRow.Mul(i, g))
			h = byRow.Mul(o, byRow.Tanh(c))
			require.InDeltaSlice(t, want[(b*T+s)*H:][:H], h.Data, 1e-6)
			loss = total(byRow, loss, byRow.Sum(byRow.Mul(h, h)))
		}
		require.InDeltaSlice(t, cell[b*H:][:H], c.Data, 1e-6)
	}
	byRow.Backward(loss)
	for g, p := range wparts {
		require.InDeltaSlice(t, whh.Grad[g*H*H:][:H*H], p.Grad, 1e-5)
	}
	for i, p := range xparts {
		require.InDeltaSlice(t, xw.Grad[i*H:][:H], p.Grad, 1e-5)
	}
}

type recurrent func(t *Tape, xw, whh, bhh, h0, c0 *Tensor, B, T int, x []int32) (y *Tensor, h,
	c []float32)

func layers() map[string]struct {
	gates int
	run   recurrent
} {
	type layer = struct {
		gates int
		run   recurrent
	}
	return map[string]layer{
		"Elman": {1, func(t *Tape, xw, whh, bhh, h0, _ *Tensor, B, T int, x []int32) (*Tensor,
			[]float32, []float32) {
			y := t.Elman(xw, whh, bhh, h0, B, T, x)
			return y, t.LastStep(y, B, T), nil
		}},
		"LSTM": {4, (*Tape).LSTM},
		"GRU": {3, func(t *Tape, xw, whh, bhh, h0, _ *Tensor, B, T int, x []int32) (*Tensor,
			[]float32, []float32) {
			y := t.GRU(xw, whh, bhh, h0, B, T, x)
			return y, t.LastStep(y, B, T), nil
		}},
	}
}

// Splitting a row into two parts or into single steps, with the state carried over, does not change
// the results.
func TestStateCarriesOver(t *testing.T) {
	const T, H = 6, 3
	x := []int32{1, 2, 3, 0, 5, 6}
	for name, layer := range layers() {
		for _, cut := range []int{1, 3, 4} {
			g := layer.gates
			xw, whh, bhh := wild(T, g*H, 1, 1), wild(g*H, H, 1, 2), wild(1, g*H, 1, 3)
			whole, _, _ := layer.run(NewForward(), xw, whh, bhh, nil, nil, 1, T, x)
			first, h, c := layer.run(NewForward(), NewConst(cut, g*H, xw.Data), whh, bhh, nil, nil,
				1, cut, x[:cut])
			var c0 *Tensor
			if c != nil {
				c0 = NewConst(1, H, c)
			}
			rest, _, _ := layer.run(NewForward(), NewConst(T-cut, g*H, xw.Data[cut*g*H:]), whh, bhh,
				NewConst(1, H, h), c0, 1, T-cut, x[cut:])
			require.InDeltaSlice(t, whole.Data, append(first.Data, rest.Data...), 1e-6, name)
		}
	}
}

// Neither state nor gradient crosses a document boundary.
func TestDocumentsDoNotTouch(t *testing.T) {
	const T, H = 5, 3
	for name, layer := range layers() {
		g := layer.gates
		run := func(shift float32) ([]float32, *Tensor) {
			xw, whh := wild(T, g*H, 1, 1), wild(g*H, H, 1, 2)
			for i := range 2 * g * H { // the first document
				xw.Data[i] += shift
			}
			tape := dirtyTape()
			y, _, _ := layer.run(tape, xw, whh, nil, NewConst(1, H, []float32{1, 2, 3}),
				NewConst(1, H, []float32{1, 2, 3}), 1, T, []int32{4, 4, 0, 4, 4})
			later := append([]float32(nil), y.Data[2*H:]...)
			weight := make([]float32, T*H)
			copy(weight[2*H:], ones(3*H))
			// a loss on the second document only
			tape.Backward(tape.Sum(tape.Mul(y, NewConst(T, H, weight))))
			return later, xw
		}
		a, _ := run(0)
		b, xw := run(1)
		require.Equal(t, a, b, name)
		require.Equal(t, make([]float32, 2*g*H), xw.Grad[:2*g*H], name)
		require.NotEqual(t, make([]float32, g*H), xw.Grad[2*g*H:3*g*H], name)
	}
}
