package rnn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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

func small(cell string) Config {
	return Config{Cell: cell, VocabSize: 11, NEmbd: 5, Hidden: 7, Layers: 2}
}

func eachCell(t *testing.T, f func(t *testing.T, cell string)) {
	for _, c := range Cells() {
		t.Run(c, func(t *testing.T) { f(t, c) })
	}
}

func TestContract(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		lmtest.Check(t, loud(t, small(cell)), 2e-5, 0, 1, 2, 17, 63, 64, 65, 66, 150)
	})
}

func TestContractTied(t *testing.T) {
	cfg := small("gru")
	cfg.NEmbd, cfg.Tied = cfg.Hidden, true
	m := loud(t, cfg)
	lmtest.Check(t, m, 2e-5)
	for _, p := range nn.Params(m) {
		require.NotEqual(t, "decoder.weight", p.Name)
	}
}

// Documents that Score reads side by side cost what they cost alone.
func TestScoreOfManyDocuments(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, small(cell))
		rng := rand1()
		var all []lm.Token
		var want []float64
		for range 100 {
			doc := make([]lm.Token, rng.IntN(60)) // and some are empty
			for i := range doc {
				doc[i] = 1 + rng.Int32N(10)
			}
			doc = append(doc, lm.BOS)
			all = append(all, doc...)
			want = append(want, m.Score(nil, doc)...)
		}
		require.InDeltaSlice(t, want, m.Score(nil, all), 1e-5)
		require.LessOrEqual(t, len(deal(all)), scoreRows)
	})
}

// Tokens that wait are read together, whatever was read before; a BOS forgets it; a clone made at any
// time goes on by itself.
func TestWaitingTokens(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, small(cell))
		rng := rand1()
		s := m.Start()
		var context []lm.Token
		for range 60 {
			for range rng.IntN(5) { // some are asked for one by one, some are not
				tok := rng.Int32N(11)
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
	})
}

// Two batches in a row with the memory carried over are one batch of twice the length, in what they predict.
func TestCarry(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, small(cell))
		whole := []lm.Token{0, 3, 5, 2, 8, 1, 4, 4, 2, 0, 7, 7, 9, 10, 3, 0}
		first, second := []lm.Token{0, 3, 5, 2, 2, 0, 7, 7}, []lm.Token{8, 1, 4, 4, 9, 10, 3, 0}
		sum := func(x, y []lm.Token, steps int) float64 {
			tape := autograd.NewTape()
			return float64(m.Loss(tape, corpus.Batch{B: 2, T: steps, X: x, Y: y, N: 1}).Data[0])
		}
		y := func(x []lm.Token) []lm.Token { return slices.Repeat([]lm.Token{6}, len(x)) }
		require.Nil(t, m.Carry())
		want := sum(whole, y(whole), 8)
		m.SetCarry(nil)
		got := sum(first, y(first), 4)
		kept := m.Carry()
		copied := [][]float32{}
		for _, s := range kept {
			copied = append(copied, slices.Clone(s))
		}
		got += sum(second, y(second), 4)
		require.InEpsilon(t, want, got, 1e-5)

		forgetful := func(carry [][]float32) float64 {
			m.SetCarry(carry)
			return sum(second, y(second), 4)
		}
		require.Equal(t, forgetful(copied), forgetful(copied), "a run that is resumed goes on as it would have")
		require.NotEqual(t, forgetful(copied), forgetful(nil))
		require.Equal(t, forgetful(nil), forgetful(copied[:1]), "what does not fit is not used")

		m.SetCarry(copied)
		m.Score(nil, whole)
		m.NextLogProbs(nil, whole)
		m.Loss(autograd.NewForward(), batch(2, 4, first, first))
		require.Equal(t, copied, m.Carry(), "only training touches the memory of training")

		twin := nn.Replica(m)
		require.Nil(t, twin.Carry(), "a replica has its own memory")
		twin.Loss(autograd.NewTape(), batch(2, 4, first, first))
		require.Equal(t, copied, m.Carry())
	})
}

// The gradient of every parameter is the slope of the loss, with dropout too, as long as the dice fall the same.
func TestGradients(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		for _, cfg := range []Config{
			{VocabSize: 5, NEmbd: 3, Hidden: 4, Layers: 2},  // fewer tokens than the batch has
			{VocabSize: 20, NEmbd: 3, Hidden: 4, Layers: 2}, // more
			{VocabSize: 5, NEmbd: 4, Hidden: 4, Layers: 1, Tied: true},
			{VocabSize: 5, NEmbd: 3, Hidden: 4, Layers: 2, Dropout: 0.2},
		} {
			cfg.Cell = cell
			x := []lm.Token{0, 1, 2, 3, 0, 4, 2, 2, 1, 0, 3, 4}
			y := []lm.Token{1, 2, 3, 0, 4, -1, 2, 1, 0, 3, 4, 0}
			checkGradients(t, loud(t, cfg), batch(2, 6, x, y))
		}
	})
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

// A row of several documents costs what the documents cost alone.
func TestPackedLossIsDocumentsAlone(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, small(cell))
		x := []lm.Token{0, 3, 4, 0, 7, 8, 9, 0, 5, 6}
		y := []lm.Token{3, 4, 0, 7, 8, 9, 0, 5, 6, 2}
		loss := func(a, b int) float32 {
			return m.Loss(autograd.NewForward(), corpus.Batch{B: 1, T: b - a, X: x[a:b], Y: y[a:b], N: 10}).Data[0]
		}
		require.InEpsilon(t, loss(0, 3)+loss(3, 7)+loss(7, 10), loss(0, 10), 1e-5)
	})
}

// A tiny model learns one sequence by heart; every second token is the same, so it needs its memory.
func TestOverfit(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m, err := New(Config{Cell: cell, VocabSize: 10, NEmbd: 8, Hidden: 24, Layers: 1}, rand1())
		require.NoError(t, err)
		x := []lm.Token{0, 1, 5, 2, 5, 3, 5, 4, 5, 6, 5, 7}
		b := batch(1, len(x), x, append(x[1:len(x):len(x)], 0))
		tape := autograd.NewTape()
		loss := math.Inf(1)
		for range 1500 {
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
	})
}

// Dropout is random, off without Rand, and the same for the same seed.
func TestDropout(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		cfg := small(cell)
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
	})
}

// Dropout acts on the embedding of every position for itself, also where the vocabulary is smaller than the batch.
func TestDropoutOfEmbeddings(t *testing.T) {
	m := loud(t, Config{Cell: "elman", VocabSize: 3, NEmbd: 50, Hidden: 4, Layers: 1, Dropout: 0.5})
	x := []lm.Token{1, 1, 1, 1, 1, 1}
	tape := autograd.NewTape()
	tape.Rand = rand1()
	xw := m.input(tape, 0, nil, x)
	require.NotEqual(t, xw.Row(0), xw.Row(1))
	xw = m.input(autograd.NewTape(), 0, nil, x)
	require.Equal(t, xw.Row(0), xw.Row(1))
}

func TestConfigErrors(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`cell is "gur"`:       func(c *Config) { c.Cell = "gur" },
		"vocab_size is 1":     func(c *Config) { c.VocabSize = 1 },
		"n_embd is 0":         func(c *Config) { c.NEmbd = 0 },
		"hidden is -7":        func(c *Config) { c.Hidden = -7 },
		"layers is 0":         func(c *Config) { c.Layers = 0 },
		"dropout is 1":        func(c *Config) { c.Dropout = 1 },
		"dropout is NaN":      func(c *Config) { c.Dropout = math.NaN() },
		"tied needs":          func(c *Config) { c.Tied = true },
		"more than 214748364": func(c *Config) { c.Hidden = 1 << 40 },
	} {
		cfg := small("lstm")
		change(&cfg)
		_, err := New(cfg, rand1())
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
	for _, cell := range Cells() {
		for _, size := range Sizes() {
			cfg, err := Preset(cell, size)
			require.NoError(t, err)
			cfg.VocabSize = 65
			require.NoError(t, cfg.Validate())
		}
	}
	_, err := Preset("lstm", "huge")
	require.ErrorContains(t, err, "tiny, small, base")
	_, err = Preset("lsmt", "tiny")
	require.ErrorContains(t, err, "elman, lstm, gru")
}

// In a steady state neither a step of generation nor a step of training allocates.
func TestNoAllocations(t *testing.T) {
	if racing {
		t.Skip("pools allocate at random under the race detector")
	}
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, small(cell))
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

// The names and shapes are those that PyTorch's modules have.
func TestNames(t *testing.T) {
	m := loud(t, Config{Cell: "lstm", VocabSize: 10, NEmbd: 3, Hidden: 4, Layers: 2})
	var names []string
	for _, p := range nn.Params(m) {
		names = append(names, fmt.Sprintf("%s %d×%d", p.Name, p.Rows, p.Cols))
	}
	require.ElementsMatch(t, []string{
		"encoder.weight 10×3", "decoder.weight 10×4", "decoder.bias 1×10",
		"rnn.weight_ih_l0 16×3", "rnn.weight_hh_l0 16×4", "rnn.bias_ih_l0 1×16", "rnn.bias_hh_l0 1×16",
		"rnn.weight_ih_l1 16×4", "rnn.weight_hh_l1 16×4", "rnn.bias_ih_l1 1×16", "rnn.bias_hh_l1 1×16",
	}, names)
}
