package zoo

import (
	"context"
	"fmt"
	"path/filepath"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/task"
)

// LM returns the run's model as a distribution over the next token. For a model that reads in both
// directions, it returns the half that reads forwards.
func (r *Run) LM() (lm.Model, error) {
	switch m := r.Model.(type) {
	case lm.Model:
		return m, nil
	case interface{ Causal() lm.Model }:
		return m.Causal(), nil
	}
	return nil, r.unable("has no next-token distribution")
}

// Filler returns the run's model as a distribution over a gap. A causal model fills gaps by scoring
// candidates.
func (r *Run) Filler() (lm.Filler, error) {
	switch m := r.Model.(type) {
	case lm.Filler:
		return m, nil
	case lm.Model:
		return lm.Fill(m), nil
	}
	return nil, r.unable("has no distribution over a gap")
}

// Backward returns the half of the run's model that reads backwards, or false if there is none.
func (r *Run) Backward() (eval.BackwardScorer, bool) {
	m, ok := r.Model.(eval.BackwardScorer)
	return m, ok
}

// Measure computes the validation measure of the run's training on any documents; train is the text
// that the run was trained on.
func (r *Run) Measure(ctx context.Context, train,
	docs []corpus.Document) (float64, Validation, error) {
	l := r.Species.Learning
	if l == nil || l.Measure == nil {
		return 0, Validation{}, r.unable("has no measure on a text")
	}
	text := &Text{
		Tokenizer: r.Tokenizer, Split: corpus.Split{Train: train},
		Train: corpus.EncodeDocuments(r.Tokenizer, train), Seed: r.Config.Seed, Threads: 1,
	}
	x, err := l.Measure(ctx, r.Model, text, corpus.EncodeDocuments(r.Tokenizer, docs))
	return x, l.Validation, err
}

// Encoder returns the run's model as a function from a text to hidden vectors.
func (r *Run) Encoder() (nn.Encoder, error) {
	if m, ok := r.Model.(nn.Encoder); ok {
		return m, nil
	}
	return nil, r.unable("has no hidden vectors")
}

// Embedder returns the run's model as a table of vectors, one for each token.
func (r *Run) Embedder() (nn.Embedder, error) {
	if m, ok := r.Model.(nn.Embedder); ok {
		return m, nil
	}
	return nil, r.unable("has no embeddings")
}

// unable returns the error for an ability that the run lacks, with the verbs for the abilities that
// it has.
func (r *Run) unable(lacks string) error {
	var verbs string
	switch {
	case r.Model == nil:
		verbs = "train it first"
	case can[lm.Model](r):
		verbs = "use lmzoo eval, next or generate"
	case can[*align.Reward](r):
		verbs = "use it as the reward of lmzoo rl"
	case can[*task.Network](r):
		verbs = "use lmzoo eval or classify"
	case can[lm.Filler](r):
		verbs = "use lmzoo eval, fill or embed"
	case can[nn.Encoder](r):
		verbs = "use lmzoo eval, neighbours, embed or finetune"
	case can[nn.Embedder](r):
		verbs = "use lmzoo neighbours or analogy"
	default:
		verbs = "choose a run of another species"
	}
	return Misuse{fmt.Errorf("%s: %s %s; %s", filepath.Clean(r.Dir), r.Title(), lacks, verbs)}
}

func can[T any](r *Run) bool {
	_, ok := r.Model.(T)
	return ok
}

// Causal returns the runs that have a next-token distribution, and a note about each other run.
func Causal(runs []*Run) (causal []*Run, notes []string) {
	for _, r := range runs {
		if _, err := r.LM(); err != nil {
			notes = append(notes, "left out: "+err.Error())
			continue
		}
		causal = append(causal, r)
	}
	return causal, notes
}
