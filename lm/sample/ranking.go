package sample

import (
	"math"
	"slices"
)

// ranking sorts tokens by probability. It reuses its memory.
type ranking struct {
	tokens []int
	values []float64
}

// sort ranks the tokens with ln P ≥ least, most likely first, and equally likely tokens by number.
func (r *ranking) sort(logProbs []float64, least float64) {
	r.tokens = r.tokens[:0]
	for v, p := range logProbs {
		if p >= least {
			r.tokens = append(r.tokens, v)
		}
	}
	slices.SortFunc(r.tokens, func(a, b int) int {
		switch {
		case logProbs[a] > logProbs[b]:
			return -1
		case logProbs[a] < logProbs[b]:
			return 1
		}
		return a - b
	})
}

// keep removes all but the first n of the ranking.
func (r *ranking) keep(logProbs []float64, n int) {
	r.values = r.values[:0]
	for _, v := range r.tokens[:n] {
		r.values = append(r.values, logProbs[v])
	}
	for v := range logProbs {
		logProbs[v] = math.Inf(-1)
	}
	for i, v := range r.tokens[:n] {
		logProbs[v] = r.values[i]
	}
}

// kth returns the k-th largest value. It is the root of a min-heap of the k largest values so far.
func (r *ranking) kth(logProbs []float64, k int) float64 {
	heap := append(r.values[:0], logProbs[:k]...)
	r.values = heap
	for i := k/2 - 1; i >= 0; i-- {
		sink(heap, i)
	}
	for _, p := range logProbs[k:] {
		if p > heap[0] {
			heap[0] = p
			sink(heap, 0)
		}
	}
	return heap[0]
}

// sink restores the heap below i.
func sink(heap []float64, i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if heap[child] < heap[least] {
				least = child
			}
		}
		if least == i {
			return
		}
		heap[i], heap[least] = heap[least], heap[i]
		i = least
	}
}
