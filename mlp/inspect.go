package mlp

import (
	"math"

	"lmzoo/lm"
)

// Contributions returns the tokens that the model sees when it predicts the token after context,
// oldest first, and the norm of each token's contribution to the sums of the hidden layer,
// ‖H_j·C[x_j]‖, where H_j is the block of columns of H for position j.
func (m *Model) Contributions(context []lm.Token) (window []lm.Token, norms []float32) {
	window, shares := m.shares(context)
	for _, share := range shares {
		sum := 0.0
		for _, v := range share {
			sum += v * v
		}
		norms = append(norms, float32(math.Sqrt(sum)))
	}
	return window, norms
}

// shares returns H_j·C[x_j] for every position j of the window, [n−1][h].
func (m *Model) shares(context []lm.Token) (window []lm.Token, shares [][]float64) {
	s := m.Start().(*state)
	for _, tok := range lm.SinceBOS(context) {
		s.Push(tok)
	}
	e := m.Config.NEmbd
	for j, tok := range s.context {
		share := make([]float64, m.Config.Hidden)
		for i := range share {
			for k, c := range m.C.Row(int(tok)) {
				share[i] += float64(m.H.Row(i)[j*e+k]) * float64(c)
			}
		}
		shares = append(shares, share)
	}
	return s.context, shares
}
