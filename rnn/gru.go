package rnn

// gru is the gated recurrent unit (Cho et al. 2014): the LSTM's idea with one state vector instead
// of two and three sums instead of four. A single gate, z, determines both how much to keep and how
// much to write.
//
//	r, z = σ(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh)              reset, update
//	n    = tanh(W_in·x_t + b_in + r ⊙ (W_hn·h_{t−1} + b_hn))     the new state
//	h_t  = (1 − z) ⊙ n + z ⊙ h_{t−1}
type gru struct{}

func (gru) step(in, re []float32, before [][]float32) [][]float32 {
	last, k := before[0], len(before[0]) // h_{t−1}
	out := newRows(4, k)
	h, r, z, n := out[0], out[1], out[2], out[3]
	for j := range k {
		r[j] = sigmoid(in[j] + re[j])
		z[j] = sigmoid(in[k+j] + re[k+j])
		n[j] = tanh(in[2*k+j] + r[j]*re[2*k+j])

		h[j] = (1-z[j])*n[j] + z[j]*last[j]
	}
	return out
}

func (gru) signals() []string         { return []string{"h", "r", "z", "n"} }
func (gru) gates() int                { return 3 }
func (gru) states() int               { return 1 }
func (gru) initBias(ih, hh []float32) {}
