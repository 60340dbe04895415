package train

import "lmzoo/format/safetensors"

// Engine makes the steps of a run and lists what a checkpoint must hold. NewTrainer wraps a Learner
// in an engine that computes dense gradients on a tape. A model whose step touches few of its
// weights, such as word2vec, has an engine of its own and shares the rest: the loop, the clock, the
// schedule, checkpoints and observers. The methods use no type of this package, so that a model
// need not import it.
type Engine interface {
	// Model returns the model to train, a pointer to a struct with `param` tags.
	Model() any

	// Step makes step k, counted from 0, at learning rate lr. It returns the mean loss, the
	// gradient norm before clipping, and the number of targets. If loss or norm is not finite, it
	// must leave the parameters unchanged.
	Step(k int, lr float64) (loss, norm float64, targets int, err error)

	// State lists the tensors that the next step needs besides the parameters, such as an
	// optimizer's moments. Names and shapes are the same at every step. Resuming writes into their
	// data.
	State() []safetensors.Tensor

	// Carry returns the memory that each piece of a batch carries from the last step. Its length
	// never changes.
	Carry() [][][]float32
	// SetCarry replaces the memory with the memory of another process.
	SetCarry(memory [][][]float32)
}

// Adjustable is an Engine that knows the settings optimizer, batch_growth and context_growth. Other
// engines refuse them.
type Adjustable interface {
	// Take announces that the next step takes n batches, the first of which has the number first,
	// and cuts every row into cut pieces.
	Take(first, n, cut int)
}

// Counted is an Engine that counts its operations.
type Counted interface {
	Counts() bool   // whether the operations are known
	FLOPs() float64 // operations of the last step, including padding
}

// Finishing is an Engine that may end the run early, for example because the model has moved too
// far from its initial weights.
type Finishing interface {
	Finished() bool
}
