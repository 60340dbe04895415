package autograd

// setSeen tells the window what each position of row b attends to.
func (a *attention) setSeen(b int) {
	for t := range a.window.Seen[:min(a.T, len(a.window.Seen))] {
		a.window.Seen[t] = 1<<a.last(b, t) - 1<<a.first(b, t)
	}
}

// forwardWindow is forwardHead where one kernel computes all of a head.
func (a *attention) forwardWindow(y, qkv []float32, b, h int) {
	q, k, v := a.head(qkv, b, h, 0, 3), a.head(qkv, b, h, 1, 3), a.head(qkv, b, h, 2, 3)
	a.window.Forward(a.head(y, b, h, 0, 1).Data, a.block(b, h, 0, a.T, 0, a.T).Data, q.Data, k.Data,
		v.Data, a.work)
}

// backwardWindow inverts forwardWindow, and overwrites the gradients.
func (a *attention) backwardWindow(dqkv, dy, qkv []float32, b, h int) {
	q, k, v := a.head(qkv, b, h, 0, 3), a.head(qkv, b, h, 1, 3), a.head(qkv, b, h, 2, 3)
	dq, dk, dv := a.head(dqkv, b, h, 0, 3), a.head(dqkv, b, h, 1, 3), a.head(dqkv, b, h, 2, 3)
	a.window.Backward(dq.Data, dk.Data, dv.Data, a.head(dy, b, h, 0, 1).Data,
		a.block(b, h, 0, a.T, 0, a.T).Data, q.Data, k.Data, v.Data, a.work)
}
