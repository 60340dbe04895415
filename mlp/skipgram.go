package mlp

import "math"

// Example is one word of the text, with the surrounding words and words drawn from noise.
type Example struct {
	Around []int32 // the surrounding words within the window, at least one
	Out    []int32 // the middle word, then K noise words
}

// Gradient holds the gradients of one Example with respect to the vectors that it touches.
type Gradient struct {
	Loss    float64     // nats, summed over the pairs
	Pairs   int         // number of positive pairs: the surrounding words for skip-gram, 1 for CBOW
	In, Out [][]float64 // gradients of the vectors of Around[i] and Out[j]; [C] each
}

// Step returns the loss of negative sampling and its gradient, as the paper writes it (Mikolov et
// al. 2013b, equation 4). For a pair of an input vector v and the output vectors v'_j, of which the
// first is the true one,
//
//	loss = −ln σ(v'_0·v) − Σ_{j=1..K} ln σ(−v'_j·v)
//
// Skip-gram makes a pair with every surrounding word; the pairs of one middle word share their
// noise. CBOW makes a single pair, with the mean of the surrounding words, and passes the whole
// gradient to each of these words, as word2vec.c does (the derivative would be a fraction of it). A
// noise word that happens to be the true word is skipped.
//
// Step is the reference implementation that the fast learner is tested against.
func (m *Word2Vec) Step(e Example) Gradient {
	g := Gradient{In: zeros(len(e.Around), m.Config.NEmbd), Out: zeros(len(e.Out), m.Config.NEmbd)}
	if m.Config.Objective == CBOW {
		v := make([]float64, m.Config.NEmbd)
		for _, w := range e.Around {
			for c, x := range m.In.Row(int(w)) {
				v[c] += float64(x) / float64(len(e.Around))
			}
		}
		dv := m.pair(&g, v, e.Out)
		for i := range g.In {
			copy(g.In[i], dv)
		}
		return g
	}
	for i, w := range e.Around {
		v := make([]float64, m.Config.NEmbd)
		for c, x := range m.In.Row(int(w)) {
			v[c] = float64(x)
		}
		copy(g.In[i], m.pair(&g, v, e.Out))
	}
	return g
}

// pair adds the loss of one pair and the gradients of the output vectors to g, and returns the
// gradient of v [C].
func (m *Word2Vec) pair(g *Gradient, v []float64, out []int32) (dv []float64) {
	dv = make([]float64, len(v))
	g.Pairs++
	for j, w := range out {
		if j > 0 && w == out[0] {
			continue
		}
		score, label := 0.0, 0.0
		if j == 0 {
			label = 1
		}
		row := m.Out.Row(int(w))
		for c, x := range row {
			score += float64(x) * v[c]
		}
		p := 1 / (1 + math.Exp(-score)) // σ(v'_j·v)
		g.Loss -= label*math.Log(p) + (1-label)*math.Log(1-p)
		for c, x := range row {
			dv[c] += (p - label) * float64(x)
			g.Out[j][c] += (p - label) * v[c]
		}
	}
	return dv
}

func zeros(n, c int) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, c)
	}
	return rows
}
