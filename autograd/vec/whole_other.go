//go:build !amd64 || noasm

package vec

// This processor has no kernels for whole rows.

func expSum64(x []float32, top float64) float64 { return expSum64Go(x, top) }

const windows = false

func (w *Window) forward(y, att, q, k, v, work []float32) {}

func (w *Window) backward(dq, dk, dv, dy, att, q, k, v, work []float32) {}

func scores(att, q, k []float32, stride int, scale float32) {}

func mixture(y, att, v []float32, stride int) {}

func layerNormRows(y, mean, rstd, x, g, b []float32, eps float32) int { return 0 }

func layerNormRowsBackward(dx, dg, db, dy, x, mean, rstd, g []float32) int { return 0 }

func sumRows(sum, x []float32) int { return 0 }

func addToRows(y, r, b []float32) bool { return false }

func softmaxRows(x, top, sum []float32, n int, from, to []int32, first int32) bool { return false }

func softmaxRowsBackward(dx, y []float32, n int) bool { return false }
