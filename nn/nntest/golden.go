package nntest

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/nn"
)

// Golden holds PyTorch's numbers for a model with a configuration. A script in testdata computed
// them.
type Golden[C any] struct {
	Config      C
	B, T        int
	First, X, Y []int32 // First: the previous batch, for models that carry a memory
	Next        []int32 // labels of pairs, for next-sentence prediction
	Loss        float64
	Logits      [][]float64   // [B·T, V]
	Hidden      [][][]float64 // [L+1, B·T, C], as returned by nn.Encoder
	Gradients   map[string]struct {
		Sum, Norm, Probe float64
		Values           []float64
	}
}

// Read reads a golden from the testdata of the package under test.
func Read[C any](t testing.TB, name string) *Golden[C] {
	file, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	g := new(Golden[C])
	require.NoError(t, json.Unmarshal(file, g))
	return g
}

// Batch returns the batch for the loss and the logits.
func (g *Golden[C]) Batch() corpus.Batch { return Batch(g.B, g.T, g.X, g.Y) }

// Fill sets the weights by the formula that the PyTorch script uses, so that no file of weights is
// needed.
func Fill(params []nn.Param) {
	for k, p := range params {
		gain := 0.0
		if p.Vector && p.Data[0] == 1 { // the gain of a LayerNorm
			gain = 1
		}
		for i := range p.Data {
			p.Data[i] = float32(gain + 0.4*math.Sin(0.37*float64(i)+float64(k)))
		}
	}
}

// CheckLogits compares the logits of every token at every position.
func (g *Golden[C]) CheckLogits(t testing.TB, logits *autograd.Tensor) {
	t.Helper()
	require.Equal(t, len(g.Logits), logits.Rows)
	for i, want := range g.Logits {
		for v := range want {
			require.InDelta(t, want[v], logits.Row(i)[v], 1e-4*max(1, math.Abs(want[v])),
				"position %d, token %d", i, v)
		}
	}
}

// CheckHidden compares the embeddings and the vectors of each layer.
func (g *Golden[C]) CheckHidden(t testing.TB, m nn.Encoder) {
	t.Helper()
	hidden := m.Hidden(autograd.NewForward(), g.Batch())
	require.NotEmpty(t, g.Hidden)
	require.Len(t, hidden, len(g.Hidden))
	for l, layer := range g.Hidden {
		require.Len(t, layer, hidden[l].Rows)
		for i, want := range layer {
			for c := range want {
				tol := 1e-4 * max(1, math.Abs(want[c]))
				require.InDelta(t, want[c], hidden[l].Row(i)[c], tol,
					"layer %d, position %d, channel %d", l, i, c)
			}
		}
	}
}

// CheckLoss compares the loss and, of every gradient, its sum, its norm, its product with a wave
// and its first elements.
func (g *Golden[C]) CheckLoss(t testing.TB, m Learner) {
	t.Helper()
	g.CheckLossOf(t, m,
		func(tape *autograd.Tape) *autograd.Tensor { return m.Loss(tape, g.Batch()) })
}

// CheckLossOf is CheckLoss for a model that learns from a different kind of batch.
func (g *Golden[C]) CheckLossOf(t testing.TB, m any, f func(*autograd.Tape) *autograd.Tensor) {
	t.Helper()
	tape := autograd.NewTape()
	loss := f(tape)
	require.InEpsilon(t, g.Loss, loss.Data[0], 1e-5)
	tape.Backward(loss)
	params := nn.Params(m)
	require.Len(t, params, len(g.Gradients))
	largest := 0.0
	for _, want := range g.Gradients {
		largest = max(largest, want.Norm)
	}
	for _, p := range params {
		want, ok := g.Gradients[p.Name]
		require.True(t, ok, "PyTorch has no parameter %s", p.Name)
		var sum, squares, probe float64
		for i, v := range p.Grad {
			sum += float64(v)
			squares += float64(v) * float64(v)
			probe += float64(v) * math.Cos(0.7*float64(i))
		}
		tol := 1e-4*want.Norm + 1e-7*largest // key biases have a gradient of zero, up to rounding
		require.InDelta(t, want.Norm, math.Sqrt(squares), tol, "%s: norm", p.Name)
		require.InDelta(t, want.Sum, sum, tol, "%s: sum", p.Name)
		require.InDelta(t, want.Probe, probe, tol, "%s: probe", p.Name)
		for i, v := range want.Values {
			require.InDelta(t, v, p.Grad[i], tol, "%s: element %d", p.Name, i)
		}
	}
}
