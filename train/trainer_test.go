package train

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

const vocab = 9

func testConfig() Config {
	c := Default()
	c.Batch, c.Context, c.Pieces, c.Steps, c.Warmup = 6, 8, 4, 40, 5
	c.LR, c.MinLR = 0.05, 0.005
	return c
}

func testSource() cycle { return cycle{B: 6, T: 8, V: vocab} }

// trained makes the steps of a run and returns the model.
func trained(t *testing.T, c Config, dropout float32, steps int) *bigram {
	t.Helper()
	m := newBigram(vocab, 1)
	m.dropout = dropout
	tr := start(t, m, testSource(), c)
	walk(t, tr, steps)
	return m
}

func start(t *testing.T, l learner, src corpus.Source, c Config) *Trainer {
	t.Helper()
	tr, err := NewTrainer(l, src, c)
	require.NoError(t, err)
	return tr
}

func denseOf(tr *Trainer) *dense[corpus.Batch] { return tr.engine.(*dense[corpus.Batch]) }

func walk(t *testing.T, tr *Trainer, steps int) (s Stats) {
	t.Helper()
	for range steps {
		var err error
		s, err = tr.Step()
		require.NoError(t, err)
	}
	return s
}

// allocations returns the number of allocations of a steady step. On a busy machine a thread may
// take its first share, which grows its tape, only after many steps, so a few of the attempts may
// still allocate.
func allocations(tr *Trainer) float64 {
	least := math.Inf(1)
	for i := 0; i < 10 && least > 0; i++ {
		least = min(least, testing.AllocsPerRun(20, func() { _, _ = tr.Step() }))
	}
	return least
}

// sameWeights requires that the weights have the same bits.
func sameWeights(t *testing.T, want, got any, why string) {
	t.Helper()
	a, b := nn.Params(want), nn.Params(got)
	require.Len(t, b, len(a))
	for i := range a {
		for j := range a[i].Data {
			require.Equal(t, math.Float32bits(a[i].Data[j]), math.Float32bits(b[i].Data[j]),
				"%s: %s[%d]", why, a[i].Name, j)
		}
	}
}

func TestThreadsChangeNoBit(t *testing.T) {
	for _, accumulate := range []int{1, 3} {
		c := testConfig()
		c.Accumulate = accumulate
		want := trained(t, c, 0.3, 15)
		for _, threads := range []int{0, 2, 3, 8} {
			c.Threads = threads
			sameWeights(t, want, trained(t, c, 0.3, 15), fmt.Sprint(threads, " threads"))
		}
	}
}

// TestPiecesAreTheBatch: dividing a batch changes only the order of a sum.
func TestPiecesAreTheBatch(t *testing.T) {
	c := testConfig()
	c.Pieces = 1
	want := nn.Params(trained(t, c, 0, 15))
	for _, pieces := range []int{2, 4, 6, 100} {
		c.Pieces = pieces
		for i, p := range nn.Params(trained(t, c, 0, 15)) {
			require.InDeltaSlice(t, want[i].Data, p.Data, 1e-4, "%d pieces, %s", pieces, p.Name)
		}
	}
}

// TestAccumulationIsALargerBatch: two batches of three rows make the same step as one batch of six.
func TestAccumulationIsALargerBatch(t *testing.T) {
	c := testConfig()
	c.Pieces = 1
	whole := newBigram(vocab, 1)
	whole.forgetful = true
	one := walk(t, start(t, whole, testSource(), c), 1)

	c.Batch, c.Accumulate = 3, 2
	halves := newBigram(vocab, 1)
	halves.forgetful = true
	two := walk(t, start(t, halves, rowsOf{testSource(), 3}, c), 1)
	require.InDelta(t, one.Loss, two.Loss, 1e-6)
	require.InDelta(t, one.GradNorm, two.GradNorm, 1e-6)
	require.Equal(t, one.Tokens, two.Tokens)
	require.InDeltaSlice(t, whole.W.Data, halves.W.Data, 1e-5)
}

// rowsOf cuts the batches of a source into batches of n rows.
type rowsOf struct {
	cycle
	n int
}

func (r rowsOf) Batch(b *corpus.Batch, step int) {
	var whole corpus.Batch
	per := r.B / r.n
	r.cycle.Batch(&whole, step/per)
	lo := step % per * r.n * r.T
	b.B, b.T = r.n, r.T
	b.X, b.Y = whole.X[lo:lo+r.n*r.T], whole.Y[lo:lo+r.n*r.T]
}

// TestOverfits: trained on a single batch, a bigram model reaches the result of counting: the
// entropy of the next token given the last, in that batch.
func TestOverfits(t *testing.T) {
	c := testConfig()
	c.Steps, c.Warmup, c.LR, c.MinLR, c.WeightDecay = 300, 10, 0.2, 0.002, 0
	m := newBigram(vocab, 1)
	m.forgetful = true
	tr := start(t, m, same{testSource()}, c)
	first := walk(t, tr, 1)
	last := walk(t, tr, 299)
	require.InDelta(t, math.Log(vocab), first.Loss, 0.1, "an untrained model is uniform")
	require.InDelta(t, bigramEntropy(testSource()), last.Loss, 0.01)
	require.True(t, tr.Done())
	require.Equal(t, 300*first.Tokens, last.Tokens)
	require.Less(t, first.Tokens, 48, "a target of -1 is none")
}

// bigramEntropy returns H(y|x) of the first batch, in nats, by counting.
func bigramEntropy(src corpus.Source) float64 {
	var b corpus.Batch
	src.Batch(&b, 0)
	pairs, firsts, n := map[[2]lm.Token]float64{}, map[lm.Token]float64{}, 0.0
	for i, y := range b.Y {
		if y >= 0 {
			pairs[[2]lm.Token{b.X[i], y}]++
			firsts[b.X[i]]++
			n++
		}
	}
	h := 0.0
	for pair, count := range pairs {
		h -= count / n * math.Log(count/firsts[pair[0]])
	}
	return h
}

// same returns the batch of step 0 at every step.
type same struct{ cycle }

func (s same) Batch(b *corpus.Batch, _ int) { s.cycle.Batch(b, 0) }

// TestOneStepByHand follows one step of a single weight through every part: the gradient of the
// mean loss, clipping, AdamW with decay, the schedule.
func TestOneStepByHand(t *testing.T) {
	m := &line{W: autograd.NewParam(1, 2), B: autograd.NewParam(1, 1)}
	copy(m.W.Data, []float32{1, -2})
	m.B.Data[0] = 3
	c := testConfig()
	c.Batch, c.Pieces, c.Warmup, c.Steps, c.LR, c.MinLR, c.WeightDecay, c.Clip = 2, 2, 1, 10, 0.1,
		0.1, 0.5, 1
	s := walk(t, start(t, m, cycle{B: 2, T: 8, V: vocab}, c), 1)
	// Each piece's loss is (3·w0 + 4·w1 + 12·b)/2, so the gradient is (3, 4, 12), of length 13.
	require.InDelta(t, 3*1-4*2+12*3, s.Loss, 1e-5)
	require.InDelta(t, 13, s.GradNorm, 1e-5)
	require.InDelta(t, 0.05, s.LR, 1e-12, "the first of one warm-up step is halfway")
	// AdamW's first step is lr in the direction of the sign, whatever the length; the decay takes
	// 0.05·0.5 of a matrix.
	require.InDeltaSlice(t, []float32{1*0.975 - 0.05, -2*0.975 - 0.05}, m.W.Data, 1e-6)
	require.InDelta(t, 3-0.05, m.B.Data[0], 1e-6, "a vector does not decay")

	// The moments reveal the clipped gradient: m = 0.1·g/13.
	tr := start(t, m, cycle{B: 2, T: 8, V: vocab}, c)
	walk(t, tr, 1)
	require.InDeltaSlice(t, []float32{0.1 * 3 / 13, 0.1 * 4 / 13}, denseOf(tr).weights.m[0], 1e-6)
	for _, p := range denseOf(tr).pieces {
		require.Equal(t, []float32{0, 0}, p.params[0].Grad, "every step begins without gradients")
	}
}

// line has a loss that is linear in its weights.
type line struct {
	W *autograd.Tensor `param:"w"`
	B *autograd.Tensor `param:"b,vector"`
}

func (m *line) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	loss := t.New(1, 1)
	loss.Data[0] = (3*m.W.Data[0] + 4*m.W.Data[1] + 12*m.B.Data[0]) / 2
	autograd.Record(t, lineLoss{m, loss})
	return loss
}

type lineLoss struct {
	m    *line
	loss *autograd.Tensor
}

func (o *lineLoss) Backward() {
	g := o.loss.Grad[0] / 2
	o.m.W.Grad[0] += 3 * g
	o.m.W.Grad[1] += 4 * g
	o.m.B.Grad[0] += 12 * g
}

func TestDropoutIsAFunctionOfSeedStepAndPiece(t *testing.T) {
	c := testConfig()
	a := trained(t, c, 0.5, 3)
	sameWeights(t, a, trained(t, c, 0.5, 3), "the same seed")
	c.Seed++
	require.NotEqual(t, a.W.Data, trained(t, c, 0.5, 3).W.Data, "another seed")

	c.Accumulate = 3
	var draws, again []uint64
	walk(t, start(t, &roller{W: autograd.NewParam(1, 1), draws: &draws}, testSource(), c), 5)
	walk(t, start(t, &roller{W: autograd.NewParam(1, 1), draws: &again}, testSource(), c), 5)
	require.Equal(t, draws, again)
	require.Len(t, draws, 5*3*4)
	slices.Sort(draws)
	require.Len(t, slices.Compact(draws), 5*3*4, "every step, batch and piece has masks of its own")
}

// roller records the first random number that each call of Loss receives.
type roller struct {
	W     *autograd.Tensor `param:"w"`
	draws *[]uint64
}

func (m *roller) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	*m.draws = append(*m.draws, t.Rand.Uint64())
	loss := t.New(1, 1)
	loss.Data[0] = 1
	return loss
}

func TestModelKeepsItsOwnMemory(t *testing.T) {
	m := newBigram(vocab, 1)
	m.memory = [][]float32{{42}}
	tr := start(t, m, testSource(), testConfig())
	walk(t, tr, 2)
	require.Equal(t, [][]float32{{42}}, m.memory, "the run's memory is the replicas'")
	require.Equal(t, make([]float32, vocab*vocab), m.W.Grad, "and so are its gradients")
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, threads := range []int{1, 3} {
		c := testConfig()
		c.Threads = threads
		m := newBigram(vocab, 1)
		m.dropout = 0.1
		tr := start(t, m, testSource(), c)
		walk(t, tr, 3)
		require.Zero(t, allocations(tr), "%d threads",
			threads)
	}
}

// TestFrozen: a parameter without a gradient never moves, but it is in the checkpoint.
func TestFrozen(t *testing.T) {
	m := &more{Base: newBigram(vocab, 1), Extra: autograd.NewConst(1, 2, []float32{7, 8})}
	tr := start(t, m, testSource(), testConfig())
	walk(t, tr, 3)
	require.Equal(t, []float32{7, 8}, m.Extra.Data)
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	require.NoError(t, tr.Save(path, nil))
	twin := &more{Base: newBigram(vocab, 2), Extra: autograd.NewConst(1, 2, make([]float32, 2))}
	require.NoError(t, start(t, twin, testSource(), testConfig()).Resume(path, nil))
	sameWeights(t, m, twin, "frozen")
}

func TestDivergence(t *testing.T) {
	for name, poison := range map[string]float32{"NaN": float32(math.NaN()),
		"Inf": float32(math.Inf(1))} {
		m := newBigram(vocab, 1)
		tr := start(t, m, testSource(), testConfig())
		walk(t, tr, 3)
		m.B.Data[0] = poison
		before := append([]float32(nil), m.W.Data...)
		s, err := tr.Step()
		require.ErrorIs(t, err, ErrDiverged, name)
		require.ErrorContains(t, err, "step 4")
		require.ErrorContains(t, err, "lower lr")
		require.Equal(t, 3, s.Step)
		require.Equal(t, before, m.W.Data, "the weights stay as they were")
		require.Equal(t, make([]float32, vocab*vocab), denseOf(tr).pieces[0].params[0].Grad)
	}
}

// A model whose probabilities on held-out text are NaN has diverged, whatever its training loss.
func TestDivergenceIsFoundByValidation(t *testing.T) {
	c := testConfig()
	c.EvalEvery = Every{Steps: 2}
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	_, err := Run(t.Context(), newBigram(vocab, 1), testSource(), c, Checkpoint(path, nil),
		Validate(func(context.Context) (float64, error) {
			return 0, fmt.Errorf("document 1: %w", lm.ErrNoProbability)
		}))
	require.ErrorIs(t, err, ErrDiverged)
	require.ErrorContains(t, err, "validation after step 2")
	require.ErrorContains(t, err, "lower lr")
	require.NoFileExists(t, path)
}

// odd has a given loss and gradient.
type odd struct {
	W          *autograd.Tensor `param:"w"`
	loss, grad float32
}

func (m *odd) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	loss := t.New(1, 1)
	loss.Data[0] = m.loss
	m.W.Grad[0] += m.grad
	return loss
}

// TestDivergenceWithSoundWeights: an infinite loss or gradient ends the run even if the other is
// finite, and the last checkpoint is kept.
func TestDivergenceWithSoundWeights(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, bad := range []odd{{loss: inf, grad: 1}, {loss: 1, grad: inf}, {loss: 1, grad: -inf},
		{loss: inf - inf, grad: 1}} {
		path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
		bad.W = autograd.NewParam(1, 1)
		_, err := Run(t.Context(), &bad, testSource(), testConfig(), Checkpoint(path, nil))
		require.ErrorIs(t, err, ErrDiverged)
		require.Equal(t, []float32{0}, bad.W.Data)
		require.NoFileExists(t, path)
	}
}

// TestEveryBatchOnce: the steps of a run request the batches 0, 1, 2, … once each, even after a
// pause.
func TestEveryBatchOnce(t *testing.T) {
	c := testConfig()
	c.Accumulate = 3
	src := &asked{cycle: testSource()}
	a := start(t, newBigram(vocab, 1), src, c)
	walk(t, a, 2)
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	require.NoError(t, a.Save(path, nil))
	b := start(t, newBigram(vocab, 1), src, c)
	require.NoError(t, b.Resume(path, nil))
	walk(t, b, 2)
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, src.steps)
}

// asked records the batches that were requested.
type asked struct {
	cycle
	steps []int
}

func (s *asked) Batch(b *corpus.Batch, step int) {
	s.steps = append(s.steps, step)
	s.cycle.Batch(b, step)
}

func TestUntrainable(t *testing.T) {
	for _, c := range []struct {
		learner learner
		want    string
	}{
		{notAPointer{}, "want a pointer to a struct"},
		{&empty{}, "has no parameters"},
		{&twice{A: autograd.NewParam(1, 1), B: autograd.NewParam(1, 1)}, "two parameters named w"},
		{&bigram{W: &autograd.Tensor{General: blas32.General{Rows: 1, Cols: 1, Stride: 2,
			Data: make([]float32, 1)}}}, "bigram.weight of *train.bigram is a view"},
		{&bigram{W: autograd.NewConst(1, 1, make([]float32, 1))}, "are frozen"},
	} {
		_, err := NewTrainer(c.learner, testSource(), testConfig())
		require.ErrorContains(t, err, c.want)
	}
	tr := start(t, newBigram(vocab, 1), nothing{}, testConfig())
	_, err := tr.Step()
	require.ErrorContains(t, err, "batch 0: 0 rows")
	tr = start(t, newBigram(vocab, 1), &shrinking{testSource()}, testConfig())
	walk(t, tr, 1)
	_, err = tr.Step()
	require.ErrorContains(t, err, "batch 1: 5 rows after batches of 6")
}

type notAPointer struct{}

func (notAPointer) Loss(*autograd.Tape, corpus.Batch) *autograd.Tensor { return nil }

type empty struct{}

func (*empty) Loss(*autograd.Tape, corpus.Batch) *autograd.Tensor { return nil }

type twice struct {
	A *autograd.Tensor `param:"w"`
	B *autograd.Tensor `param:"w"`
}

func (*twice) Loss(*autograd.Tape, corpus.Batch) *autograd.Tensor { return nil }

type nothing struct{}

func (nothing) Batch(*corpus.Batch, int) {}

// shrinking is a source whose batches each have one row less.
type shrinking struct{ cycle }

func (s *shrinking) Batch(b *corpus.Batch, step int) { s.cycle.Batch(b, step); s.B-- }

func BenchmarkStep(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			c := testConfig()
			c.Threads, c.Batch = threads, 12
			// the size of a small GPT, to measure the cost of a step without the model
			m := &wide{W: autograd.NewParam(900, 1000)}
			tr, err := NewTrainer(m, cycle{B: 12, T: 8, V: vocab}, c)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = tr.Step()
			}
		})
	}
}

// wide has many weights, but almost no operations.
type wide struct {
	W *autograd.Tensor `param:"w"`
}

func (m *wide) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	loss := t.New(1, 1)
	loss.Data[0] = 1
	m.W.Grad[0]++
	return loss
}
