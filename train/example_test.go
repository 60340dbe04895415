package train

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// chain is a source of nine tokens in which the next token is the last plus one, four times out of
// five, and otherwise any token. Its entropy is 0.84 nats, so no model can do better.
type chain struct{ B, T int }

func (c chain) Batch(b *corpus.Batch, step int) {
	r := rand.New(rand.NewPCG(1, uint64(step)))
	b.B, b.T, b.X, b.Y = c.B, c.T, b.X[:0], b.Y[:0]
	for range c.B * c.T {
		x := lm.Token(r.IntN(9))
		y := (x + 1) % 9
		if r.IntN(5) == 0 {
			y = lm.Token(r.IntN(9))
		}
		b.X, b.Y = append(b.X, x), append(b.Y, y)
	}
}

// A run needs a learner, a source of batches and a configuration; observers are optional. This run
// begins at the entropy of a fair die with nine faces (ln 9 = 2.20 nats) and ends at the entropy of
// the source.
func Example() {
	c := Default()
	c.Batch, c.Context, c.Steps, c.Warmup, c.LR, c.MinLR, c.WeightDecay = 32, 32, 300, 20, 0.1,
		0.001, 0
	mean := 0.0
	watch := func(_ context.Context, tr *Trainer, e Event) error {
		if e.Kind == Stepped {
			mean += e.Stats.Loss / 100
		}
		if s := e.Stats; e.Kind == Stepped && s.Step%100 == 0 {
			fmt.Printf("step %d  lr %.3f  mean loss %.2f\n", s.Step, s.LR, mean)
			mean = 0
		}
		return nil
	}
	model := newBigram(9, 1)
	model.forgetful = true
	sum, err := Run(context.Background(), model, chain{B: 32, T: 32}, c, watch)
	fmt.Println(sum.Tokens, "targets,", err)
	// Output:
	// step 100  lr 0.082  mean loss 1.05
	// step 200  lr 0.030  mean loss 0.85
	// step 300  lr 0.001  mean loss 0.84
	// 307200 targets, <nil>
}
