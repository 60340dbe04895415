package rnn

// lstm is long short-term memory (Hochreiter and Schmidhuber 1997), with the forget gate of Gers,
// Schmidhuber and Cummins (2000): in addition to h it has a cell c, which a step only scales and
// adds to, so that a gradient passes through many steps without vanishing.
//
//	i, f, o = σ(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh)   how much to write, keep, output
//	g       = tanh(the fourth part of the same sums)     what to write
//	c_t     = f ⊙ c_{t−1} + i ⊙ g
//	h_t     = o ⊙ tanh c_t
type lstm struct{}

func (lstm) step(in, re []float32, before [][]float32) [][]float32 {
	last, n := before[1], len(before[1]) // c_{t−1}
	out := newRows(6, n)
	h, c, i, f, g, o := out[0], out[1], out[2], out[3], out[4], out[5]
	for j := range n {
		i[j] = sigmoid(in[j] + re[j])
		f[j] = sigmoid(in[n+j] + re[n+j])
		g[j] = tanh(in[2*n+j] + re[2*n+j])
		o[j] = sigmoid(in[3*n+j] + re[3*n+j])

		c[j] = f[j]*last[j] + i[j]*g[j]
		h[j] = o[j] * tanh(c[j])
	}
	return out
}

func (lstm) signals() []string { return []string{"h", "c", "i", "f", "g", "o"} }
func (lstm) gates() int        { return 4 }
func (lstm) states() int       { return 2 }

// initBias sets the bias of the forget gate to 1, so that a new network retains its cell (Gers et
// al. 2000; Jozefowicz et al. 2015).
func (lstm) initBias(ih, hh []float32) {
	h := len(ih) / 4
	for i := h; i < 2*h; i++ { // i f g o
		ih[i], hh[i] = 1, 0
	}
}
