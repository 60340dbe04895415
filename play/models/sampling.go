package models

import (
	"math"

	"lmzoo/lm/sample"
	"lmzoo/play/web"
)

// maxTemperature is the maximum temperature; it makes every distribution nearly uniform.
const maxTemperature = 100

// Sampling checks the sampling fields of a request. A top_p of 0 leaves only the likeliest token,
// while a top_k or min_p of 0 has no effect.
func Sampling(temperature float64, topK int, topP, minP float64,
	maxTokens int) (sample.Options, error) {
	switch {
	case !(temperature >= 0 && temperature <= maxTemperature):
		return sample.Options{}, web.Invalid("temperature",
			"is %g; want 0 (always the likeliest token) to %d", temperature, maxTemperature)
	case topK < 0 || topK > math.MaxInt32:
		return sample.Options{}, web.Invalid("top_k", "is %d; want 0 (all tokens) or more", topK)
	case !(topP >= 0 && topP <= 1):
		return sample.Options{}, web.Invalid("top_p",
			"is %g; want 0 (the likeliest token) to 1 (all tokens)", topP)
	case !(minP >= 0 && minP <= 1):
		return sample.Options{}, web.Invalid("min_p", "is %g; want 0 (all tokens) to 1", minP)
	}
	if topP == 0 { // in sample.Options, 0 means all tokens
		topP, topK = 1, 1
	}
	return sample.Options{Temperature: temperature, TopK: topK, TopP: topP, MinP: minP,
		Max: maxTokens}, nil
}
