package zoo

// SetThreads sets the number of threads per token of a model that supports it. The number of
// threads changes no bit of any result.
func SetThreads(m any, threads int) {
	if m, ok := m.(interface{ SetThreads(int) }); ok {
		m.SetThreads(threads)
	}
}

// Quantize rounds the weights of a neural model to one byte each, for faster generation, and
// reports whether the model has weights.
func Quantize(m any) bool {
	q, ok := m.(interface{ Quantize() })
	if ok {
		q.Quantize()
	}
	return ok
}
