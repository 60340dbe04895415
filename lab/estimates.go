package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"

	"lmzoo/autograd/gemm"
	"lmzoo/corpus"
	"lmzoo/nn"
	"lmzoo/train"
	"lmzoo/zoo"
)

// estimates compares the estimated cost of a configuration with the cost of training it: the
// operations of all matrix products of one step with 6 per weight and token plus attention, and the
// memory in use with Settings.Memory.
func estimates(ctx context.Context, c course) ([]Table, error) {
	t := Table{
		Title: "one training step: estimated and counted operations, and bytes of a training",
		Columns: []string{"model", "parameters N", "tokens", "6ND", "estimate", "counted",
			"ratio", "memory, estimate", "in use", "share"},
	}
	docs := corpus.EncodeDocuments(c.tok, c.split.Train)
	for _, row := range []struct{ species, size string }{
		{"mlp", "small"}, {"rnn", "small"}, {"lstm", "small"}, {"gru", "small"}, {"gpt", "tiny"},
		{"gpt", "small"}, {"llama", "small"},
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, err := estimate(c, docs, row.species, row.size)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", row.species, err)
		}
		t.add(row.species+" "+row.size, fmt.Sprintf("%.0f", e.shape.Params), fmt.Sprint(e.tokens),
			mega(6*e.shape.Params*float64(e.tokens)), mega(e.expected), mega(e.counted),
			fmt.Sprintf("%.3f", e.expected/e.counted), mega(e.memory), mega(e.used),
			fmt.Sprintf("%.2f", e.used/e.memory))
	}
	return []Table{t}, nil
}

func mega(x float64) string { return fmt.Sprintf("%.1f M", x/1e6) }

// cost holds the estimates and the measurements of a model.
type cost struct {
	shape             nn.Shape
	tokens            int
	expected, counted float64 // operations of a step
	memory, used      float64 // bytes
}

func estimate(c course, docs [][]int32, species, size string) (e cost, err error) {
	s, err := zoo.Standard().Find(species)
	if err != nil {
		return e, err
	}
	settings, err := s.Settings(size)
	if err != nil {
		return e, err
	}
	settings.Train.Seed, settings.Train.Threads = 1, 1
	before := heap()
	m, err := s.Learning.New(settings.Model, c.tok, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		return e, err
	}
	text := &zoo.Text{Tokenizer: c.tok, Train: docs, Seed: 1, Threads: 1}
	t, err := s.Learning.Start(m, text, *settings.Train)
	if err != nil {
		return e, err
	}
	// the first steps allocate everything
	for range 2 {
		if _, err := t.Trainer.Step(); err != nil {
			return e, err
		}
	}
	done := t.Trainer.Stats().FLOPs
	var counted atomic.Int64
	stop := gemm.Count(&counted)
	_, err = t.Trainer.Step()
	stop()
	e.shape = m.(train.Shaped).Shape(settings.Train.Context)
	e.tokens = settings.Train.Batch * settings.Train.Context
	e.expected, e.counted = t.Trainer.Stats().FLOPs-done, float64(counted.Load())
	e.memory, e.used = settings.Memory(c.tok.Vocab()), heap()-before
	runtime.KeepAlive(t)
	return e, err
}

// heap returns the bytes in use.
func heap() float64 {
	runtime.GC()
	runtime.GC() // a pool of memory is emptied by the second collection
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
