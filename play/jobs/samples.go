package jobs

import (
	"context"
	"math/rand/v2"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/sample"
	"lmzoo/play/web"
	"lmzoo/train"
	"lmzoo/zoo"
)

// Sample is a text that a model writes at a validation.
type Sample struct {
	Step int       `json:"step"`
	Loss web.Float `json:"loss"` // validation loss
	Text string    `json:"text"` // the beginning of a document
}

const (
	sampleTokens = 40
	sampleSeed   = 1 // the same for all samples, so that only the model differs
	maxSamples   = 16
)

// sampling lets a model write a sample at every validation. It replaces the species of the order to
// get the model that is trained; restore undoes this for the run.
func (q *Queue) sampling(j *Job, o *zoo.Order) (watch train.Observer, restore func(*zoo.Run)) {
	var model lm.Model
	original := o.Species
	if original.IsNeural() && o.Task == nil && o.Stage == nil {
		species, learning := *original, *original.Learning
		learning.New = func(c any, tok corpus.Tokenizer, rng *rand.Rand) (any, error) {
			m, err := original.Learning.New(c, tok, rng)
			if err == nil {
				model, _ = m.(lm.Model)
			}
			return m, err
		}
		species.Learning, o.Species = &learning, &species
	}
	tok := o.Tokenizer
	watch = func(ctx context.Context, _ *train.Trainer, e train.Event) error {
		if e.Kind != train.Evaluated || model == nil {
			return nil
		}
		text, err := opening(ctx, model, tok)
		if err != nil {
			return nil // cancelled; a training that diverged fails at its validation
		}
		q.change(func() {
			j.addSample(Sample{e.Stats.Step, web.Float(e.Valid), text})
		})
		return nil
	}
	return watch, func(r *zoo.Run) { r.Species = original }
}

// opening returns the beginning of a document that the model writes.
func opening(ctx context.Context, m lm.Model, tok corpus.Tokenizer) (string, error) {
	opt := sample.Default
	opt.Max = sampleTokens
	var tokens []lm.Token
	err := sample.Generate(ctx, lm.Start(m), opt, sample.Rand(sampleSeed),
		func(t lm.Token, _ float64) bool {
			tokens = append(tokens, t)
			return true
		})
	return tok.Decode(tokens), err
}

// addSample adds a sample. If there are too many samples, it drops every second one, but not the
// first.
func (j *Job) addSample(s Sample) {
	j.Samples = append(j.Samples, s)
	if len(j.Samples) <= maxSamples {
		return
	}
	var kept []Sample
	for i := 0; i < len(j.Samples); i += 2 {
		kept = append(kept, j.Samples[i])
	}
	j.Samples = kept
}
