package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn"
)

var (
	_ lm.Scorer  = (*Model)(nil)
	_ lm.Stepper = (*Model)(nil)
)

func rand1() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// batch counts the targets of a batch.
func batch(b, t int, x, y []lm.Token) corpus.Batch {
	n := 0
	for _, tok := range y {
		if tok >= 0 {
			n++
		}
	}
	return corpus.Batch{B: b, T: t, X: x, Y: y, N: n}
}

// loud returns a small model with weights so large that every part of it matters.
func loud(t require.TestingT, cfg Config) *Model {
	m, err := New(cfg, rand1())
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(3, 4))
	for _, p := range nn.Params(m) {
		for i := range p.Data {
			p.Data[i] += float32(0.3 * rng.NormFloat64())
		}
	}
	return m
}

var small = Config{VocabSize: 13, NPositions: 8, NEmbd: 12, NLayer: 2, NHead: 3}

func TestContract(t *testing.T) {
	for _, stride := range []int{0, 1, 3, 8} {
		t.Run(fmt.Sprint("stride ", stride), func(t *testing.T) {
			cfg := small
			cfg.Stride = stride
			lmtest.Check(t, loud(t, cfg), 2e-5, 0, 1, 2, 7, 8, 9, 12, 13, 30, 300)
		})
	}
}

func TestContractSmeared(t *testing.T) {
	cfg := small
	cfg.Smear = true
	lmtest.Check(t, loud(t, cfg), 2e-5, 0, 1, 2, 7, 8, 9, 13, 30)
}

func TestContractOfOneTokenWindow(t *testing.T) {
	cfg := small
	cfg.NPositions = 1
	lmtest.Check(t, loud(t, cfg), 2e-5, 0, 1, 2, 5)
}

// The window rule, spelled out: the context of token i is what a fresh document of the window's tokens gives.
func TestWindow(t *testing.T) {
	for _, c := range []struct{ n, w, stride, want int }{
		{1, 8, 4, 0}, {8, 8, 4, 0}, {9, 8, 4, 4}, {12, 8, 4, 4}, {13, 8, 4, 8},
		{9, 8, 8, 8}, {9, 8, 1, 1}, {10, 8, 1, 2}, {9, 8, 3, 3}, {12, 8, 3, 6},
	} {
		require.Equal(t, c.want, windowStart(c.n, c.w, c.stride), "%+v", c)
	}
	m := loud(t, small) // W = 8, stride 4
	doc := []lm.Token{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	tape := autograd.NewForward()
	x := doc[3:] // of 11 tokens with BOS the first 4 are dropped: BOS 1 2 3
	docs := m.pack(tape, 1, len(x), x)
	h := m.forward(tape, x, docs.pos, docs)
	want := nn.NextLogProbs(tape, nil, tape.Const(1, h.Cols, h.Row(len(x)-1)), m.WTE.Weight, nil)
	require.InDeltaSlice(t, want, m.NextLogProbs(nil, doc), 1e-5)
}

// Tokens that wait are read together, whatever is in the cache already; a BOS empties it; a clone made at
// any time goes on by itself.
func TestWaitingTokens(t *testing.T) {
	cfg := small
	cfg.Smear = true
	m := loud(t, cfg)
	rng := rand1()
	s := m.Start()
	var context []lm.Token
	for range 60 {
		for range rng.IntN(5) { // some are asked for one by one, some are not
			tok := rng.Int32N(13)
			if rng.IntN(3) > 0 {
				tok = max(tok, 1)
			}
			s.Push(tok)
			context = append(context, tok)
		}
		if rng.IntN(3) == 0 {
			left := s
			s = s.Clone()
			left.Push(1)
			left.NextLogProbs(nil)
		}
		require.InDeltaSlice(t, m.NextLogProbs(nil, context), s.NextLogProbs(nil), 2e-5, "after %v", context)
	}
}

// A row of several documents costs what the documents cost alone, and so do their gradients.
func TestPackedLossIsDocumentsAlone(t *testing.T) {
	m := loud(t, small)
	x := []lm.Token{0, 3, 4, 0, 7, 8, 9, 0, 5, 6}
	y := []lm.Token{3, 4, 0, 7, 8, 9, 0, 5, 6, 2}
	tape := autograd.NewTape()
	docs := m.pack(tape, 1, len(x), x)
	require.Equal(t, []int32{0, 1, 2, 0, 1, 2, 3, 0, 1, 2}, docs.pos)
	tape.Reset()
	loss := m.Loss(tape, batch(1, len(x), x, y))
	tape.Backward(loss)
	together := loss.Data[0]
	alone := nn.Replica(m)
	var sum float32
	for _, cut := range [][2]int{{0, 3}, {3, 7}, {7, 10}} {
		tape := autograd.NewTape()
		loss := alone.Loss(tape, corpus.Batch{B: 1, T: cut[1] - cut[0], X: x[cut[0]:cut[1]], Y: y[cut[0]:cut[1]], N: len(x)})
		sum += loss.Data[0]
		tape.Backward(loss)
	}
	require.InEpsilon(t, sum, together, 1e-5)
	params := nn.Params(m)
	for i, p := range nn.Params(alone) {
		require.InDeltaSlice(t, p.Grad, params[i].Grad, 1e-5, p.Name)
	}
}

// A row longer than the window is cut into windows, not an index out of range.
func TestRowLongerThanWindow(t *testing.T) {
	m := loud(t, small)
	x := make([]lm.Token, 21)
	for i := range x {
		x[i] = lm.Token(1 + i%5)
	}
	require.NotPanics(t, func() { m.Loss(autograd.NewTape(), batch(1, len(x), x, x)) })
}

// The gradient of every parameter is the slope of the loss, with dropout too, as long as the dice fall the same.
func TestGradients(t *testing.T) {
	for _, dropout := range []float64{0, 0.2} {
		m := loud(t, Config{VocabSize: 5, NPositions: 6, NEmbd: 4, NLayer: 2, NHead: 2, Smear: true, Dropout: dropout})
		x := []lm.Token{0, 1, 2, 3, 0, 4, 2, 2, 1, 0, 3, 4}
		y := []lm.Token{1, 2, 3, 0, 4, -1, 2, 1, 0, 3, 4, 0}
		checkGradients(t, m, batch(2, 6, x, y))
	}
}

func checkGradients(t *testing.T, m *Model, b corpus.Batch) {
	loss := func(tape *autograd.Tape) *autograd.Tensor {
		tape.Rand = rand1()
		return m.Loss(tape, b)
	}
	tape := autograd.NewTape()
	tape.Backward(loss(tape))
	for _, p := range nn.Params(m) {
		for i := range p.Data {
			old := p.Data[i]
			slope := func(h float32) float64 {
				p.Data[i] = old + h
				up, at := loss(autograd.NewForward()).Data[0], p.Data[i]
				p.Data[i] = old - h
				down := loss(autograd.NewForward()).Data[0]
				return float64(up-down) / float64(at-p.Data[i])
			}
			want := (4*slope(5e-3) - slope(1e-2)) / 3 // Richardson (1911): the error is of fourth order
			p.Data[i] = old
			require.InDelta(t, want, p.Grad[i], 1e-3, "%s[%d]", p.Name, i)
		}
	}
}

// sgd is one step of gradient descent on the whole of b.
func sgd(m *Model, tape *autograd.Tape, b corpus.Batch, lr float32) float64 {
	tape.Reset()
	loss := m.Loss(tape, b)
	tape.Backward(loss)
	for _, p := range nn.Params(m) {
		for i, g := range p.Grad {
			p.Data[i] -= lr * g
		}
		clear(p.Grad)
	}
	return float64(loss.Data[0])
}

// A tiny model learns one sequence by heart.
func TestOverfit(t *testing.T) {
	m, err := New(Config{VocabSize: 10, NPositions: 16, NEmbd: 16, NLayer: 2, NHead: 2}, rand1())
	require.NoError(t, err)
	x := []lm.Token{0, 1, 5, 2, 5, 3, 5, 4, 5, 6, 5, 7}
	y := append(x[1:len(x):len(x)], 0)
	b := batch(1, len(x), x, y)
	tape := autograd.NewTape()
	loss := math.Inf(1)
	for range 400 {
		loss = sgd(m, tape, b, 0.5)
	}
	require.Less(t, loss, 0.02)
}

// Dropout is random, off without Rand, and the same for the same seed.
func TestDropout(t *testing.T) {
	cfg := small
	cfg.Dropout = 0.3
	m := loud(t, cfg)
	x := []lm.Token{0, 1, 2, 3, 4, 5, 6, 7}
	b := batch(1, 8, x, x)
	loss := func(seed uint64) float32 {
		tape := autograd.NewTape()
		if seed > 0 {
			tape.Rand = rand.New(rand.NewPCG(seed, 0))
		}
		return m.Loss(tape, b).Data[0]
	}
	require.Equal(t, loss(7), loss(7))
	require.NotEqual(t, loss(7), loss(8))
	require.NotEqual(t, loss(7), loss(0))
	m.Config.Dropout = 0
	require.Equal(t, loss(7), loss(0))
}

// The weights start as GPT-2's do: what a block writes is scaled down by the number of blocks.
func TestInitialWeights(t *testing.T) {
	m, err := New(Config{VocabSize: 65, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4}, rand1())
	require.NoError(t, err)
	std := func(x *autograd.Tensor) float64 {
		var sum float64
		for _, v := range x.Data {
			sum += float64(v) * float64(v)
		}
		return math.Sqrt(sum / float64(len(x.Data)))
	}
	require.InEpsilon(t, 0.02, std(m.H[0].Attn.CAttn.Weight), 0.02)
	require.InEpsilon(t, 0.02/math.Sqrt(8), std(m.H[3].MLP.CProj.Weight), 0.02)
	require.InEpsilon(t, 0.02/math.Sqrt(8), std(m.H[0].Attn.CProj.Weight), 0.02)
	p := m.NextLogProbs(nil, nil)
	require.InDelta(t, -math.Log(65), p[3], 0.5, "a new model knows nothing")
}

func TestConfigErrors(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"n_embd 12 is not divisible by n_head 5": func(c *Config) { c.NHead = 5 },
		"vocab_size is 1":                        func(c *Config) { c.VocabSize = 1 },
		"n_positions is 0":                       func(c *Config) { c.NPositions = 0 },
		"n_layer is -1":                          func(c *Config) { c.NLayer = -1 },
		"n_head is 0":                            func(c *Config) { c.NHead = 0 },
		"n_embd is 0":                            func(c *Config) { c.NEmbd = 0 },
		"dropout is 1":                           func(c *Config) { c.Dropout = 1 },
		"dropout is NaN":                         func(c *Config) { c.Dropout = math.NaN() },
		"stride is 9":                            func(c *Config) { c.Stride = 9 },
		"more than":                              func(c *Config) { c.NEmbd = 3 << 40; c.NLayer = 1 << 40 },
	} {
		cfg := small
		change(&cfg)
		_, err := New(cfg, rand1())
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
	m := loud(t, small)
	require.Error(t, m.SetStride(9))
	require.NoError(t, m.SetStride(0))
	require.Equal(t, 4, m.Stride())
	for _, size := range Sizes() {
		cfg, err := Preset(size)
		require.NoError(t, err)
		cfg.VocabSize = 65
		require.NoError(t, cfg.Validate())
	}
	_, err := Preset("huge")
	require.ErrorContains(t, err, "tiny, small, base")
}

// In a steady state neither a step of generation nor a step of training allocates.
func TestNoAllocations(t *testing.T) {
	if racing {
		t.Skip("pools allocate at random under the race detector")
	}
	m := loud(t, small)
	s, dst := m.Start(), make([]float64, m.Vocab())
	step := func() {
		dst = s.NextLogProbs(dst)
		s.Push(3)
	}
	for range 40 {
		step()
	}
	require.Less(t, testing.AllocsPerRun(200, step), 0.1)

	x := []lm.Token{0, 1, 2, 3, 4, 0, 6, 7}
	b := batch(1, 8, x, x)
	tape := autograd.NewTape()
	train := func() {
		tape.Reset()
		tape.Backward(m.Loss(tape, b))
	}
	train()
	train()
	require.Less(t, testing.AllocsPerRun(50, train), 0.5)
}
