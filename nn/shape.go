package nn

// Shape is what a model of a configuration costs, known before it is made. The numbers are floats,
// so that none overflows. The method Shape(context int) of a Config returns it for training rows of
// context tokens.
type Shape struct {
	Params float64 // parameters
	Floats float64 // numbers per token that a training step keeps for the backward pass
	FLOPs  float64 // floating-point operations of a training step per token
	Bytes  float64 // float32 weights that generating a token reads
}

// ShapeOf returns the Shape of a model in which every token is multiplied with some of the
// parameters: 6 operations for each of them, forward and backward (Kaplan et al. 2020, §2.1).
// Operations that a shortcut saves are counted.
func ShapeOf(params, multiplied, floats float64) Shape {
	return Shape{Params: params, Floats: floats, FLOPs: 6 * multiplied, Bytes: 4 * multiplied}
}
