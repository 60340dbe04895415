package corpus

import "fmt"

// Rows returns the number of rows, the units that a batch divides into.
func (b Batch) Rows() int { return b.B }

// Share returns share i of n of the rows. It returns false if no row is left for this share.
func (b Batch) Share(i, n int) (Batch, bool) {
	lo, hi := b.B*i/n, b.B*(i+1)/n
	return Batch{B: hi - lo, T: b.T, X: b.X[lo*b.T : hi*b.T], Y: b.Y[lo*b.T : hi*b.T], N: b.N},
		hi > lo
}

// Targets counts the positions that have a loss.
func (b Batch) Targets() (n int) {
	for _, y := range b.Y {
		if y >= 0 {
			n++
		}
	}
	return n
}

// Size returns the number of positions, those without a target included, and of those of a row.
func (b Batch) Size() (positions, context int) { return len(b.X), b.T }

// Narrow returns the batch with every row cut into pieces of equal length, which share its memory.
// A piece begins as a window inside a document does.
func (b Batch) Narrow(pieces int) Batch {
	b.B, b.T = b.B*pieces, b.T/pieces
	return b
}

// Of returns the batch with n as the denominator of its mean loss.
func (b Batch) Of(n int) Batch {
	b.N = n
	return b
}

// Validate reports a batch whose inputs or targets are not rows × tokens.
func (b Batch) Validate() error {
	if b.B < 1 || b.T < 1 || len(b.X) != b.B*b.T || len(b.Y) != len(b.X) {
		return fmt.Errorf("%d rows of %d tokens, %d inputs and %d targets; want rows × tokens of "+
			"each, at least 1",
			b.B, b.T, len(b.X), len(b.Y))
	}
	return nil
}
