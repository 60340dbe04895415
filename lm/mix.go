package lm

import (
	"fmt"
	"math"
)

// Mixture is the linear interpolation of models with the same vocabulary (Jelinek & Mercer 1980):
//
//	P(w | h) = Σ_k λ_k P_k(w | h),  Σ_k λ_k = 1
//
// Models of different eras make different errors, so their mixture is often better than each of
// them.
type Mixture struct {
	Models  []Model
	Weights []float64 // λ: not negative, sum 1
}

// Mix returns the mixture of models with the given weights, scaled to sum to 1. Nil means equal
// weights.
func Mix(models []Model, weights []float64) (*Mixture, error) {
	if len(models) == 0 {
		return nil, fmt.Errorf("the mixture has no models; want at least one")
	}
	if weights == nil {
		weights = make([]float64, len(models))
		for k := range weights {
			weights[k] = 1
		}
	}
	if len(weights) != len(models) {
		return nil, fmt.Errorf("a mixture of %d models has %d weights; want one for each",
			len(models), len(weights))
	}
	sum := 0.0
	for k, w := range weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return nil, fmt.Errorf(
				"weight %d of the mixture is %v; want a number of at least 0", k+1, w)
		}
		if v := models[k].Vocab(); v != models[0].Vocab() {
			return nil, fmt.Errorf(
				"model %d of the mixture has %d tokens, the first has %d; want models with "+
					"the same tokenizer", k+1, v, models[0].Vocab())
		}
		sum += w
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return nil, fmt.Errorf(
			"the weights of the mixture sum to %v; want at least one positive weight", sum)
	}
	m := &Mixture{Models: models, Weights: make([]float64, len(weights))}
	for k, w := range weights {
		m.Weights[k] = w / sum
	}
	return m, nil
}

// Fit finds the weights that maximise the likelihood of documents, by rounds of expectation
// maximisation, and returns the resulting nats per token. Use text that the models were not trained
// on; otherwise a model that has memorised it gets all the weight. The E step computes, for each
// token, the posterior over components; the M step averages the posteriors:
//
//	λ_k ← 1/N Σ_i λ_k P_k(w_i | h_i) / Σ_j λ_j P_j(w_i | h_i)
//
// The end of a document counts if it ends with BOS.
func (m *Mixture) Fit(docs [][]Token, rounds int) float64 {
	scores := make([][]float64, len(m.Models))
	for k, model := range m.Models {
		for _, doc := range docs {
			scores[k] = append(scores[k], Score(model, doc)...)
		}
	}
	if len(scores[0]) == 0 {
		return 0
	}
	for range rounds {
		next, n := make([]float64, len(m.Models)), 0.0
		for i := range scores[0] {
			whole := m.blend(func(k int) float64 { return scores[k][i] })
			if math.IsInf(whole, -1) {
				continue // impossible for every model, so it carries no information on the weights
			}
			n++
			for k := range next {
				if m.Weights[k] > 0 {
					next[k] += m.Weights[k] * math.Exp(scores[k][i]-whole)
				}
			}
		}
		if n == 0 {
			break
		}
		for k := range next {
			next[k] /= n
		}
		m.Weights = next
	}
	nats := 0.0
	for i := range scores[0] {
		nats -= m.blend(func(k int) float64 { return scores[k][i] })
	}
	return nats / float64(len(scores[0]))
}

// blend is ln Σ_k λ_k exp(logProb(k)). The largest term is factored out, to prevent underflow.
func (m *Mixture) blend(logProb func(k int) float64) float64 {
	top := math.Inf(-1)
	for k, w := range m.Weights {
		if w > 0 {
			top = max(top, logProb(k))
		}
	}
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.0
	for k, w := range m.Weights {
		if w > 0 {
			sum += w * math.Exp(logProb(k)-top)
		}
	}
	return top + math.Log(sum)
}

// Vocab returns the number of tokens of every component.
func (m *Mixture) Vocab() int { return m.Models[0].Vocab() }

// NextLogProbs mixes the predictions of the components.
func (m *Mixture) NextLogProbs(dst []float64, context []Token) []float64 {
	parts := make([][]float64, len(m.Models))
	for k, model := range m.Models {
		parts[k] = model.NextLogProbs(nil, context)
	}
	return m.join(dst, parts)
}

// NextMasked mixes the predictions of the components from the last given tokens.
func (m *Mixture) NextMasked(dst []float64, context []Token, given int) []float64 {
	parts := make([][]float64, len(m.Models))
	for k, model := range m.Models {
		parts[k] = NextMasked(model, nil, context, given)
	}
	return m.join(dst, parts)
}

// Score scores the document with every component in the fastest way.
func (m *Mixture) Score(dst []float64, tokens []Token) []float64 {
	dst = Grow(dst, len(tokens))
	parts := make([][]float64, len(m.Models))
	for k, model := range m.Models {
		parts[k] = Score(model, tokens)
	}
	for i := range dst {
		dst[i] = m.blend(func(k int) float64 { return parts[k][i] })
	}
	return dst
}

func (m *Mixture) join(dst []float64, parts [][]float64) []float64 {
	dst = Grow(dst, m.Vocab())
	for v := range dst {
		dst[v] = m.blend(func(k int) float64 { return parts[k][v] })
	}
	return dst
}

// Start returns the states of all components.
func (m *Mixture) Start() State {
	s := &mixtureState{mixture: m, states: make([]State, len(m.Models)),
		parts: make([][]float64, len(m.Models))}
	for k, model := range m.Models {
		s.states[k] = Start(model)
	}
	return s
}

type mixtureState struct {
	mixture *Mixture
	states  []State
	parts   [][]float64 // scratch: the prediction of each component
}

func (s *mixtureState) NextLogProbs(dst []float64) []float64 {
	for k, state := range s.states {
		s.parts[k] = state.NextLogProbs(s.parts[k])
	}
	return s.mixture.join(dst, s.parts)
}

func (s *mixtureState) Push(t Token) {
	for _, state := range s.states {
		state.Push(t)
	}
}

func (s *mixtureState) Clone() State {
	c := &mixtureState{mixture: s.mixture, states: make([]State, len(s.states)),
		parts: make([][]float64, len(s.states))}
	for k, state := range s.states {
		c.states[k] = state.Clone()
	}
	return c
}
