package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"lmzoo/autograd/gemm"
	"lmzoo/nn"
)

// Options say how Bench measures.
type Options struct {
	Threads  int                             // beside one
	Pieces   int                             // of a batch; 0: as training has it
	Each     time.Duration                   // how long each model is trained, and as long it generates, with each number of threads
	Progress func(what string, done float64) // done is the share of the work, 0 to 1
}

// Result is what a machine can do and what the models make of it.
type Result struct {
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
	StepFLOPs  float64 `json:"step_flops,omitempty"`    // of a training step, as nn.Shape counts them
	Steps      int     `json:"steps,omitempty"`         // that the medians are of, on all threads
	Seconds    Rates   `json:"step_seconds,omitzero"`   // median of a training step
	Fastest    Rates   `json:"fastest_step,omitzero"`   // its smallest
	Tokens     Rates   `json:"tokens_second,omitzero"`  // trained
	FLOPs      Rates   `json:"flops,omitzero"`          // a second
	OfPeak     Rates   `json:"of_peak,omitzero"`        // FLOPs / Peak
	Scaling    float64 `json:"scaling,omitempty"`       // tokens a second and thread on all threads, of those on one
	Generated  Rates   `json:"generated,omitzero"`      // tokens a second, one after another
	Int8       Rates   `json:"generated_int8,omitzero"` // the same with weights of one byte
	Bytes      float64 `json:"weight_bytes"`            // that a generated token reads
	OfMemory   Rates   `json:"of_bandwidth,omitzero"`   // median of Generated·Bytes / Bandwidth, both measured at once, where the weights exceed the caches
	PeakMemory int64   `json:"peak_memory,omitempty"`   // bytes of a process that does nothing but train it
}

// benchRounds is over how many rounds a measurement is spread: in each everything is measured once, so that a
// disturbance falls on all alike.
const benchRounds = 5

// beyondCaches is from how many bytes of weights on generation is compared with the bandwidth of memory.
const beyondCaches = 48 << 20

// Run measures the machine and the shapes.
func Run(ctx context.Context, shapes []Case, o Options) (*Result, error) {
	b := &Result{Kernel: gemm.Kernel(), OS: runtime.GOOS, Arch: runtime.GOARCH, Threads: max(o.Threads, 1)}
	var all []*bencher
	for _, s := range shapes {
		x, err := newBencher(s, b.Threads, o.Pieces)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		all = append(all, x)
	}
	m := make(memory, b.Threads)
	for i := range m {
		m[i] = gemm.Make[float32](1 << 24) // larger than any cache
	}
	each := o.Each / benchRounds
	for round := range benchRounds {
		b.ceilings(m)
		for i, x := range all {
			if o.Progress != nil {
				done := float64(round*len(all)+i) / float64(benchRounds*len(all))
				o.Progress(fmt.Sprintf("round %d of %d: %s", round+1, benchRounds, x.Name), done)
			}
			if err := x.measure(ctx, each, m); err != nil {
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
func (b *Result) ceilings(m memory) {
	const each = 40 * time.Millisecond
	for _, threads := range slices.Compact([]int{1, b.Threads}) {
		b.Peak.keep(threads, together(threads, func(int) float64 { return gemm.PeakFLOPS(each) }))
		b.Bandwidth.keep(threads, m.bandwidth(threads, each))
	}
}

// memory is a buffer for each thread.
type memory [][]float32

// bandwidth measures for a while how many bytes a second several threads read at the same time.
func (m memory) bandwidth(threads int, d time.Duration) float64 {
	return together(threads, func(i int) float64 { return gemm.Bandwidth(d, m[i]) })
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

// sum is what all rounds together say.
func (x *bencher) sum(b *Result) Measure {
	m := Measure{Name: x.Name, Like: x.Like, Params: nn.Count(x.model), Batch: x.Batch, Context: x.Context, Bytes: x.bytes()}
	m.StepFLOPs = x.shape.FLOPs * float64(x.Batch*x.Context)
	for _, r := range x.runs {
		set := func(rates *Rates, value float64) {
			rates.All = value
			if r.threads == 1 {
				rates.One = value
			}
		}
		if len(r.speakers) > 0 {
			set(&m.Generated, float64(r.tokens[0])/r.took[0])
			set(&m.Int8, float64(r.tokens[1])/r.took[1])
		}
		if len(r.ofMemory) > 0 {
			set(&m.OfMemory, median(r.ofMemory))
		}
		if len(r.steps) == 0 {
			continue
		}
		m.Steps = len(r.steps)
		step := median(r.steps)
		set(&m.Seconds, step)
		set(&m.Fastest, slices.Min(r.steps))
		set(&m.Tokens, float64(x.Batch*x.Context)/step)
		set(&m.FLOPs, m.StepFLOPs/step)
	}
	m.OfPeak = Rates{m.FLOPs.One / b.Peak.One, m.FLOPs.All / b.Peak.All}
	if m.Tokens.One > 0 {
		m.Scaling = m.Tokens.All / m.Tokens.One / float64(b.Threads)
	}
	return m
}

// median returns the middle one of a list, which it sorts.
func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// TrainOnce makes a few training steps of a shape and nothing else, so that whoever started the process can see its memory.
func TrainOnce(s Case, threads, pieces int) error {
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
