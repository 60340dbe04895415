package lab

import (
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// chains draws documents that are Markov chains. Every document has its own transition
// probabilities, each row uniform on the simplex (Dirichlet with all parameters 1), and begins with
// any state.
type chains struct{ states int }

func (c chains) vocab() int { return c.states + 1 }

func (c chains) draw(rng *rand.Rand, doc []lm.Token) []bool {
	rows := make([][]float64, c.states)
	for a := range rows {
		rows[a] = dirichlet(rng, c.states)
	}
	doc[0] = lm.Token(1 + rng.IntN(c.states))
	for i := 1; i < len(doc); i++ {
		doc[i] = lm.Token(1 + drawn(rng, rows[doc[i-1]-1]))
	}
	return nil
}

// dirichlet draws n probabilities, uniform on the simplex: exponential variables over their sum.
func dirichlet(rng *rand.Rand, n int) []float64 {
	p, sum := make([]float64, n), 0.0
	for i := range p {
		p[i] = rng.ExpFloat64()
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// drawn draws an index with the given probabilities.
func drawn(rng *rand.Rand, p []float64) int {
	x := rng.Float64()
	for i := range p {
		if x -= p[i]; x < 0 {
			return i
		}
	}
	return len(p) - 1
}

// counter predicts a state by add-one smoothing (Laplace 1814) of its counts in the document:
// nothing (order 0), states (1), or pairs of states (2). For chains whose transition probabilities
// are uniform on the simplex, the last is the exact Bayes predictor: the posterior mean of P(b | a)
// is (c(ab) + 1) / (c(a·) + k).
type counter struct {
	chains
	order int
}

func (c counter) read(docs [][]lm.Token, see func(doc, at int, logProbs []float64)) {
	for d, doc := range docs {
		counts := make([][]float64, c.states+1) // by the token before, if it matters
		for a := range counts {
			counts[a] = make([]float64, c.states+1)
		}
		for at, tok := range doc {
			from := lm.BOS
			if c.order == 2 && at > 0 {
				from = doc[at-1]
			}
			see(d, at, addOne(counts[from]))
			if c.order > 0 {
				counts[from][tok]++
			}
		}
	}
}

// addOne returns ln (c + 1)/(n + k) for all states; BOS has probability 0.
func addOne(counts []float64) []float64 {
	probs, n := make([]float64, len(counts)), float64(len(counts)-1)
	for _, c := range counts {
		n += c
	}
	probs[lm.BOS] = math.Inf(-1)
	for s := 1; s < len(counts); s++ {
		probs[s] = math.Log((counts[s] + 1) / n)
	}
	return probs
}

// divergence returns KL(p ‖ q) for log-probabilities, in nats.
func divergence(p, q []float64) float64 {
	sum := 0.0
	for i := range p {
		if !math.IsInf(p[i], -1) {
			sum += math.Exp(p[i]) * (p[i] - q[i])
		}
	}
	return sum
}
