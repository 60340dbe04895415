package lab

// speedrunRates holds the learning rate of each change as a multiple of the baseline's 0.006: the
// best of the tried factors on the validation part of the world with seed 0, which no result uses,
// after twice the operations. TestSpeedrunRates measures them again. A change that is not listed is
// a variant of another change, usually of the baseline, and has its rate.
var speedrunRates = map[string]float64{
	"constant": 0.5, "tail": 0.5, "muon": 4, "muon_linear": 4, "batch_16": 2, "init_gpt2": 2,
}

// tries returns the factors that were tried for a change; none means that it is a variant.
func (c change) tries() []float64 {
	switch c.name {
	case "baseline":
		return []float64{1, 2}
	case "muon":
		return []float64{2, 4, 8}
	case "batch_4", "constant":
		return []float64{0.5, 1, 2}
	case "batch_16", "init_gpt2":
		return []float64{1, 2, 4}
	}
	return nil
}
