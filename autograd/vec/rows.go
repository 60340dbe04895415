package vec

// SumRows adds every row of x, each as long as sum, to sum: the gradient of a bias.
func SumRows(sum, x []float32) {
	c := len(sum)
	for i := c * sumRows(sum, x); i < len(x); i += c {
		add(sum, x[i:][:c])
	}
}

// AddToRows adds b to every row of y, each as long as b, and r, unless it is nil, to all of y: a bias, and the residual stream.
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
