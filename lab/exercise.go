package lab

import (
	"context"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/train"
	"lmzoo/transformer"
)

// exercises is a source of rows of text, each with answers to predict, fresh at every step.
type exercises struct {
	rows, length int // of a batch; of the text before the last answer
	seed         uint64

	// draw fills the inputs x and the targets y of a row, which are BOS and −1.
	draw func(rng *rand.Rand, x, y []lm.Token)
}

// Batch fills b with the exercises of a step.
func (e exercises) Batch(b *corpus.Batch, step int) {
	n := e.rows * e.length
	if len(b.X) != n {
		b.X, b.Y = make([]lm.Token, n), make([]lm.Token, n)
	}
	b.B, b.T, b.N = e.rows, e.length, 0
	rng := rand.New(rand.NewPCG(e.seed, uint64(step)))
	for i := 0; i < n; i += e.length {
		x, y := b.X[i:][:e.length], b.Y[i:][:e.length]
		for j := range x {
			x[j], y[j] = lm.BOS, -1
		}
		e.draw(rng, x, y)
		for _, t := range y {
			if t >= 0 {
				b.N++
			}
		}
	}
}

// unseen returns rows of a batch that no step draws.
func (e exercises) unseen(rows int) corpus.Batch {
	var b corpus.Batch
	e.rows = rows
	e.Batch(&b, -1)
	return b
}

// mark is a model's score on one target.
type mark struct {
	row   int
	at    int     // position in the row
	logP  float64 // of the target, in nats
	right bool    // whether the target is the first choice
}

// marks scores every target of a batch, in order. Answers before a target are given, so that a row
// is right as a whole if all its targets are the first choice, as in greedy decoding.
func marks(m *transformer.Model, b corpus.Batch) (all []mark) {
	predict(m, b, func(i int, logP []float64) {
		if y := b.Y[i]; y >= 0 {
			all = append(all, mark{row: i / b.T, at: i % b.T, logP: logP[y],
				right: floats.MaxIdx(logP) == int(y)})
		}
	})
	return all
}

// predict passes the distribution after each position of a batch to use.
func predict(m *transformer.Model, b corpus.Batch, use func(i int, logP []float64)) {
	const rows = 64
	tape := autograd.NewForward()
	logP := make([]float64, m.Vocab())
	for from := 0; from < b.B; from += rows {
		part := corpus.Batch{B: min(rows, b.B-from), T: b.T}
		part.X = b.X[from*b.T:][:part.B*b.T]
		tape.Reset()
		hidden := m.Hidden(tape, part)
		logits := tape.LinearT(hidden[len(hidden)-1], m.WTE.Weight, nil) // [B·T, V]
		for i := range part.X {
			tape.LogSoftmax(logP, logits.Row(i))
			use(from*b.T+i, logP)
		}
	}
}

// solved returns the mean −ln P of the targets and the share of rows whose targets are all right.
func solved(all []mark) (nats, exact float64) {
	wrong := map[int]bool{}
	rows := map[int]bool{}
	for _, k := range all {
		nats -= k.logP / float64(len(all))
		rows[k.row] = true
		if !k.right {
			wrong[k.row] = true
		}
	}
	return nats, 1 - float64(len(wrong))/float64(len(rows))
}

// decoder is a small GPT that learns exercises.
type decoder struct {
	layers, channels, heads int
	vocab, window           int
	seed                    uint64
}

// new returns the network. Its first weights are larger than GPT-2's, because it is narrow.
func (d decoder) new() (*transformer.Model, error) {
	return transformer.New(transformer.Config{
		VocabSize: d.vocab, NPositions: d.window, NEmbd: d.channels, NLayer: d.layers,
		NHead: d.heads, InitializerRange: 0.08,
	}, rand.New(rand.NewPCG(d.seed, 16)))
}

// practice trains a network on exercises at a rate that falls almost to 0 over the run along half a
// cosine. If every is not 0, it calls check with the number of steps made, at these intervals.
func practice(
	ctx context.Context, m *transformer.Model, e exercises, steps int, lr float64,
	every int, check func(step int),
) error {
	c := train.Default()
	c.Batch, c.Context, c.Steps = e.rows, e.length, steps
	c.LR, c.MinLR, c.Warmup, c.Beta2 = lr, 0.02*lr, min(50, steps/5), 0.98
	c.WeightDecay, c.Pieces, c.Seed = 0.01, 1, e.seed
	c.EvalEvery, c.SaveEvery = train.Every{}, train.Every{}
	_, err := train.Run(ctx, m, e, c,
		func(_ context.Context, _ *train.Trainer, event train.Event) error {
			if event.Kind == train.Stepped && every > 0 && event.Stats.Step%every == 0 {
				check(event.Stats.Step)
			}
			return nil
		})
	return err
}
