package world

import (
	"math"
	"strings"
)

// Posterior holds the exact probabilities of the hidden variables of a text, given its words.
type Posterior struct {
	Positive float64 // P(label = positive | text)
	Food     float64 // P(domain = food | text)
}

// Label returns the more probable label.
func (p Posterior) Label() Sentiment {
	if p.Positive > .5 {
		return Positive
	}
	return Negative
}

// Certainty returns the probability of Label: the expected accuracy of the best decision on this
// text.
func (p Posterior) Certainty() float64 { return max(p.Positive, 1-p.Positive) }

// Posterior returns the exact posterior given a document's Text, or given its first words: the end
// of a document does not depend on anything hidden. An impossible text is an error.
func (r *Reviews) Posterior(text string) (Posterior, error) {
	f := r.filter()
	if err := f.follow(strings.Fields(text), nil); err != nil {
		return Posterior{}, err
	}
	return posterior(f), nil
}

func posterior(f *filter[draft]) (p Posterior) {
	for _, w := range f.belief {
		d := f.states[w.state]
		if d.label == Positive {
			p.Positive += w.p
		}
		if d.domain == Food {
			p.Food += w.p
		}
	}
	return p
}

// Bayes holds the results, on a sample of reviews, of a classifier that knows the posterior of
// every text: the limit of the labelled task.
type Bayes struct {
	Accuracy float64 // expected: the mean of max P(label | text); exact for these texts
	Realised float64 // on the labels that were drawn
	Nats     float64 // mean −ln P(label | text)
}

// Bayes returns the limit on reviews.
func (r *Reviews) Bayes(reviews []Review) (Bayes, error) {
	var b Bayes
	for _, review := range reviews {
		p, err := r.Posterior(review.Text)
		if err != nil {
			return Bayes{}, err
		}
		b.Accuracy += p.Certainty()
		if p.Label() == review.Label {
			b.Realised++
		}
		if review.Label == Positive {
			b.Nats -= math.Log(p.Positive)
		} else {
			b.Nats -= math.Log(1 - p.Positive)
		}
	}
	n := float64(len(reviews))
	return Bayes{b.Accuracy / n, b.Realised / n, b.Nats / n}, nil
}
