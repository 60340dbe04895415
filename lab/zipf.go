package lab

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/mlp"
)

// zipf is a source of questions whose entropy is known. A context is three symbols, and a random
// order ranks all contexts. The context of rank r is drawn with probability ∝ r^−1.5, so that there
// are always rarer contexts to learn (Michaud et al. 2023). Each context has a favourite symbol,
// drawn at random, which follows with probability .9; otherwise any symbol follows. A context gives
// no information about other contexts.
type zipf struct {
	contexts  []int32    // by rank
	favourite []lm.Token // by rank
}

const (
	zipfSymbols  = 64
	zipfLength   = 3 // symbols of a context
	zipfContexts = zipfSymbols * zipfSymbols * zipfSymbols
	zipfExponent = 1.5
	zipfSure     = 0.9 // probability that the favourite follows, apart from chance
)

// newZipf draws a source.
func newZipf(seed uint64) *zipf {
	rng := rand.New(rand.NewPCG(seed, 11))
	z := &zipf{contexts: make([]int32, zipfContexts), favourite: make([]lm.Token, zipfContexts)}
	for r, c := range rng.Perm(zipfContexts) {
		z.contexts[r] = int32(c)
		z.favourite[r] = lm.Token(rng.IntN(zipfSymbols))
	}
	return z
}

// zipfProbabilities returns the probability of the favourite and of each other symbol.
func zipfProbabilities() (favourite, other float64) {
	other = (1 - zipfSure) / zipfSymbols
	return zipfSure + other, other
}

// zipfLimit returns the entropy of the symbol after any context, in nats.
func zipfLimit() float64 {
	p, q := zipfProbabilities()
	return -p*math.Log(p) - (zipfSymbols-1)*q*math.Log(q)
}

// appendContext appends the symbols of the context of a rank.
func (z *zipf) appendContext(dst []lm.Token, rank int) []lm.Token {
	c := z.contexts[rank]
	return append(dst, c/(zipfSymbols*zipfSymbols), c/zipfSymbols%zipfSymbols, c%zipfSymbols)
}

// frequencies returns the probability of the context of each rank.
func (z *zipf) frequencies() []float64 {
	p, sum := make([]float64, zipfContexts), 0.0
	for r := range p {
		p[r] = math.Pow(float64(r+1), -zipfExponent)
		sum += p[r]
	}
	for r := range p {
		p[r] /= sum
	}
	return p
}

// zipfQuestions draws batches of questions, fresh at every step.
type zipfQuestions struct {
	source *zipf
	rows   int
	seed   uint64
}

// Batch fills b with the questions of a step.
func (s zipfQuestions) Batch(b *questions, step int) {
	pcg := rand.NewPCG(s.seed, uint64(step))
	rng := rand.New(pcg)
	ranks := rand.NewZipf(rng, zipfExponent, 1, zipfContexts-1)
	b.reset(zipfLength)
	for range s.rows {
		r := int(ranks.Uint64())
		y := s.source.favourite[r]
		if rng.Float64() >= zipfSure {
			y = lm.Token(rng.IntN(zipfSymbols))
		}
		b.contexts = s.source.appendContext(b.contexts, r)
		b.answers = append(b.answers, y)
	}
}

// zipfScore measures a network's knowledge of the source.
type zipfScore struct {
	excess float64   // nats above the limit, exact: the mean over all contexts
	sure   []float64 // ln P of the favourite, for the most frequent contexts by rank
	right  []bool    // whether the network puts the favourite first, for the same contexts
}

// zipfScored is the number of contexts for which a zipfScore keeps details.
const zipfScored = 1 << 12

// evaluate scores a network on every context. The excess is the Kullback-Leibler divergence of its
// distribution from the true one, Σ_r p_r·Σ_v q(v)·ln(q(v)/p(v)).
func (z *zipf) evaluate(m *mlp.Model) zipfScore {
	const chunk = 1 << 12
	s := zipfScore{sure: make([]float64, zipfScored), right: make([]bool, zipfScored)}
	favourite, other := zipfProbabilities()
	frequencies, limit := z.frequencies(), zipfLimit()
	tape := autograd.NewForward()
	logP := make([]float64, zipfSymbols)
	var contexts []lm.Token
	for from := 0; from < zipfContexts; from += chunk {
		contexts = contexts[:0]
		for r := from; r < from+chunk; r++ {
			contexts = z.appendContext(contexts, r)
		}
		tape.Reset()
		logits := m.ContextLogits(tape, contexts) // [chunk, V]
		for i := range chunk {
			r := from + i
			tape.LogSoftmax(logP, logits.Row(i))
			f := z.favourite[r]
			cross := -(favourite-other)*logP[f] - other*floats.Sum(logP)
			s.excess += frequencies[r] * (cross - limit)
			if r < zipfScored {
				s.sure[r], s.right[r] = logP[f], floats.MaxIdx(logP) == int(f)
			}
		}
	}
	return s
}
