package zoo

import (
	"time"

	"lmzoo/train"
)

// recipe is how a neural species of a size is trained unless told otherwise.
func recipe(name, size string) train.Config {
	c := train.Default()
	c.Batch, c.Context = 12, 64
	c.EvalEvery, c.SaveEvery = train.Every{Time: train.Duration(15 * time.Second)}, train.Every{Time: train.Duration(15 * time.Second)}
	switch name {
	case "gpt":
		c.LR, c.MinLR = 1e-3, 1e-4 // nanoGPT's recipe for a CPU
		c.WeightDecay = 0.1
	case "mlp":
		c.LR, c.MinLR, c.WeightDecay = 2e-3, 1e-4, 0.01
		c.Batch = 32
	default: // recurrent
		c.LR, c.MinLR, c.WeightDecay = 3e-3, 3e-4, 0.01
		c.Batch = 32
	}
	if size == "base" {
		c.LR, c.MinLR = c.LR/2, c.MinLR/2
		c.Steps = 5000
	}
	if name == "gpt" && size == "base" {
		c.Batch, c.Context = 8, 256
	}
	return c
}
