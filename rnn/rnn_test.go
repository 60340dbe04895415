package rnn

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

var (
	_ lm.Scorer  = (*Model)(nil)
	_ lm.Stepper = (*Model)(nil)
)

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
		lmtest.CheckStreams(t, loud(t, small(cell)), 2e-5)
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

// TestScoreOfManyDocuments checks that documents have the same scores whether Score reads them in
// parallel rows or one by one.
func TestScoreOfManyDocuments(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, small(cell))
		rng := nntest.Rand()
		var all []lm.Token
		var want []float64
		for range 100 {
			doc := make([]lm.Token, rng.IntN(60)) // some documents are empty
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

// TestCarry checks that two batches with the memory carried over make the same predictions as one
// batch of twice the length.
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
		require.Equal(t, forgetful(copied), forgetful(copied),
			"a run that is resumed goes on as it would have")
		require.NotEqual(t, forgetful(copied), forgetful(nil))
		require.Equal(t, forgetful(nil), forgetful(copied[:1]), "what does not fit is not used")

		m.SetCarry(copied)
		m.Score(nil, whole)
		m.NextLogProbs(nil, whole)
		m.Loss(autograd.NewForward(), nntest.Batch(2, 4, first, first))
		require.Equal(t, copied, m.Carry(), "only training touches the memory of training")

		twin := nn.Replica(m)
		require.Nil(t, twin.Carry(), "a replica has its own memory")
		twin.Loss(autograd.NewTape(), nntest.Batch(2, 4, first, first))
		require.Equal(t, copied, m.Carry())
	})
}

// TestDropoutOfEmbeddings checks that dropout acts on each position separately, even if the
// vocabulary is smaller than the batch.
func TestDropoutOfEmbeddings(t *testing.T) {
	m := loud(t, Config{Cell: "elman", VocabSize: 3, NEmbd: 50, Hidden: 4, Layers: 1, Dropout: 0.5})
	x := []lm.Token{1, 1, 1, 1, 1, 1}
	tape := autograd.NewTape()
	tape.Rand = nntest.Rand()
	xw := m.input(tape, 0, nil, x)
	require.NotEqual(t, xw.Row(0), xw.Row(1))
	xw = m.input(autograd.NewTape(), 0, nil, x)
	require.Equal(t, xw.Row(0), xw.Row(1))
}

func TestConfigErrors(t *testing.T) {
	nntest.CheckConfig(t, small("lstm"), map[string]func(*Config){
		`cell is "gur"`:       func(c *Config) { c.Cell = "gur" },
		"vocab_size is 1":     func(c *Config) { c.VocabSize = 1 },
		"n_embd is 0":         func(c *Config) { c.NEmbd = 0 },
		"hidden is -7":        func(c *Config) { c.Hidden = -7 },
		"layers is 0":         func(c *Config) { c.Layers = 0 },
		"dropout is 1":        func(c *Config) { c.Dropout = 1 },
		"dropout is NaN":      func(c *Config) { c.Dropout = math.NaN() },
		"tied needs":          func(c *Config) { c.Tied = true },
		"more than 214748364": func(c *Config) { c.Hidden = 1 << 40 },
	})
	eachCell(t, func(t *testing.T, cell string) {
		preset := func(size string) (Config, error) { return Preset(cell, size) }
		nntest.CheckPresets(t, preset, func(c *Config) { c.VocabSize = 65 })
	})
	_, err := Preset("lsmt", "tiny")
	require.ErrorContains(t, err, "elman, lstm, gru")
}

// loud returns a model in which every part matters.
func loud(t require.TestingT, cfg Config) *Model { return nntest.Build(t, New, cfg) }

func TestWaitingTokens(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) { nntest.CheckWaiting(t, loud(t, small(cell))) })
}

func TestTraining(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		cfg := small(cell)
		nntest.CheckPacked(t, loud(t, cfg))
		cfg.Dropout = 0.3
		nntest.CheckDropout(t, loud(t, cfg))
		m, err := New(Config{Cell: cell, VocabSize: 10, NEmbd: 8, Hidden: 24, Layers: 1},
			nntest.Rand())
		require.NoError(t, err)
		nntest.CheckOverfit(t, m, 1500, 0.05)
	})
}

func TestGradients(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		for _, cfg := range []Config{
			// fewer tokens than positions in the batch
			{VocabSize: 5, NEmbd: 3, Hidden: 4, Layers: 2},
			// more tokens than positions in the batch
			{VocabSize: 20, NEmbd: 3, Hidden: 4, Layers: 2},
			{VocabSize: 5, NEmbd: 4, Hidden: 4, Layers: 1, Tied: true},
			{VocabSize: 5, NEmbd: 3, Hidden: 4, Layers: 2, Dropout: 0.2},
		} {
			cfg.Cell = cell
			nntest.CheckGradients(t, loud(t, cfg), nntest.SmallBatch())
		}
	})
}

func TestNoAllocations(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		nntest.CheckAllocations(t, loud(t, small(cell)))
	})
}

// TestNames checks that names and shapes are those of PyTorch's modules.
func TestNames(t *testing.T) {
	m := loud(t, Config{Cell: "lstm", VocabSize: 10, NEmbd: 3, Hidden: 4, Layers: 2})
	var names []string
	for _, p := range nn.Params(m) {
		names = append(names, fmt.Sprintf("%s %d×%d", p.Name, p.Rows, p.Cols))
	}
	require.ElementsMatch(t, []string{
		"encoder.weight 10×3", "decoder.weight 10×4", "decoder.bias 1×10",
		"rnn.weight_ih_l0 16×3", "rnn.weight_hh_l0 16×4",
		"rnn.bias_ih_l0 1×16", "rnn.bias_hh_l0 1×16",
		"rnn.weight_ih_l1 16×4", "rnn.weight_hh_l1 16×4",
		"rnn.bias_ih_l1 1×16", "rnn.bias_hh_l1 1×16",
	}, names)
}
