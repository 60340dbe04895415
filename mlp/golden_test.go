package mlp

import (
	"embed"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/nn"
)

// golden is what PyTorch computed; testdata/golden.py made it.
type golden struct {
	Config    Config
	B, T      int
	X, Y      []int32
	Loss      float64
	Logits    [][]float64
	Gradients map[string]struct {
		Sum, Norm, Probe float64
		Values           []float64
	}
}

//go:embed testdata/*.json
var goldens embed.FS

// Logits, loss and gradients, without and with direct connections.
func TestGolden(t *testing.T) {
	each(t, func(t *testing.T, name string, _ bool) {
		file, err := goldens.ReadFile("testdata/" + name + ".json")
		require.NoError(t, err)
		var g golden
		require.NoError(t, json.Unmarshal(file, &g))
		m, err := New(g.Config, rand1())
		require.NoError(t, err)
		params := nn.Params(m)
		for k, p := range params {
			for i := range p.Data {
				p.Data[i] = float32(0.4 * math.Sin(0.37*float64(i)+float64(k)))
			}
		}
		b := batch(g.B, g.T, g.X, g.Y)

		tape := autograd.NewForward()
		var ids []int32
		for r := range g.B {
			ids = appendContexts(ids, g.X[r*g.T:][:g.T], g.Config.Context)
		}
		a := m.hidden(tape, ids)
		logits := tape.LinearT(a, m.U, m.B)
		if m.W != nil {
			logits = m.direct(tape, ids, a)
		}
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
