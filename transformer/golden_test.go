package transformer

import (
	"embed"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
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

func eachGolden(t *testing.T, f func(t *testing.T, g golden, m *Model, b corpus.Batch)) {
	for _, name := range []string{"gpt", "smear"} {
		t.Run(name, func(t *testing.T) {
			g, m, b := readGolden(t, "testdata/"+name+".json")
			f(t, g, m, b)
		})
	}
}

func readGolden(t testing.TB, name string) (golden, *Model, corpus.Batch) {
	file, err := goldens.ReadFile(name)
	require.NoError(t, err)
	var g golden
	require.NoError(t, json.Unmarshal(file, &g))
	m, err := New(g.Config, rand1())
	require.NoError(t, err)
	for k, p := range nn.Params(m) {
		gain := 0.0
		if p.Vector && p.Data[0] == 1 {
			gain = 1
		}
		for i := range p.Data {
			p.Data[i] = float32(gain + 0.4*math.Sin(0.37*float64(i)+float64(k)))
		}
	}
	return g, m, batch(g.B, g.T, g.X, g.Y)
}

func TestGoldenLogits(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden, m *Model, b corpus.Batch) {
		tape := autograd.NewForward()
		docs := m.pack(tape, b.B, b.T, b.X)
		logits := tape.LinearT(m.forward(tape, b.X, docs.pos, docs), m.WTE.Weight, nil)
		for i, want := range g.Logits {
			for v := range want {
				require.InDelta(t, want[v], logits.Row(i)[v], 1e-4*max(1, math.Abs(want[v])), "position %d, token %d", i, v)
			}
		}
	})
}

func TestGoldenLossAndGradients(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden, m *Model, b corpus.Batch) {
		tape := autograd.NewTape()
		loss := m.Loss(tape, b)
		require.InEpsilon(t, g.Loss, loss.Data[0], 1e-5)
		tape.Backward(loss)
		params := nn.Params(m)
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
