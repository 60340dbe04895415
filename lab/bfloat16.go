package lab

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/nn"
	"lmzoo/train"
	"lmzoo/transformer"
	"lmzoo/zoo"
)

// BFloat16 stores the weights, activations and gradients of a small GPT in 16 bits, with and
// without a float32 copy of the weights for the optimizer, and checks the estimates of operations
// and memory. A seed takes about half a minute on one core at full scale.
//
// The storage is simulated: numbers are rounded to bfloat16 where they would be stored, and the
// arithmetic in between is float32, as in matrix units that accumulate in float32. The memory is
// computed from the formats.
func BFloat16() Experiment {
	return Experiment{
		Name: "bfloat16", Era: "LLM", Year: 2019,
		Topic: "scale",
		Paper: "Kalamkar et al. 2019, A Study of BFLOAT16 for Deep Learning Training; " +
			"Micikevicius et al. 2018; Gupta et al. 2015",
		Claim: "bfloat16 weights, activations and gradients cost little if the optimizer updates " +
			"float32 weights, and at least five times as much if it updates the rounded ones.",
		Figures: []Figure{{
			Title: "What half the bits cost",
			Look: "Only one row leaves the dashed line: without float32 master weights, small " +
				"changes of a weight are rounded away.",
			X: "storage", Y: []string{"difference"}, Dots: true, MarkName: "float32",
			YAxis: "difference in bits per byte",
		}},
		Measures: map[string]string{
			"float32":  "bits per byte of the world's test part",
			"master":   "bfloat16 with float32 master weights, less float32",
			"nearest":  "bfloat16 without master weights, less float32",
			"random":   "the same with stochastic rounding of the updated weights",
			"unmoved":  "share of the updates that left a weight as it was, without master weights",
			"activity": "activations alone in bfloat16, less float32",
		},
		Run: runBFloat16,
	}
}

// toBFloat16 rounds x to the nearest bfloat16, ties to even: 1 sign, 8 exponent and 7 fraction
// bits.
func toBFloat16(x float32) float32 {
	bits := math.Float32bits(x)
	if bits&0x7f800000 == 0x7f800000 {
		return x // infinite or NaN
	}
	bits += 0x7fff + bits>>16&1
	return math.Float32frombits(bits &^ 0xffff)
}

// stochastic rounds x up or down to a bfloat16, so that the mean of the result is x (Gupta et al.
// 2015, §3.2).
func stochastic(x float32, rng *rand.Rand) float32 {
	bits := math.Float32bits(x)
	if bits&0x7f800000 == 0x7f800000 {
		return x
	}
	return math.Float32frombits((bits + rng.Uint32()&0xffff) &^ 0xffff)
}

func roundAll(x []float32) {
	for i, v := range x {
		x[i] = toBFloat16(v)
	}
}

// precision is a way to store the numbers of a training run.
type precision struct {
	name, title string
	activations bool // whether activations and their gradients are rounded
	weights     bool // whether weights are rounded in both passes
	update      func(x float32, rng *rand.Rand) float32
	perWeight   float64 // bytes: weight, gradient, two moments of AdamW, master copy
	perNumber   float64 // bytes of an activation
}

func precisions() []precision {
	nearest := func(x float32, _ *rand.Rand) float32 { return toBFloat16(x) }
	return []precision{
		{name: "float32", title: "float32", perWeight: 4 + 4 + 8, perNumber: 4},
		{name: "activity", title: "activations bfloat16", activations: true, perWeight: 4 + 4 + 8,
			perNumber: 2},
		{name: "master", title: "all bfloat16, float32 master weights", activations: true,
			weights: true, perWeight: 2 + 2 + 8 + 4, perNumber: 2},
		{name: "nearest", title: "all bfloat16, no master weights", activations: true,
			update: nearest, perWeight: 2 + 2 + 8, perNumber: 2},
		{name: "random", title: "the same, weights rounded at random", activations: true,
			update: stochastic, perWeight: 2 + 2 + 8, perNumber: 2},
	}
}

// halved is a GPT whose weights and activations are rounded while it computes a gradient.
type halved struct {
	*transformer.Model `param:""`
	precision

	params []nn.Param
	master [][]float32
}

// restore puts the master weights back. It is recorded first, so its Backward runs last.
type restore struct{ h *halved }

// Backward implements autograd.Op.
func (r restore) Backward() {
	for i, p := range r.h.params {
		copy(p.Data, r.h.master[i])
	}
}

// Loss returns the loss of the GPT with rounded numbers.
func (h *halved) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	if h.activations {
		t.Round = roundAll
	}
	if h.weights {
		if h.params == nil {
			h.params = nn.Params(h.Model)
			h.master = make([][]float32, len(h.params))
		}
		autograd.Record(t, restore{h})
		for i, p := range h.params {
			h.master[i] = append(h.master[i][:0], p.Data...)
			roundAll(p.Data)
		}
	}
	return h.Model.Loss(t, b)
}

// rounding returns an observer that rounds the weights after every step, and a function that
// returns the share of the updates lost so far.
func (p precision) rounding(m *transformer.Model, seed uint64) (train.Observer, func() float64) {
	params, rng := nn.Params(m), rand.New(rand.NewPCG(seed, 16))
	before := make([][]float32, len(params))
	lost, all := 0, 0
	return func(_ context.Context, _ *train.Trainer, e train.Event) error {
			if p.update == nil || e.Kind != train.Started && e.Kind != train.Stepped {
				return nil
			}
			for i, x := range params {
				for j, v := range x.Data {
					x.Data[j] = p.update(v, rng)
					if e.Kind == train.Stepped && x.Data[j] == before[i][j] {
						lost++
					}
				}
				all += len(before[i])
				before[i] = append(before[i][:0], x.Data...)
			}
			return nil
		}, func() float64 {
			return float64(lost) / float64(max(all, 1))
		}
}

// run trains a GPT in a precision and returns its bits per byte of the test part.
func (p precision) run(
	ctx context.Context, c course, flops float64, seed uint64,
) (bits, lost float64, err error) {
	settings, err := change{name: "baseline"}.settings(flops, 0)
	if err != nil {
		return 0, 0, err
	}
	cfg := *settings.Model.(*transformer.Config)
	cfg.VocabSize = c.tok.Vocab()
	m, err := transformer.New(cfg, rand.New(rand.NewPCG(seed, 1)))
	if err != nil {
		return 0, 0, err
	}
	t := *settings.Train
	t.Seed, t.Threads, t.Pieces = seed, 1, 1 // one piece: the weights are rounded in place
	docs := corpus.EncodeDocuments(c.tok, c.split.Train)
	src, err := corpus.NewWindows(docs, t.Batch, t.Context, seed)
	if err != nil {
		return 0, 0, err
	}
	observe, share := p.rounding(m, seed)
	if _, err := train.Run(ctx, &halved{Model: m, precision: p}, src, t, observe); err != nil {
		return 0, 0, err
	}
	if p.weights {
		for _, x := range nn.Params(m) {
			roundAll(x.Data)
		}
	}
	report, err := eval.Run(ctx, m, c.tok, c.split.Test, eval.Options{Threads: 1})
	if err != nil {
		return 0, 0, err
	}
	return report.BitsPerByte(), share(), nil
}

func runBFloat16(ctx context.Context, env *Env) (*Result, error) {
	world, err := readCourse(ctx, zoo.WorldName)
	if err != nil {
		return nil, err
	}
	flops := pick(env, speedrunFlops, speedrunQuick)
	ways := precisions()
	bits := make([][]float64, len(env.Seeds))
	lost := make([]float64, len(env.Seeds))
	for i := range bits {
		bits[i] = make([]float64, len(ways))
	}
	err = each(ctx, env, len(ways)*len(env.Seeds), func(ctx context.Context, i int) error {
		seed, way := i/len(ways), i%len(ways)
		env.say("bfloat16, seed %d: %s", env.Seeds[seed], ways[way].title)
		inputs := []any{"bits per byte", ways[way].name, flops, world.data, env.Seeds[seed]}
		share := 0.0
		b, err := env.Store.measured(inputs, func() (bits float64, err error) {
			bits, share, err = ways[way].run(ctx, world, flops, env.Seeds[seed])
			return bits, err
		})
		if err != nil {
			return err
		}
		bits[seed][way] = b
		if ways[way].name == "nearest" {
			inputs[0] = "unmoved"
			lost[seed], err = env.Store.measured(inputs, func() (float64, error) {
				if share == 0 { // an earlier process was stopped in between
					_, share, err = ways[way].run(ctx, world, flops, env.Seeds[seed])
				}
				return share, err
			})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	checks, err := estimates(ctx, world)
	if err != nil {
		return nil, err
	}
	res := &Result{Tables: append([]Table{bfloat16Table(ways, bits, world.tok.Vocab())}, checks...)}
	for i, seed := range env.Seeds {
		m := map[string]float64{"float32": bits[i][0], "unmoved": lost[i]}
		for j, way := range ways[1:] {
			m[way.name] = bits[i][j+1] - bits[i][0]
		}
		held := m["nearest"] > 5*math.Abs(m["master"])
		res.Seeds = append(res.Seeds, Verdict{seed, held, m})
	}
	return res, nil
}

// bfloat16Table returns the loss and the memory of each precision.
func bfloat16Table(ways []precision, bits [][]float64, vocab int) Table {
	t := Table{
		Title: "bits per byte at equal operations, mean over the seeds ± 95 %, and the memory of " +
			"a training",
		Columns: []string{"storage", "bits per byte", "difference", "bytes per weight",
			"weights, MB", "activations, MB"},
	}
	settings, err := change{name: "baseline"}.settings(1, 0)
	if err != nil {
		return t
	}
	cfg := *settings.Model.(*transformer.Config)
	cfg.VocabSize = vocab
	shape := cfg.Shape(settings.Train.Context)
	tokens := float64(settings.Train.Batch * settings.Train.Context)
	for j, way := range ways {
		var all, difference []float64
		for _, b := range bits {
			all, difference = append(all, b[j]), append(difference, b[j]-b[0])
		}
		mean, low, high := eval.Mean(all)
		_, text := mean, fmt.Sprintf("%.4f", mean)
		if !math.IsNaN(low) {
			text += fmt.Sprintf(" ± %.4f", (high-low)/2)
		}
		t.add(way.title, text, interval(eval.Mean(difference)), fmt.Sprintf("%g", way.perWeight),
			fmt.Sprintf("%.2f", shape.Params*way.perWeight/1e6),
			fmt.Sprintf("%.2f", shape.Floats*tokens*way.perNumber/1e6))
	}
	return t
}
