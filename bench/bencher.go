package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/train"
	"lmzoo/transformer"
)

// bencher measures one model, with one thread and with all threads.
type bencher struct {
	Case
	model    model
	speaking []speaking // float32 and int8; empty if the model does not generate
	runs     []*benchRun
}

// benchRun holds the measurements of a model with one number of threads.
type benchRun struct {
	threads  int
	trainer  *train.Trainer
	speakers []*speaker // float32 and int8
	steps    []float64  // seconds per training step
	tokens   [2]int     // tokens generated
	took     [2]float64 // seconds that they took
	ofMemory []float64  // shares of the bandwidth that float32 generation used
}

func newBencher(s Case, threads, pieces int) (*bencher, error) {
	x := &bencher{Case: s}
	var err error
	if x.model, err = s.build(); err != nil {
		return nil, err
	}
	if m, ok := x.model.(speaking); ok {
		twin, err := s.build()
		if err != nil {
			return nil, err
		}
		x.speaking = []speaking{m, twin.(speaking)}
		x.speaking[1].Quantize()
	}
	for _, n := range slices.Compact([]int{1, threads}) {
		r := &benchRun{threads: n}
		x.runs = append(x.runs, r)
		for _, m := range x.speaking {
			r.speakers = append(r.speakers, newSpeaker(m, s.Context))
		}
		if s.Batch == 0 {
			continue
		}
		if r.trainer, err = benchTrainer(x.model, s, n, pieces); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// benchTrainer trains m on random tokens.
func benchTrainer(m model, s Case, threads, pieces int) (*train.Trainer, error) {
	c := train.Default()
	c.Batch, c.Context, c.Threads, c.LR, c.MinLR = s.Batch, s.Context, threads, 1e-6, 1e-6
	if pieces > 0 {
		c.Pieces = pieces
	}
	random := &noise{s.Batch, s.Context, m.Vocab(), rand.New(rand.NewPCG(1, 2))}
	switch m := m.(type) {
	case train.Learner[corpus.Batch]:
		return train.NewTrainer(m, random, c)
	case train.Learner[transformer.MaskedBatch]:
		return train.NewTrainer(m, maskedNoise{random}, c)
	case *mlp.Word2Vec:
		l, err := mlp.NewWord2VecLearner(m, random.documents(), s.Batch, s.Context, 1, threads)
		if err != nil {
			return nil, err
		}
		return train.NewTrainerOf(l, c)
	}
	return nil, fmt.Errorf("%s: cannot train a %T", s.Name, m)
}

// bytes returns the bytes of weights that a generated token reads.
func (x *bencher) bytes() float64 { return x.shape.Bytes }

// measure adds one round.
func (x *bencher) measure(ctx context.Context, each time.Duration, mem memory) error {
	for _, r := range x.runs {
		if r.trainer != nil {
			if err := r.train(ctx, each); err != nil {
				return err
			}
		}
		for i, m := range x.speaking {
			m.SetThreads(r.threads)
			if i == 0 && x.bytes() >= beyondCaches {
				if err := r.compare(ctx, x.bytes(), each/2, mem); err != nil {
					return err
				}
				continue
			}
			if err := r.speak(ctx, i, each/2); err != nil {
				return err
			}
		}
	}
	return nil
}

// train makes training steps for the duration each. The first step warms the caches and is not
// counted.
func (r *benchRun) train(ctx context.Context, each time.Duration) error {
	for begin, warm := time.Now(), false; ; warm = true {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Now()
		if _, err := r.trainer.Step(); err != nil {
			return err
		}
		if warm {
			r.steps = append(r.steps, time.Since(start).Seconds())
			if time.Since(begin) >= each {
				return nil
			}
		}
	}
}

// speak generates tokens for the duration each.
func (r *benchRun) speak(ctx context.Context, which int, each time.Duration) error {
	s := r.speakers[which]
	s.next()
	start := time.Now()
	for n := 1; ; n++ {
		s.next()
		if took := time.Since(start); took >= each {
			r.tokens[which] += n
			r.took[which] += took.Seconds()
			return ctx.Err()
		}
	}
}

// compare alternates between generating tokens and reading memory, because the bandwidth that other
// processes leave varies over time.
func (r *benchRun) compare(
	ctx context.Context, bytes float64, each time.Duration, mem memory,
) error {
	const turns = 4
	for range turns {
		limit := mem.bandwidth(r.threads, 20*time.Millisecond)
		tokens, took := r.tokens[0], r.took[0]
		if err := r.speak(ctx, 0, each/turns); err != nil {
			return err
		}
		r.ofMemory = append(r.ofMemory, float64(r.tokens[0]-tokens)/(r.took[0]-took)*bytes/limit)
	}
	return nil
}

// speaker generates texts as long as the context window.
type speaker struct {
	state  lm.State
	length int
	window int
	probs  []float64
}

func newSpeaker(m speaking, window int) *speaker {
	return &speaker{state: m.Start(), window: window, probs: make([]float64, m.Vocab())}
}

// next generates a token. Its choice does not affect the time.
func (s *speaker) next() {
	s.probs = s.state.NextLogProbs(s.probs)
	s.length++
	if s.length%s.window == 0 {
		s.state.Push(lm.BOS)
		return
	}
	s.state.Push(lm.Token(1 + s.length%(len(s.probs)-1)))
}

// noise is a source of random tokens.
type noise struct {
	batch, context, vocab int
	rng                   *rand.Rand
}

// Batch fills b.
func (s *noise) Batch(b *corpus.Batch, _ int) {
	n := s.batch * s.context
	if len(b.X) != n {
		*b = corpus.Batch{
			B: s.batch, T: s.context, X: make([]lm.Token, n), Y: make([]lm.Token, n), N: n,
		}
	}
	for i := range n {
		b.X[i], b.Y[i] = 1+s.rng.Int32N(int32(s.vocab)-1), 1+s.rng.Int32N(int32(s.vocab)-1)
	}
}

// documents returns a text of random tokens, in documents as long as a row.
func (s *noise) documents() [][]lm.Token {
	docs := make([][]lm.Token, 256)
	for i := range docs {
		docs[i] = make([]lm.Token, s.context)
		for j := range docs[i] {
			docs[i][j] = 1 + s.rng.Int32N(int32(s.vocab)-1)
		}
	}
	return docs
}

// maskedNoise is a source of random tokens; 15 % of them are targets.
type maskedNoise struct{ *noise }

// Batch fills b.
func (s maskedNoise) Batch(b *transformer.MaskedBatch, step int) {
	s.noise.Batch(&b.Batch, step)
	if b.Next == nil {
		b.Next = make([]int32, len(b.X))
	}
	b.N = 0
	for i := range b.Y {
		b.X[i] = min(b.X[i], lm.Token(s.vocab-3)) // no [SEP], which would begin another segment
		if b.Next[i] = -1; i%20 < 17 {
			b.Y[i] = -1
		} else {
			b.N++
		}
	}
}
