// Package bench measures how fast a machine trains models and generates text, compared with the
// peak rates of the machine.
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

// Options configures Run.
type Options struct {
	Threads int           // number of threads to measure besides one
	Pieces  int           // of a training batch; 0 means the default
	Each    time.Duration // of training, and again of generation, per model and number of threads

	Progress func(what string, done float64) // done is the fraction of the work, 0 to 1
}

// Result holds the peak rates of a machine and how close the models come to them.
type Result struct {
	Kernel    string    `json:"kernel"` // instruction set of the matrix product
	OS        string    `json:"os"`
	Arch      string    `json:"arch"`
	Threads   int       `json:"threads"`
	Peak      Rates     `json:"peak_flops"`      // operations per second, two per multiply-add
	Bandwidth Rates     `json:"bandwidth_bytes"` // bytes per second read from memory
	Models    []Measure `json:"models"`
}

// Rates holds a figure for one thread and for all threads.
type Rates struct {
	One float64 `json:"one"`
	All float64 `json:"all"`
}

// keep keeps the higher of two measurements, because other processes can only lower a measurement.
func (r *Rates) keep(threads int, x float64) {
	r.All = max(r.All, x)
	if threads == 1 {
		r.One = max(r.One, x)
	}
}

// Measure holds the measurements of one model.
type Measure struct {
	Name      string  `json:"name"`
	Like      string  `json:"like"`
	Params    int     `json:"params"`
	Batch     int     `json:"batch,omitempty"`
	Context   int     `json:"context"`
	StepFLOPs float64 `json:"step_flops,omitempty"`   // per training step, see nn.Shape
	Steps     int     `json:"steps,omitempty"`        // measured, on all threads
	Seconds   Rates   `json:"step_seconds,omitzero"`  // median of a training step
	Fastest   Rates   `json:"fastest_step,omitzero"`  // fastest training step
	Tokens    Rates   `json:"tokens_second,omitzero"` // trained per second
	FLOPs     Rates   `json:"flops,omitzero"`         // per second
	OfPeak    Rates   `json:"of_peak,omitzero"`       // FLOPs / Peak
	Scaling   float64 `json:"scaling,omitempty"`      // tokens per second and thread, all/one
	// tokens per second, generated one at a time
	Generated  Rates   `json:"generated,omitzero"`
	Int8       Rates   `json:"generated_int8,omitzero"` // the same with one-byte weights
	Bytes      float64 `json:"weight_bytes"`            // read per generated token
	OfMemory   Rates   `json:"of_bandwidth,omitzero"`   // median of Generated·Bytes / Bandwidth
	PeakMemory int64   `json:"peak_memory,omitempty"`   // bytes of a process that only trains
}

// benchRounds is the number of rounds of a measurement. Each round measures everything once, so
// that a disturbance affects all models alike.
const benchRounds = 5

// beyondCaches is the number of weight bytes from which generation is compared with the memory
// bandwidth.
const beyondCaches = 48 << 20

// Run measures the machine and the cases.
func Run(ctx context.Context, cases []Case, o Options) (*Result, error) {
	b := &Result{
		Kernel: gemm.Kernel(), OS: runtime.GOOS, Arch: runtime.GOARCH, Threads: max(o.Threads, 1),
	}
	var all []*bencher
	for _, s := range cases {
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

// ceilings measures the peak rates of the machine one more time.
func (b *Result) ceilings(m memory) {
	const each = 40 * time.Millisecond
	for _, threads := range slices.Compact([]int{1, b.Threads}) {
		b.Peak.keep(threads, together(threads, func(int) float64 { return gemm.PeakFLOPS(each) }))
		b.Bandwidth.keep(threads, m.bandwidth(threads, each))
	}
}

// memory holds one buffer per thread.
type memory [][]float32

// bandwidth measures for time d how many bytes per second several threads read together.
func (m memory) bandwidth(threads int, d time.Duration) float64 {
	return together(threads, func(i int) float64 { return gemm.Bandwidth(d, m[i]) })
}

// together returns the sum of the rates of several threads that run concurrently.
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

// sum summarises all rounds.
func (x *bencher) sum(b *Result) Measure {
	m := Measure{
		Name: x.Name, Like: x.Like, Params: nn.Count(x.model),
		Batch: x.Batch, Context: x.Context, Bytes: x.bytes(),
	}
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

// median returns the median of x, which it sorts.
func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// TrainOnce makes a few training steps of a case and nothing else, so that the parent process can
// measure its memory.
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
