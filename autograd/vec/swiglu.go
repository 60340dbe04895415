package vec

// SwiGLU stores y = gate·σ(gate)·up (Shazeer 2020, eq. 6), and σ(gate) in sig, which the backward
// pass needs.
func SwiGLU(y, sig, gate, up []float32) {
	n := len(y)
	swiGLU(y, sig[:n], gate[:n], up[:n])
}

// SwiGLUBackward inverts SwiGLU: with s = σ(gate) it stores
//
//	dup = dy·gate·s,  dgate = dy·up·s·(1 + gate·(1 − s))
//
// dup and dgate may be up and gate.
func SwiGLUBackward(dgate, dup, dy, sig, gate, up []float32) {
	n := len(dgate)
	swiGLUBackward(dgate, dup[:n], dy[:n], sig[:n], gate[:n], up[:n])
}
