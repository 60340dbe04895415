package task

import (
	"math"
	"strings"

	"lmzoo/corpus/world"
)

// World is the labelled task of the synthetic world: reviews with a sentiment, of which the best
// possible classifier is known. Rates are chosen on Dev; Test is for what is reported.
type World struct {
	Reviews          *world.Reviews
	Train, Dev, Test *Set
}

// NewWorld draws reviews of a seed for the three sets, from streams that share nothing.
func NewWorld(seed uint64, train, dev, test int) *World {
	r := world.NewReviews(world.DefaultSeed)
	set := func(pool world.Pool, n int) *Set {
		s := &Set{Classes: r.Labels()}
		for _, review := range r.Labelled(seed, pool, n) {
			s.Examples = append(s.Examples, Example{Text: review.Text,
				Label: review.Label.String()})
		}
		return s
	}
	return &World{r, set(world.Train, train), set(world.Dev, dev), set(world.Test, test)}
}

// Limit is the classifier that knows how reviews are written: it gives each label its exact
// posterior, so no classifier is better on average.
func (w *World) Limit() Classifier { return limit{w.Reviews} }

type limit struct{ *world.Reviews }

func (l limit) Classes() []string { return l.Labels() }

// LogProbs is that of equally likely labels for a text that is no review.
func (l limit) LogProbs(dst []float64, e Example) []float64 {
	dst = grow(dst, 2)
	p, err := l.Posterior(strings.TrimSpace(e.Text))
	if err != nil {
		p.Positive = .5
	}
	dst[world.Negative], dst[world.Positive] = math.Log(1-p.Positive), math.Log(p.Positive)
	return dst
}
