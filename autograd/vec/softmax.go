package vec

// ExpSum stores e^(x−shift) and returns the sum: the inner loop of softmax, where shift is the
// largest x.
func ExpSum(dst, x []float32, shift float32) float32 { return expSum(dst, x[:len(dst)], shift) }

// SoftmaxBackward overwrites dx with y·(dy − Σ dy·y), where y = softmax x. dx may be dy.
func SoftmaxBackward(dx, dy, y []float32) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	softmaxBackward(dx, dy, y, dot(dy, y))
}
