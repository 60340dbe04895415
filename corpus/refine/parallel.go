package refine

import (
	"context"
	"iter"
	"sync"
)

// batch is a number of documents that one goroutine works on.
type batch struct {
	docs []*Document
	err  error
	done chan struct{}
}

const (
	batchDocuments = 64
	batchBytes     = 1 << 18
)

// ordered applies work to every document on several threads, and passes the results to out on one
// thread, in the order of in. The number of threads does not affect the sequence that out sees.
func ordered(ctx context.Context, threads int, in iter.Seq2[*Document, error],
	work func(*Document), out func(*Document) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	threads = max(threads, 1)
	jobs := make(chan *batch, threads)
	order := make(chan *batch, 2*threads)
	var wg sync.WaitGroup
	defer wg.Wait() // after the cancellation, because deferred calls run in reverse order
	defer cancel(nil)
	for range threads {
		wg.Go(func() {
			for b := range jobs {
				for _, d := range b.docs {
					if ctx.Err() == nil {
						work(d)
					}
				}
				close(b.done)
			}
		})
	}
	wg.Go(func() {
		defer close(order)
		defer close(jobs)
		for b := range batches(in) {
			select {
			case order <- b:
				jobs <- b
			case <-ctx.Done():
				return
			}
		}
	})
	for b := range order {
		<-b.done
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for _, d := range b.docs {
			if err := out(d); err != nil {
				return err
			}
		}
		if b.err != nil {
			return b.err
		}
	}
	return context.Cause(ctx)
}

// batches groups documents. An error ends the sequence and is part of the last batch.
func batches(in iter.Seq2[*Document, error]) iter.Seq[*batch] {
	return func(yield func(*batch) bool) {
		b, size := &batch{done: make(chan struct{})}, 0
		for d, err := range in {
			if b.err = err; err != nil {
				break
			}
			b.docs = append(b.docs, d)
			if size += len(d.Text); size >= batchBytes || len(b.docs) == batchDocuments {
				if !yield(b) {
					return
				}
				b, size = &batch{done: make(chan struct{})}, 0
			}
		}
		if len(b.docs) > 0 || b.err != nil {
			yield(b)
		}
	}
}
