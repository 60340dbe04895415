package nn_test

import (
	"fmt"
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/nn"
)

// A model is a struct. Tags give the names of its parameters, which files in the safetensors format
// and the optimiser use.
func ExampleParams() {
	rng := rand.New(rand.NewPCG(1, 0))
	model := struct {
		WTE *nn.Embedding `param:"wte"`
		H   []*nn.Linear  `param:"h"`
		LNF *nn.LayerNorm `param:"ln_f"`
	}{
		WTE: nn.NewEmbedding(10, 4, 0.02, rng),
		H:   []*nn.Linear{nn.NewLinear(4, 4, 0.02, rng), nn.NewLinear(4, 4, 0.02, rng)},
		LNF: nn.NewLayerNorm(4),
	}
	for _, p := range nn.Params(&model) {
		fmt.Printf("%-13s %2d×%d\n", p.Name, p.Rows, p.Cols)
	}
	fmt.Println(nn.Count(&model), "numbers")
	// Output:
	// wte.weight    10×4
	// h.0.weight     4×4
	// h.0.bias       1×4
	// h.1.weight     4×4
	// h.1.bias       1×4
	// ln_f.weight    1×4
	// ln_f.bias      1×4
	// 88 numbers
}

// A layer records its operations on a tape, and the tape computes the gradients.
func ExampleLinear() {
	l := nn.NewLinear(2, 1, 0, rand.New(rand.NewPCG(1, 0)))
	copy(l.Weight.Data, []float32{3, -1})
	l.Bias.Data[0] = 0.5
	tape := autograd.NewTape()
	y := l.Forward(tape, tape.Const(1, 2, []float32{2, 4})) // 2·3 − 4·1 + 0.5
	tape.Backward(y)
	fmt.Println(y.Data[0], l.Weight.Grad)
	// Output: 2.5 [2 4]
}
