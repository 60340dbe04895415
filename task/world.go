package task

import (
	"math"
	"strings"

	"lmzoo/corpus/world"
)

// World is the labelled task of the synthetic world: reviews with a sentiment, whose best possible
// classifier is known. Dev is for choosing hyperparameters, Test for reported results.
type World struct {
	Reviews          *world.Reviews
	Train, Dev, Test *Set
}

// NewWorld draws the reviews of the three sets from independent random streams.
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

// Limit returns the classifier that knows how the reviews are generated. It computes the exact
// posterior of each label, so no classifier is better on average.
func (w *World) Limit() Classifier { return limit{w.Reviews} }

type limit struct{ *world.Reviews }

func (l limit) Classes() []string { return l.Labels() }

// LogProbs gives both labels the same probability for a text that is not a review.
func (l limit) LogProbs(dst []float64, e Example) []float64 {
	dst = grow(dst, 2)
	p, err := l.Posterior(strings.TrimSpace(e.Text))
	if err != nil {
		p.Positive = .5
	}
	dst[world.Negative], dst[world.Positive] = math.Log(1-p.Positive), math.Log(p.Positive)
	return dst
}
