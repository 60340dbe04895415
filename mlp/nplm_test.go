package mlp

import (
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

// loud returns a model with weights so large that every part of it matters.
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

var small = Config{VocabSize: 11, Context: 4, NEmbd: 3, Hidden: 9}

func each(t *testing.T, f func(t *testing.T, name string, direct bool)) {
	t.Run("mlp", func(t *testing.T) { f(t, "mlp", false) })
	t.Run("direct", func(t *testing.T) { f(t, "direct", true) })
}

func TestContract(t *testing.T) {
	each(t, func(t *testing.T, _ string, direct bool) {
		cfg := small
		cfg.Direct = direct
		lmtest.Check(t, loud(t, cfg), 2e-5, 0, 1, 2, 3, 4, 5, 30)
	})
	cfg := small
	cfg.Context = 1
	lmtest.Check(t, loud(t, cfg), 2e-5)
}

// Score works in blocks; a long document has no seams.
func TestScoreHasNoSeams(t *testing.T) {
	m := loud(t, small)
	rng := rand1()
	doc := make([]lm.Token, 2*scoreTokens+5)
	for i := range doc {
		doc[i] = rng.Int32N(11)
	}
	got := m.Score(nil, doc)
	s := m.Start()
	var probs []float64
	for i, tok := range doc {
		probs = s.NextLogProbs(probs)
		require.InDelta(t, probs[tok], got[i], 1e-5, "token %d", i)
		s.Push(tok)
	}
}

// What is looked up is what would be computed.
func TestLookup(t *testing.T) {
	m := loud(t, small)
	tape := autograd.NewForward()
	contexts := appendContexts(nil, []lm.Token{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 3, 2, 1, 1, 1, 0, 0, 5, 4, 10, 10, 9}, 4)
	all := m.project(tape, contexts, m.H, m.D)
	require.GreaterOrEqual(t, all.Rows, 2*m.Vocab(), "many positions: looked up")
	for i := range all.Rows {
		one := m.project(tape, contexts[i*4:][:4], m.H, m.D) // one position: computed
		require.InDeltaSlice(t, one.Row(0), all.Row(i), 1e-5)
	}
}

// Every position sees the last tokens of its own document, and BOS where there are none.
func TestContexts(t *testing.T) {
	require.Equal(t, []lm.Token{
		0, 0, 7,
		0, 7, 8,
		7, 8, 9,
		0, 0, 0,
		0, 0, 4,
		0, 4, 5,
		4, 5, 6,
	}, appendContexts(nil, []lm.Token{7, 8, 9, 0, 4, 5, 6}, 3))
}

// A row of several documents costs what the documents cost alone.
func TestPackedLossIsDocumentsAlone(t *testing.T) {
	m := loud(t, small)
	x := []lm.Token{0, 3, 4, 0, 7, 8, 9, 0, 5, 6}
	y := []lm.Token{3, 4, 0, 7, 8, 9, 0, 5, 6, 2}
	loss := func(a, b int) float32 {
		return m.Loss(autograd.NewForward(), corpus.Batch{B: 1, T: b - a, X: x[a:b], Y: y[a:b], N: 10}).Data[0]
	}
	require.InEpsilon(t, loss(0, 3)+loss(3, 7)+loss(7, 10), loss(0, 10), 1e-5)
	twice := append(append([]lm.Token{}, x...), x...)
	require.InEpsilon(t, loss(0, 10), m.Loss(autograd.NewForward(), corpus.Batch{B: 2, T: 10, X: twice, Y: append(y[:10:10], y...), N: 20}).Data[0], 1e-5)
}

// The gradient of every parameter is the slope of the loss, with dropout too, as long as the dice fall the same.
func TestGradients(t *testing.T) {
	each(t, func(t *testing.T, _ string, direct bool) {
		for _, dropout := range []float64{0, 0.2} {
			m := loud(t, Config{VocabSize: 5, Context: 3, NEmbd: 2, Hidden: 4, Direct: direct, Dropout: dropout})
			x := []lm.Token{0, 1, 2, 3, 0, 4, 2, 2, 1, 0, 3, 4}
			y := []lm.Token{1, 2, 3, 0, 4, -1, 2, 1, 0, 3, 4, 0}
			checkGradients(t, m, batch(2, 6, x, y))
			checkGradients(t, m, batch(1, 5, x[:5], y[:5])) // fewer positions than tokens
		}
	})
}

func checkGradients(t *testing.T, m *Model, b corpus.Batch) {
	loss := func(tape *autograd.Tape) *autograd.Tensor {
		tape.Rand = rand1()
		return m.Loss(tape, b)
	}
	for _, p := range nn.Params(m) {
		clear(p.Grad)
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

// A tiny model learns one sequence by heart.
func TestOverfit(t *testing.T) {
	m, err := New(Config{VocabSize: 10, Context: 3, NEmbd: 4, Hidden: 16}, rand1())
	require.NoError(t, err)
	x := []lm.Token{0, 1, 5, 2, 5, 3, 5, 4, 5, 6, 5, 7}
	b := batch(1, len(x), x, append(x[1:len(x):len(x)], 0))
	tape := autograd.NewTape()
	loss := math.Inf(1)
	for range 400 {
		tape.Reset()
		l := m.Loss(tape, b)
		loss = float64(l.Data[0])
		tape.Backward(l)
		for _, p := range nn.Params(m) {
			for i, g := range p.Grad {
				p.Data[i] -= 0.5 * g
			}
			clear(p.Grad)
		}
	}
	require.Less(t, loss, 0.05)
}

// Dropout is random, off without Rand, and the same for the same seed.
func TestDropout(t *testing.T) {
	cfg := small
	cfg.Dropout = 0.3
	m := loud(t, cfg)
	x := []lm.Token{0, 1, 2, 3, 4, 5, 6, 7}
	loss := func(seed uint64) float32 {
		tape := autograd.NewTape()
		if seed > 0 {
			tape.Rand = rand.New(rand.NewPCG(seed, 0))
		}
		return m.Loss(tape, batch(1, 8, x, x)).Data[0]
	}
	require.Equal(t, loss(7), loss(7))
	require.NotEqual(t, loss(7), loss(8))
	require.NotEqual(t, loss(7), loss(0))
}

func TestConfigErrors(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"vocab_size is 1":     func(c *Config) { c.VocabSize = 1 },
		"context is 0":        func(c *Config) { c.Context = 0 },
		"n_embd is 0":         func(c *Config) { c.NEmbd = 0 },
		"hidden is -7":        func(c *Config) { c.Hidden = -7 },
		"dropout is 1":        func(c *Config) { c.Dropout = 1 },
		"dropout is NaN":      func(c *Config) { c.Dropout = math.NaN() },
		"more than 214748364": func(c *Config) { c.Hidden = 1 << 40 },
	} {
		cfg := small
		change(&cfg)
		_, err := New(cfg, rand1())
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
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
	each(t, func(t *testing.T, _ string, direct bool) {
		cfg := small
		cfg.Direct = direct
		m := loud(t, cfg)
		s, dst := m.Start(), make([]float64, m.Vocab())
		step := func() {
			dst = s.NextLogProbs(dst)
			s.Push(3)
		}
		step()
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
	})
}
