package vec

// GRUForward computes one step of one row of a gated recurrent unit (Cho et al. 2014) in torch's
// form, whose reset gate acts after the product. H = len(h). gates [3H] holds the contribution of
// the input, x·Wx + bx, in the order r z n and is overwritten by the activations; hidden [3H] holds
// that of the state, hPrev·Wh + bh, in the same order and is only read (GRUBackward needs its last
// third):
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

// GRUBackward is the backward pass of GRUForward for one row. dh is the gradient of h. It
// overwrites dgates and dhidden, the gradients of the two sums [3H], and adds to dhPrev [H] the
// part that comes through z (the part through hPrev·Wh is the caller's product):
//
//	dz = dh·(hPrev−n)·z(1−z),  dn = dh·(1−z)·(1−n²),  dr = dn·hidden_n·r(1−r),  dhPrev += dh·z
//
// dhidden equals dgates except in its last third, dn·r. gates is the result of GRUForward. H =
// len(dh).
func GRUBackward(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev []float32) {
	n := len(dh)
	gruBackward(dgates[:3*n], dhidden[:3*n], dhPrev[:n], dh, gates[:3*n], hidden[:3*n], hPrev[:n])
}
