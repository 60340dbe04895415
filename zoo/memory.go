package zoo

import (
	"fmt"
	"strings"

	"lmzoo/nn"
	"lmzoo/train/optim"
)

// Memory estimates the bytes that training a neural model takes, without the text: for each
// parameter, its value, its best value so far, AdamW's two moments, the average if there is one,
// and one gradient per piece; for each token of a batch, the activations and their gradients; and a
// copy for the checkpoint, with uncollected garbage. Memory returns 0 if the configuration has no
// method Shape.
func (s *Settings) Memory(vocab int) float64 {
	if s.Train == nil {
		return 0
	}
	const float = 4   // bytes
	kept := 1 + 1 + 2 // value, best value, moments
	if a := s.Train.Average; a == optim.EMAAverage || a == optim.TailAverage {
		kept++
	}
	saving := 3 * kept
	shape, _ := s.shape(vocab)
	pieces := min(s.Train.Pieces, s.Train.Batch)
	tokens := float64(s.Train.Batch) * float64(s.Train.Context)
	return float * (shape.Params*float64(kept+saving+pieces) + shape.Floats*2*tokens)
}

// shape returns the Shape of the settings for a vocabulary, or false if the configuration has no
// Shape.
func (s *Settings) shape(vocab int) (nn.Shape, bool) {
	c, ok := withVocab(s.Model, vocab).(interface{ Shape(context int) nn.Shape })
	if !ok {
		return nn.Shape{}, false
	}
	context := 0
	if s.Train != nil {
		context = s.Train.Context
	}
	return c.Shape(context), true
}

// fits returns an error if the training needs more memory than is available; 0 means unknown.
func (o Order) fits(available float64) error {
	need := o.Settings.Memory(o.Tokenizer.Vocab())
	if available <= 0 || need <= available {
		return nil
	}
	var numbers []string
	for _, name := range chosen(o.Settings.Model) {
		if intField(o.Settings.Model, name) != nil {
			numbers = append(numbers, name)
		}
	}
	shape := strings.Join(numbers, ", ")
	return Misuse{fmt.Errorf("training this model takes about %.1f GB of memory, but only %.1f "+
		"GB are free; "+
		"choose a smaller %s, batch (now %d), context (%d) or vocabulary (%d), or --size small",
		need/1e9, available/1e9, shape, o.Settings.Train.Batch, o.Settings.Train.Context,
		o.Tokenizer.Vocab())}
}
