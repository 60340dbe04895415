package zoo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"lmzoo/autograd/gemm"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/train"
)

// BenchOptions say how Bench measures.
type BenchOptions struct {
	Threads  int           // beside one
	Pieces   int           // of a batch; 0: as training has it
	Each     time.Duration // how long each model is trained, and as long it generates, with each number of threads
	Progress func(what string)
}

// Bench is what a machine can do and what the models make of it.
type Bench struct {
	Kernel    string    `json:"kernel"` // the instructions of the matrix product
	OS        string    `json:"os"`
	Arch      string    `json:"arch"`
	Threads   int       `json:"threads"`
	Peak      Rates     `json:"peak_flops"`      // multiply-adds, two floating-point operations each, a second
	Bandwidth Rates     `json:"bandwidth_bytes"` // read from memory a second
	Models    []Measure `json:"models"`
}

// Rates are one figure on one thread and on all.
type Rates struct {
	One float64 `json:"one"`
	All float64 `json:"all"`
}

// keep keeps the higher of two measurements: what else runs on a machine can only take away.
func (r *Rates) keep(threads int, x float64) {
	r.All = max(r.All, x)
	if threads == 1 {
		r.One = max(r.One, x)
	}
}

// Measure is what was measured of one model.
type Measure struct {
	Name       string  `json:"name"`
	Like       string  `json:"like"`
	Params     int     `json:"params"`
	Batch      int     `json:"batch,omitempty"`
	Context    int     `json:"context"`
	StepFLOPs  float64 `json:"step_flops,omitempty"`   // modelFLOPs of a training step
	Steps      int     `json:"steps,omitempty"`        // that the medians are of, on all threads
	Seconds    Rates   `json:"step_seconds,omitzero"`  // median of a training step
	Fastest    Rates   `json:"fastest_step,omitzero"`  // its smallest
	Tokens     Rates   `json:"tokens_second,omitzero"` // trained
	FLOPs      Rates   `json:"flops,omitzero"`         // a second
	OfPeak     Rates   `json:"of_peak,omitzero"`       // FLOPs / Peak
	Scaling    float64 `json:"scaling,omitempty"`      // tokens a second and thread on all threads, of those on one
	Generated  Rates   `json:"generated"`              // tokens a second, one after another
	Int8       Rates   `json:"generated_int8"`         // the same with weights of one byte
	Bytes      float64 `json:"weight_bytes"`           // that a generated token reads
	OfMemory   Rates   `json:"of_bandwidth,omitzero"`  // Generated·Bytes / Bandwidth, where the weights exceed the caches
	PeakMemory int64   `json:"peak_memory,omitempty"`  // bytes of a process that does nothing but train it
}

// benchRounds is over how many rounds a measurement is spread: in each everything is measured once, so that a
// disturbance falls on all alike.
const benchRounds = 5

// beyondCaches is from how many bytes of weights on generation is compared with the bandwidth of memory.
const beyondCaches = 48 << 20

// RunBench measures the machine and the shapes.
func RunBench(ctx context.Context, shapes []BenchShape, o BenchOptions) (*Bench, error) {
	b := &Bench{Kernel: gemm.Kernel(), OS: runtime.GOOS, Arch: runtime.GOARCH, Threads: max(o.Threads, 1)}
	var all []*bencher
	for _, s := range shapes {
		x, err := newBencher(s, b.Threads, o.Pieces)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		all = append(all, x)
	}
	buffers := make([][]float32, b.Threads) // larger than any cache
	for i := range buffers {
		buffers[i] = gemm.Make[float32](1 << 24)
	}
	each := o.Each / benchRounds
	for round := range benchRounds {
		b.ceilings(buffers)
		for _, x := range all {
			if o.Progress != nil {
				o.Progress(fmt.Sprintf("round %d of %d: %s", round+1, benchRounds, x.Name))
			}
			if err := x.measure(ctx, each); err != nil {
				return nil, fmt.Errorf("%s: %w", x.Name, err)
			}
		}
	}
	for _, x := range all {
		b.Models = append(b.Models, x.sum(b))
	}
	return b, nil
}

// ceilings measures once more what the machine can do at most.
func (b *Bench) ceilings(buffers [][]float32) {
	const each = 40 * time.Millisecond
	for _, threads := range slices.Compact([]int{1, b.Threads}) {
		b.Peak.keep(threads, together(threads, func(int) float64 { return gemm.PeakFLOPS(each) }))
		b.Bandwidth.keep(threads, together(threads, func(i int) float64 { return gemm.Bandwidth(each, buffers[i]) }))
	}
}

// together is the sum of what several threads reach at the same time.
func together(threads int, run func(thread int) float64) (sum float64) {
	rates := make([]float64, threads)
	var wg sync.WaitGroup
	for i := range rates {
		wg.Go(func() { rates[i] = run(i) })
	}
	wg.Wait()
	for _, r := range rates {
		sum += r
	}
	return sum
}

// bencher measures one model with one number of threads after the other.
type bencher struct {
	BenchShape
	model, int8 Neural
	runs        []*benchRun
}

// benchRun is one model on one number of threads.
type benchRun struct {
	threads  int
	trainer  *train.Trainer
	speakers [2]*speaker // float32, int8
	steps    []float64   // seconds of every training step
	tokens   [2]int      // generated …
	took     [2]float64  // … in so many seconds
}

func newBencher(s BenchShape, threads, pieces int) (*bencher, error) {
	x := &bencher{BenchShape: s}
	var err error
	if x.model, err = s.build(); err != nil {
		return nil, err
	}
	if x.int8, err = s.build(); err != nil {
		return nil, err
	}
	Quantize(x.int8)
	for _, n := range slices.Compact([]int{1, threads}) {
		r := &benchRun{threads: n}
		x.runs = append(x.runs, r)
		for i, m := range []Neural{x.model, x.int8} {
			r.speakers[i] = newSpeaker(m, s.Context)
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
func benchTrainer(m Neural, s BenchShape, threads, pieces int) (*train.Trainer, error) {
	c := train.Default()
	c.Batch, c.Context, c.Threads, c.LR, c.MinLR = s.Batch, s.Context, threads, 1e-6, 1e-6
	if pieces > 0 {
		c.Pieces = pieces
	}
	return train.NewTrainer(m, &noise{s.Batch, s.Context, m.Vocab(), rand.New(rand.NewPCG(1, 2))}, c)
}

// measure adds a round.
func (x *bencher) measure(ctx context.Context, each time.Duration) error {
	for _, r := range x.runs {
		if r.trainer != nil {
			if err := r.train(ctx, each); err != nil {
				return err
			}
		}
		for i, m := range []Neural{x.model, x.int8} {
			SetThreads(m, r.threads)
			if err := r.speak(ctx, i, each/2); err != nil {
				return err
			}
		}
	}
	return nil
}

// train makes steps for a while; the first of a round warms the caches and does not count.
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

// speak generates tokens for a while.
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

// speaker generates texts of the length of the window, one after the other.
type speaker struct {
	state  lm.State
	length int
	window int
	probs  []float64
}

func newSpeaker(m Neural, window int) *speaker {
	return &speaker{state: m.Start(), window: window, probs: make([]float64, m.Vocab())}
}

// next generates a token; which one makes no difference to the time.
func (s *speaker) next() {
	s.probs = s.state.NextLogProbs(s.probs)
	s.length++
	if s.length%s.window == 0 {
		s.state.Push(lm.BOS)
		return
	}
	s.state.Push(lm.Token(1 + s.length%(len(s.probs)-1)))
}

// sum is what all rounds together say.
func (x *bencher) sum(b *Bench) Measure {
	m := Measure{Name: x.Name, Like: x.Like, Params: nn.Count(x.model), Batch: x.Batch, Context: x.Context, Bytes: 4 * float64(multiplied(x.model))}
	m.StepFLOPs = modelFLOPs(x.model, x.Context, x.Batch*x.Context)
	for _, r := range x.runs {
		set := func(rates *Rates, value float64) {
			rates.All = value
			if r.threads == 1 {
				rates.One = value
			}
		}
		set(&m.Generated, float64(r.tokens[0])/r.took[0])
		set(&m.Int8, float64(r.tokens[1])/r.took[1])
		if len(r.steps) == 0 {
			continue
		}
		slices.Sort(r.steps)
		m.Steps = len(r.steps)
		median := r.steps[len(r.steps)/2]
		set(&m.Seconds, median)
		set(&m.Fastest, r.steps[0])
		set(&m.Tokens, float64(x.Batch*x.Context)/median)
		set(&m.FLOPs, m.StepFLOPs/median)
	}
	m.OfPeak = Rates{m.FLOPs.One / b.Peak.One, m.FLOPs.All / b.Peak.All}
	if m.Bytes >= beyondCaches {
		m.OfMemory = Rates{m.Generated.One * m.Bytes / b.Bandwidth.One, m.Generated.All * m.Bytes / b.Bandwidth.All}
	}
	if m.Tokens.One > 0 {
		m.Scaling = m.Tokens.All / m.Tokens.One / float64(b.Threads)
	}
	return m
}

// TrainOnce makes a few training steps of a shape and nothing else, so that whoever started the process can see its memory.
func TrainOnce(s BenchShape, threads, pieces int) error {
	m, err := s.build()
	if err != nil || s.Batch == 0 {
		return err
	}
	tr, err := benchTrainer(m, s, threads, pieces)
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := tr.Step(); err != nil {
			return err
		}
	}
	return nil
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
		*b = corpus.Batch{B: s.batch, T: s.context, X: make([]lm.Token, n), Y: make([]lm.Token, n), N: n}
	}
	for i := range n {
		b.X[i], b.Y[i] = 1+s.rng.Int32N(int32(s.vocab)-1), 1+s.rng.Int32N(int32(s.vocab)-1)
	}
}

// SetThreads lets a model use several threads for one token, if it can; they change no bit of any result.
func SetThreads(m lm.Model, threads int) {
	if m, ok := m.(interface{ SetThreads(int) }); ok {
		m.SetThreads(threads)
	}
}

// Quantize rounds the weights of a neural model to one byte each, for faster generation, and reports whether it has any.
func Quantize(m lm.Model) bool {
	q, ok := m.(interface{ Quantize() })
	if ok {
		q.Quantize()
	}
	return ok
}
