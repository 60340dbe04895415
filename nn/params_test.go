package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
)

type layer struct {
	Norm  *LayerNorm `param:"ln_1"`
	Inner Linear     `param:"attn.c_attn"`
	note  string
}

type model struct {
	Size   int
	WTE    *Embedding       `param:"wte"`
	Blocks []*layer         `param:"h"`
	Named  []Linear         `param:"weights_l%d"`
	None   *autograd.Tensor `param:"none"`
	Tied   *autograd.Tensor `param:"lm_head.weight"`
	Hidden *autograd.Tensor // no tag: not a parameter
	Flat   struct {
		Gain *autograd.Tensor `param:"gain,vector"`
	} `param:""`
}

func newModel() *model {
	rng := rand.New(rand.NewPCG(1, 2))
	m := &model{Size: 3, WTE: NewEmbedding(5, 3, 0.02, rng), Hidden: Zeros(1, 1)}
	for range 2 {
		m.Blocks = append(m.Blocks,
			&layer{Norm: NewLayerNorm(3), Inner: *NewLinear(3, 4, 0.02, rng), note: "kept"})
	}
	m.Named = []Linear{{Weight: Ones(2, 2)}}
	m.Tied = m.WTE.Weight
	m.Flat.Gain = Ones(1, 3)
	return m
}

func TestParamsAreNamedInOrder(t *testing.T) {
	m := newModel()
	var names []string
	vectors := map[string]bool{}
	for _, p := range Params(m) {
		names = append(names, p.Name)
		vectors[p.Name] = p.Vector
	}
	require.Equal(t, []string{
		"wte.weight",
		"h.0.ln_1.weight", "h.0.ln_1.bias", "h.0.attn.c_attn.weight", "h.0.attn.c_attn.bias",
		"h.1.ln_1.weight", "h.1.ln_1.bias", "h.1.attn.c_attn.weight", "h.1.attn.c_attn.bias",
		"weights_l0.weight", // its bias is nil
		"gain",
	}, names)
	require.True(t, vectors["h.0.ln_1.weight"])
	require.True(t, vectors["h.1.attn.c_attn.bias"])
	require.True(t, vectors["gain"])
	require.False(t, vectors["h.1.attn.c_attn.weight"])
	require.Equal(t, 5*3+2*(3+3+12+4)+4+3, Count(m))
}

func TestReplicaSharesValuesNotGradients(t *testing.T) {
	m := newModel()
	for _, p := range Params(m) {
		p.Grad[0] = 7
	}
	m.Blocks[1].Norm.Bias.Grad = nil // frozen
	before := m.Blocks[0]
	r := Replica(m)
	require.Same(t, before, m.Blocks[0], "the original is not touched")
	require.Equal(t, "kept", r.Blocks[1].note)
	require.Same(t, m.Hidden, r.Hidden)
	require.Same(t, r.WTE.Weight, r.Tied, "tied weights stay tied")
	require.Nil(t, r.None)
	own, theirs := Params(m), Params(r)
	require.Len(t, theirs, len(own))
	for i, p := range own {
		q := theirs[i]
		require.Equal(t, p.Name, q.Name)
		require.Equal(t, p.Vector, q.Vector)
		require.NotSame(t, p.Tensor, q.Tensor, p.Name)
		p.Data[0] = 42
		require.Equal(t, float32(42), q.Data[0], "%s: values are shared", p.Name)
		if p.Grad == nil {
			require.Nil(t, q.Grad, "what is frozen stays frozen")
			continue
		}
		require.Equal(t, make([]float32, len(p.Grad)), q.Grad, "%s: gradients begin at zero",
			p.Name)
		q.Grad[0] = 1
		require.Equal(t, float32(7), p.Grad[0], "%s: gradients are not shared", p.Name)
	}
}

// TestReplicaKeepsNeighbours checks that a replica keeps adjacent gradients adjacent, and that no
// two gradients overlap.
func TestReplicaKeepsNeighbours(t *testing.T) {
	parts := autograd.Stacked(autograd.NewParam(6, 5), 1, 3, 2)
	m := &struct {
		Last, Odd, First, Middle *autograd.Tensor `param:"x"`
	}{parts[2], autograd.NewParam(3, 7), parts[0], parts[1]}
	r := Replica(m)
	stacked := r.First.Grad[:6*5]
	require.Same(t, &stacked[1*5], &r.Middle.Grad[0])
	require.Same(t, &stacked[4*5], &r.Last.Grad[0])
	all := []*autograd.Tensor{r.Last, r.Odd, r.First, r.Middle}
	for i, x := range all {
		for j := range x.Grad {
			x.Grad[j] = float32(i)
		}
	}
	for i, x := range all {
		for _, g := range x.Grad {
			require.Equal(t, float32(i), g)
		}
	}
}

func TestReplicaOfAnInterface(t *testing.T) {
	var m any = newModel()
	r := Replica(m)
	require.IsType(t, m, r)
	require.NotSame(t, m, r)
}

func TestLayers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	tape := autograd.NewForward()
	x := autograd.NewConst(1, 2, []float32{1, -2})

	l := NewLinear(2, 3, 1, rng)
	copy(l.Weight.Data, []float32{1, 2, 3, 4, 5, 6}) // [in, out]
	copy(l.Bias.Data, []float32{10, 20, 30})
	require.Equal(t, []float32{3, 12, 21}, l.Forward(tape, x).Data)
	require.Equal(t, []float32{4, 13, 22},
		l.AddTo(tape, autograd.NewConst(1, 3, []float32{1, 1, 1}), x).Data)

	lt := &LinearT{Weight: Zeros(3, 2), Bias: Zeros(1, 3)}
	copy(lt.Weight.Data, []float32{1, 2, 3, 4, 5, 6}) // [out, in]
	copy(lt.Bias.Data, []float32{10, 20, 30})
	require.Equal(t, []float32{7, 15, 23}, lt.Forward(tape, x).Data)

	n := NewLayerNorm(2)
	require.InDeltaSlice(t, []float32{1, -1}, n.Forward(tape, x).Data, 1e-5)

	e := NewEmbedding(3, 2, 1, rng)
	copy(e.Weight.Data, []float32{0, 1, 2, 3, 4, 5})
	require.Equal(t, []float32{4, 5, 0, 1}, e.Forward(tape, []int32{2, 0}).Data)
}

func TestInitialValues(t *testing.T) {
	moments := func(x *autograd.Tensor) (mean, std, top float64) {
		for _, v := range x.Data {
			mean += float64(v) / float64(len(x.Data))
			top = max(top, math.Abs(float64(v)))
		}
		for _, v := range x.Data {
			std += (float64(v) - mean) * (float64(v) - mean) / float64(len(x.Data))
		}
		return mean, math.Sqrt(std), top
	}
	rng := rand.New(rand.NewPCG(1, 2))
	mean, std, _ := moments(Normal(200, 200, 0.02, rng))
	require.InDelta(t, 0, mean, 5*0.02/200)
	require.InDelta(t, 0.02, std, 0.0005)
	mean, std, top := moments(Uniform(200, 200, 0.3, rng))
	require.InDelta(t, 0, mean, 5*0.3/200)
	require.InDelta(t, 0.3/math.Sqrt(3), std, 0.003)
	require.LessOrEqual(t, top, 0.3)
	require.Equal(t, Normal(3, 3, 1, rand.New(rand.NewPCG(9, 9))),
		Normal(3, 3, 1, rand.New(rand.NewPCG(9, 9))), "same seed, same bits")
}

// A model behind an interface is enumerated and copied like a model behind a pointer.
func TestParamsBehindAnInterface(t *testing.T) {
	type task struct {
		Body any     `param:"body"`
		None any     `param:"none"`
		Head *Linear `param:"head"`
	}
	rng := rand.New(rand.NewPCG(1, 2))
	m := &task{Body: NewLinear(2, 3, 1, rng), Head: NewLinear(3, 2, 1, rng)}
	var names []string
	for _, p := range Params(m) {
		names = append(names, p.Name)
	}
	require.Equal(t, []string{"body.weight", "body.bias", "head.weight", "head.bias"}, names)
	twin := Replica(m)
	theirs := twin.Body.(*Linear)
	require.NotSame(t, m.Body, theirs)
	require.NotSame(t, m.Body.(*Linear).Weight, theirs.Weight)
	require.Equal(t, m.Body.(*Linear).Weight.Data, theirs.Weight.Data)
	theirs.Weight.Grad[0] = 5
	require.Zero(t, m.Body.(*Linear).Weight.Grad[0])
}
