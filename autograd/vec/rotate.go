package vec

// Rotate turns every head of x (Su et al. 2021, eq. 34). A head is 2n elements, where n is the
// length of cos and sin; its elements i and n+i are a point that turns by angle i:
//
//	(a, b) → (a·cos − b·sin, b·cos + a·sin)
func Rotate(x, cos, sin []float32) {
	n := len(cos)
	sin = sin[:n]
	for ; len(x) >= 2*n && n > 0; x = x[2*n:] {
		rotate(x[:n], x[n:][:n], cos, sin)
	}
}

// RotateBack inverts Rotate.
func RotateBack(x, cos, sin []float32) {
	n := len(cos)
	sin = sin[:n]
	for ; len(x) >= 2*n && n > 0; x = x[2*n:] {
		rotate(x[n:][:n], x[:n], cos, sin) // the other way round
	}
}
