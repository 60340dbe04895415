package nn

// Shape is what a configuration costs, known before a weight is made. The numbers are floats, so that none overflows. A
// Config has a method Shape(context int) that returns it for training rows of that many tokens.
type Shape struct {
	Params float64 // parameters
	Floats float64 // numbers per token that a training step keeps for the backward pass
	FLOPs  float64 // floating-point operations of a training step per token
	Bytes  float64 // float32 weights that generating a token reads
}

// ShapeOf returns the Shape of a model in which every token is multiplied with some of the parameters: 6 operations for
// each of them, forward and backward (Kaplan et al. 2020, §2.1). What a shortcut saves is counted as done.
func ShapeOf(params, multiplied, floats float64) Shape {
	return Shape{Params: params, Floats: floats, FLOPs: 6 * multiplied, Bytes: 4 * multiplied}
}
