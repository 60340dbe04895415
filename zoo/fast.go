package zoo

// SetThreads lets a model use several threads for one token, if it can; they change no bit of any result.
func SetThreads(m any, threads int) {
	if m, ok := m.(interface{ SetThreads(int) }); ok {
		m.SetThreads(threads)
	}
}

// Quantize rounds the weights of a neural model to one byte each, for faster generation, and reports whether it has any.
func Quantize(m any) bool {
	q, ok := m.(interface{ Quantize() })
	if ok {
		q.Quantize()
	}
	return ok
}
