package vec

// SumRows adds every row of x to sum, whose length is that of a row: the gradient of a bias.
func SumRows(sum, x []float32) {
	c := len(sum)
	for i := c * sumRows(sum, x); i < len(x); i += c {
		add(sum, x[i:][:c])
	}
}

// AddToRows adds b, a bias, to every row of y, whose length is that of b, and r, the residual
// stream, to y. A nil r stands for zero.
func AddToRows(y, r, b []float32) {
	c := len(b)
	if r != nil {
		r = r[:len(y)]
	}
	if addToRows(y, r, b) {
		return
	}
	if r != nil {
		add(y, r)
	}
	for i := 0; i < len(y); i += c {
		add(y[i:][:c], b)
	}
}
