package autograd

// setSeen passes the spans that the positions of row b attend to to the window kernel.
func (a *attention) setSeen(b int) {
	for t := range a.window.Seen[:min(a.T, len(a.window.Seen))] {
		a.window.Seen[t] = 1<<a.last(b, t) - 1<<a.first(b, t)
	}
}

// forwardWindow is forwardHead for shapes where one kernel computes a whole head.
func (a *attention) forwardWindow(y, qkv []float32, b, h int) {
	q, k, v := a.heads(qkv, b, h)
	a.window.Forward(a.head(y, b, h).Data, a.block(b, h, 0, a.T, 0, a.T).Data, q.Data, k.Data,
		v.Data, a.work)
}

// backwardWindow is backwardHead for these shapes. It overwrites the gradients.
func (a *attention) backwardWindow(dqkv, dy, qkv []float32, b, h int) {
	q, k, v := a.heads(qkv, b, h)
	dq, dk, dv := a.heads(dqkv, b, h)
	a.window.Backward(dq.Data, dk.Data, dv.Data, a.head(dy, b, h).Data,
		a.block(b, h, 0, a.T, 0, a.T).Data, q.Data, k.Data, v.Data, a.work)
}
