package nn

// Shape holds the costs of a model, which are known from its configuration. The numbers are floats,
// so that they cannot overflow. The method Shape(context int) of a Config returns it for training
// rows of context tokens.
type Shape struct {
	Params float64 // parameters
	Floats float64 // numbers per token that a training step keeps for the backward pass
	FLOPs  float64 // floating-point operations of a training step per token
	Bytes  float64 // float32 weights that generating a token reads
}

// ShapeOf returns the Shape of a model in which every token is multiplied with some of the
// parameters. Each of these takes 6 operations, forward and backward (Kaplan et al. 2020, §2.1).
// Operations that a fast path saves are counted.
func ShapeOf(params, multiplied, floats float64) Shape {
	return Shape{Params: params, Floats: floats, FLOPs: 6 * multiplied, Bytes: 4 * multiplied}
}
