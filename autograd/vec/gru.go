package vec

// GRUForward takes one row, one step of time, of a gated recurrent unit (Cho et al. 2014) in torch's
// form, where the reset gate acts after the product. H = len(h). gates [3H] holds the input's part
// x·Wx + bx in the order r z n and is overwritten by the activations; hidden [3H] holds the state's
// part hPrev·Wh + bh in the same order and is only read (its last third is needed by GRUBackward):
//
//	r, z = sigmoid(gates + hidden),  n = tanh(gates + r·hidden),  h = (1−z)·n + z·hPrev
//
// h may be hPrev when no backward follows.
func GRUForward(h, gates, hidden, hPrev []float32) {
	n := len(h)
	rz, cand, z := gates[:2*n], gates[2*n:3*n], gates[n:2*n]
	add(rz, hidden[:2*n])
	sigmoid(rz, rz)
	mulAdd(cand, gates[:n], hidden[2*n:3*n])
	tanh(cand, cand)
	gruMix(h, z, cand, hPrev[:n])
}

// GRUBackward sends one row back through GRUForward. dh is the gradient of h. It overwrites dgates and
// dhidden, the gradients of the two sums [3H], and adds to dhPrev [H] what comes by the way of z (the
// way through hPrev·Wh is the caller's product):
//
//	dz = dh·(hPrev−n)·z(1−z),  dn = dh·(1−z)·(1−n²),  dr = dn·hidden_n·r(1−r),  dhPrev += dh·z
//
// dhidden equals dgates but in its last third, dn·r. gates and hidden are what GRUForward left there. H = len(dh).
func GRUBackward(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev []float32) {
	n := len(dh)
	gruBackward(dgates[:3*n], dhidden[:3*n], dhPrev[:n], dh, gates[:3*n], hidden[:3*n], hPrev[:n])
}
