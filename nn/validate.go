package nn

import (
	"fmt"
	"strings"
)

// Checks returns the errors for the method Validate of a Config. Its value is the name of the
// model. Each method returns nil if the value is valid, so that cmp.Or of several is the first
// error.
type Checks string

// Vocab checks the number of tokens.
func (c Checks) Vocab(v int) error {
	if v < 2 {
		return fmt.Errorf(
			"%s: vocab_size is %d; want at least 2, the document boundary and one more token; "+
				"train the tokenizer on more text", c, v)
	}
	return nil
}

// Positive checks a setting that counts something; example is a typical value.
func (c Checks) Positive(setting string, value, example int) error {
	if value < 1 {
		return fmt.Errorf("%s: %s is %d; want at least 1, such as %d", c, setting, value, example)
	}
	return nil
}

// Dropout checks a probability of dropout.
func (c Checks) Dropout(p float64) error {
	if !(p >= 0 && p < 1) {
		return fmt.Errorf("%s: dropout is %v; want a probability in [0, 1), such as 0.2", c, p)
	}
	return nil
}

// OneOf checks a setting whose value is one of several names.
func (c Checks) OneOf(setting, value string, names ...string) error {
	for _, name := range names {
		if value == name {
			return nil
		}
	}
	return fmt.Errorf("%s: %s is %q; want one of %s", c, setting, value, strings.Join(names, ", "))
}

// MaxParams is the largest number of parameters of a model: 8 GB of float32, and another 8 GB of
// gradients. A larger number is a typing error.
const MaxParams = 1 << 31

// Params checks the number of parameters, a float64 so that nothing overflows. smaller names the
// settings that determine it.
func (c Checks) Params(n float64, smaller string) error {
	if n > MaxParams {
		return fmt.Errorf("%s: more than %d parameters; want a smaller %s", c, MaxParams, smaller)
	}
	return nil
}

// Sizes returns the names of the presets of every neural model, smallest first.
func Sizes() []string { return []string{"tiny", "small", "base"} }

// NoSize returns the error for a preset that does not exist.
func (c Checks) NoSize(size string) error {
	return fmt.Errorf("%s has no size %q; want one of %s", c, size, strings.Join(Sizes(), ", "))
}
