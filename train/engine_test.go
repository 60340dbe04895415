package train

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/format/safetensors"
)

// pairs is a batch that is not text: a regression of y on x.
type pairs struct {
	x, y []float32
	n    int
}

func (p pairs) Rows() int    { return len(p.x) }
func (p pairs) Targets() int { return len(p.y) }
func (p pairs) Of(n int) pairs {
	p.n = n
	return p
}

func (p pairs) Share(i, n int) (pairs, bool) {
	lo, hi := len(p.x)*i/n, len(p.x)*(i+1)/n
	return pairs{p.x[lo:hi], p.y[lo:hi], p.n}, hi > lo
}

// slope fits y = w·x by least squares.
type slope struct {
	W *autograd.Tensor `param:"w"`
}

func (m *slope) Loss(t *autograd.Tape, b pairs) *autograd.Tensor {
	op := slopeLoss{m, b, t.New(1, 1)}
	for i, x := range b.x {
		d := m.W.Data[0]*x - b.y[i]
		op.loss.Data[0] += d * d / float32(b.n)
	}
	autograd.Record(t, op)
	return op.loss
}

type slopeLoss struct {
	m    *slope
	b    pairs
	loss *autograd.Tensor
}

func (o slopeLoss) Backward() {
	for i, x := range o.b.x {
		o.m.W.Grad[0] += o.loss.Grad[0] * 2 * (o.m.W.Data[0]*x - o.b.y[i]) * x / float32(o.b.n)
	}
}

// line3 is the source of the pairs y = 3x.
type line3 struct{}

func (line3) Batch(b *pairs, step int) {
	b.x, b.y = b.x[:0], b.y[:0]
	for i := range 7 {
		x := float32(math.Sin(float64(step*7 + i)))
		b.x, b.y = append(b.x, x), append(b.y, 3*x)
	}
}

func TestTrainsOnAnyBatch(t *testing.T) {
	c := testConfig()
	c.Steps, c.LR, c.MinLR, c.WeightDecay = 300, 0.1, 0.001, 0
	m := &slope{autograd.NewParam(1, 1)}
	tr, err := NewTrainer(m, line3{}, c)
	require.NoError(t, err)
	s := walk(t, tr, c.Steps)
	require.InDelta(t, 3, m.W.Data[0], 1e-3)
	require.Equal(t, 7*c.Steps, s.Tokens)
}

func TestStepsAllocateNothingWhateverTheBatch(t *testing.T) {
	tr, err := NewTrainer(&slope{autograd.NewParam(1, 1)}, line3{}, testConfig())
	require.NoError(t, err)
	walk(t, tr, 2)
	text := start(t, newBigram(vocab, 1), testSource(), testConfig())
	walk(t, text, 2)
	own, err := NewTrainerOf(newSparse(), testConfig())
	require.NoError(t, err)
	for name, tr := range map[string]*Trainer{"pairs": tr, "text": text, "sparse": own} {
		require.Zero(t, allocations(tr), name)
	}
}

// sparse is a custom engine: each step moves one row of a table towards the number of the step,
// with momentum.
type sparse struct {
	Table    *autograd.Tensor `param:"table"`
	momentum []float32
	last     [][][]float32
}

func newSparse() *sparse {
	return &sparse{
		Table: autograd.NewParam(5, 2), momentum: make([]float32,
			10), last: [][][]float32{{make([]float32, 1)}},
	}
}

func (e *sparse) Model() any { return e }

func (e *sparse) Step(k int, lr float64) (loss, norm float64, targets int, err error) {
	row := (k*3 + int(e.last[0][0][0])) % 5
	e.last[0][0][0] = float32(row)
	for i := row * 2; i < row*2+2; i++ {
		g := e.Table.Data[i] - float32(k)
		e.momentum[i] = 0.9*e.momentum[i] + g
		loss += float64(g * g)
		e.Table.Data[i] -= float32(lr) * e.momentum[i]
	}
	return loss, math.Sqrt(loss), 1, nil
}

func (e *sparse) State() []safetensors.Tensor {
	return []safetensors.Tensor{{Name: "momentum", Shape: []int{10}, Data: e.momentum}}
}

func (e *sparse) Carry() [][][]float32          { return e.last }
func (e *sparse) SetCarry(memory [][][]float32) { e.last = memory }

func TestAnEngineResumesWithTheSameBits(t *testing.T) {
	run := func() (*sparse, *Trainer) {
		e := newSparse()
		tr, err := NewTrainerOf(e, testConfig())
		require.NoError(t, err)
		return e, tr
	}
	whole, tr := run()
	walk(t, tr, 20)

	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	_, tr = run()
	walk(t, tr, 9)
	require.NoError(t, tr.Save(path, nil))
	e, tr := run()
	require.NoError(t, tr.Resume(path, nil))
	walk(t, tr, 11)
	sameWeights(t, whole, e, "resumed")
	require.Equal(t, whole.momentum, e.momentum)
}

// broken returns NaN as the loss.
type broken struct{ *sparse }

func (broken) Step(int, float64) (loss, norm float64, targets int, err error) {
	return math.NaN(), 1, 1, nil
}

func TestAnEngineMayDiverge(t *testing.T) {
	tr, err := NewTrainerOf(broken{newSparse()}, testConfig())
	require.NoError(t, err)
	_, err = tr.Step()
	require.ErrorIs(t, err, ErrDiverged)
	require.Zero(t, tr.Stats().Step)
}
