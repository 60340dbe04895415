package rnn

import (
	"embed"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/nn"
)

// golden is what PyTorch computed; testdata/golden.py made it.
type golden struct {
	Config      Config
	B, T        int
	First, X, Y []int32
	Loss        float64
	Logits      [][]float64
	Gradients   map[string]struct {
		Sum, Norm, Probe float64
		Values           []float64
	}
}

//go:embed testdata/*.json
var goldens embed.FS

// The second of two batches, which begins with the memory of the first: logits, loss and gradients.
func TestGolden(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		file, err := goldens.ReadFile("testdata/" + cell + ".json")
		require.NoError(t, err)
		var g golden
		require.NoError(t, json.Unmarshal(file, &g))
		m, err := New(g.Config, rand1())
		require.NoError(t, err)
		params := nn.Params(m)
		slices.SortFunc(params, func(a, b nn.Param) int { return strings.Compare(a.Name, b.Name) })
		for k, p := range params {
			for i := range p.Data {
				p.Data[i] = float32(0.4 * math.Sin(0.37*float64(i)+float64(k)))
			}
		}
		b := batch(g.B, g.T, g.X, g.Y)
		m.Loss(autograd.NewTape(), batch(g.B, g.T, g.First, g.First))
		carry := m.Carry()

		tape := autograd.NewForward()
		state := m.newState(g.B)
		for i := range state {
			copy(state[i], carry[i])
		}
		logits := m.Decoder.Forward(tape, m.forward(tape, g.X, g.B, g.T, state))
		for i, want := range g.Logits {
			for v := range want {
				require.InDelta(t, want[v], logits.Row(i)[v], 1e-4*max(1, math.Abs(want[v])), "position %d, token %d", i, v)
			}
		}

		tape = autograd.NewTape()
		loss := m.Loss(tape, b)
		require.InEpsilon(t, g.Loss, loss.Data[0], 1e-5)
		tape.Backward(loss)
		require.Len(t, params, len(g.Gradients))
		for _, p := range params {
			want, ok := g.Gradients[p.Name]
			require.True(t, ok, "PyTorch has no parameter %s", p.Name)
			var sum, squares, probe float64
			for i, v := range p.Grad {
				sum += float64(v)
				squares += float64(v) * float64(v)
				probe += float64(v) * math.Cos(0.7*float64(i))
			}
			tol := 1e-4 * want.Norm
			require.InDelta(t, want.Norm, math.Sqrt(squares), tol, "%s: norm", p.Name)
			require.InDelta(t, want.Sum, sum, tol, "%s: sum", p.Name)
			require.InDelta(t, want.Probe, probe, tol, "%s: probe", p.Name)
			for i, v := range want.Values {
				require.InDelta(t, v, p.Grad[i], tol, "%s: element %d", p.Name, i)
			}
		}
	})
}
