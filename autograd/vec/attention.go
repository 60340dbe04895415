package vec

// Window is one head of attention over so few positions T that a row of att fits in one vector. For
// such small products the overhead of a call matters, so one call of Forward or Backward computes
// the whole head. The rows of q, k, v and their gradients have D floats and are Stride apart, the
// rows of y and dy YStride.
type Window struct {
	T, D            int
	Stride, YStride int
	Scale           float32 // factor of q·kᵀ
	// Seen[t] has bit j set if position t attends to position j. Every Seen[t] has at least one bit
	// set.
	Seen [16]uint16
	// Causal is true if no position attends to a later one, so half of the work can be skipped.
	Causal bool
}

// Fits reports whether this processor has kernels for a window of this size.
func (w *Window) Fits() bool { return windows && w.T >= 4 && w.T <= 16 && w.D > 0 && w.D%16 == 0 }

// Work returns the length of the work slice that Forward and Backward need.
func (w *Window) Work() int { return 16 * (16 + w.D) }

// Forward stores att = softmax(scale·q·kᵀ), [T, T], which is 0 where the bit of Seen is not set,
// and y = att·v.
func (w *Window) Forward(y, att, q, k, v, work []float32) {
	w.check(w.YStride, y)
	w.check(w.Stride, q, k, v)
	_, _ = att[w.T*w.T-1], work[w.Work()-1]
	w.forward(y, att, q, k, v, work)
}

// Backward is the backward pass of Forward: it overwrites dq, dk and dv with their gradients, given
// dy.
func (w *Window) Backward(dq, dk, dv, dy, att, q, k, v, work []float32) {
	w.check(w.YStride, dy)
	w.check(w.Stride, dq, dk, dv, q, k, v)
	_, _ = att[w.T*w.T-1], work[w.Work()-1]
	w.backward(dq, dk, dv, dy, att, q, k, v, work)
}

// check panics if a matrix has fewer than T rows.
func (w *Window) check(stride int, matrices ...[]float32) {
	for _, m := range matrices {
		_ = m[(w.T-1)*stride+w.D-1]
	}
}

// causal returns Causal in the form that the kernels take.
func (w *Window) causal() int {
	if w.Causal {
		return 1
	}
	return 0
}

// AttendOne computes one head of attention of one position over the positions of a key-value cache:
// att = softmax(scale·q·kᵀ), y = att·v. The rows of k and v are stride apart. It returns false,
// without computing anything, if this processor has no kernels for the size.
func AttendOne(y, att, q, k, v []float32, stride int, scale float32) bool {
	T, D := len(att), len(q)
	if !windows || T < 4 || D == 0 || D%16 != 0 {
		return false
	}
	_, _, _ = y[D-1], k[(T-1)*stride+D-1], v[(T-1)*stride+D-1]
	scores(att, q, k, stride, scale)
	top := Max(att)
	Scale(att, 1/ExpSum(att, att, top))
	mixture(y[:D], att, v, stride)
	return true
}
