package vec

// LSTMForward computes one step of one row of a long short-term memory (Hochreiter and Schmidhuber
// 1997; forget gate: Gers et al. 2000). H = len(h). gates holds the sums x·Wx + h·Wh + b in torch's
// order i f g o and is overwritten by the activations:
//
//	i, f, o = sigmoid(·), g = tanh(·),  c = f·cPrev + i·g,  h = o·tanh c
//
// gates is [4H]; h, c, tanhC and cPrev are [H]. tanhC keeps tanh c for LSTMBackward. c may be cPrev
// when no backward follows.
func LSTMForward(h, c, tanhC, gates, cPrev []float32) {
	n := len(h)
	c, tanhC, cPrev = c[:n], tanhC[:n], cPrev[:n]
	i, f, g, o := gates[:n], gates[n:2*n], gates[2*n:3*n], gates[3*n:4*n]
	sigmoid(gates[:2*n], gates[:2*n])
	tanh(g, g)
	sigmoid(o, o)
	mul(c, f, cPrev)
	mulAdd(c, i, g)
	tanh(tanhC, c)
	mul(h, o, tanhC)
}

// LSTMBackward is the backward pass of LSTMForward for one row. dh is the gradient of h, dc the
// gradient of c from the later step (without the part that comes through h). It overwrites dgates,
// the gradient of the sums [4H], and dcPrev [H], which may be dc:
//
//	dc' = dc + dh·o·(1−tanh²c),  dcPrev = dc'·f
//	di = dc'·g·i(1−i),  df = dc'·cPrev·f(1−f),  dg = dc'·i·(1−g²),  do = dh·tanh c·o(1−o)
//
// gates and tanhC are the results of LSTMForward. H = len(dh).
func LSTMBackward(dgates, dcPrev, dh, dc, gates, tanhC, cPrev []float32) {
	n := len(dh)
	lstmBackward(dgates[:4*n], dcPrev[:n], dh, dc[:n], gates[:4*n], tanhC[:n], cPrev[:n])
}
