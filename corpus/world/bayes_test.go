package world

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// oracle computes the probability of a review in another way than the automaton: it parses the
// text, enumerates domain, sentiment, and for every sentence polarity and form, and multiplies what
// the grammar says of each word. It shares only the word lists with the code under test.
type oracle struct{ *lexicon }

// share is the probability of a word drawn uniformly from a list, or 0 if the word is not in the
// list.
func share(words []string, word string) float64 {
	if slices.Contains(words, word) {
		return 1 / float64(len(words))
	}
	return 0
}

// rank is the probability of a word drawn by Zipf's law.
func rank(words []string, word string) float64 {
	sum := 0.0
	for i := range words {
		sum += 1 / float64(i+1)
	}
	if i := slices.Index(words, word); i >= 0 {
		return 1 / float64(i+1) / sum
	}
	return 0
}

func (o oracle) noun(word string, d Domain) float64 {
	return .30*share(o.homonyms, word) + .25*share(o.plainNouns, word) + .45*share(o.nouns[d], word)
}
func (o oracle) verb(word string, d Domain) float64 {
	return .7*share(o.plainVerb, word) + .3*share(o.verbs[d], word)
}
func (o oracle) adjective(word string, d Domain, s Sentiment) float64 {
	flips := o.flips[d]
	if s == Negative {
		flips = o.flips[1-d]
	}
	return .2*share(flips, word) + .2*rank(o.general[s], word) + .6*rank(o.adjectives[d][s], word)
}

// clause is the probability of "NOUN VERB [not|very] ADJECTIVE".
func (o oracle) clause(words []string, d Domain, s Sentiment) float64 {
	p := o.noun(words[0], d) * o.verb(words[1], d)
	switch words[2] {
	case "not":
		return p * .15 * o.adjective(words[3], d, 1-s)
	case "very":
		return p * .15 * o.adjective(words[3], d, s)
	}
	return p * .7 * o.adjective(words[2], d, s)
}

// adverb removes the adverb from a sentence, if it has one, and returns the probability; often is
// the probability of an adverb.
func (o oracle) adverb(words []string, s Sentiment, often float64) ([]string, float64) {
	for _, list := range o.adverbs {
		if slices.Contains(list, words[0]) {
			return words[1:], often * share(o.adverbs[s], words[0])
		}
	}
	return words, 1 - often
}

// review is the probability of a sentence of a review, given all hidden variables.
func (o oracle) review(words []string, d Domain, c Sentiment, form string) float64 {
	first := c
	if form == "but" {
		first = 1 - c
	}
	words, p := o.adverb(words, first, .1)
	at := slices.IndexFunc(words, func(w string) bool { return w == "and" || w == "but" })
	switch {
	case at < 0 && form == "":
		return p * o.clause(words, d, c)
	case at >= 0 && words[at] == form:
		return p * o.clause(words[:at], d, first) * o.clause(words[at+1:], d, c)
	}
	return 0
}

// note is the probability of a sentence of a note.
func (o oracle) note(words []string, d Domain, c Sentiment) float64 {
	words, p := o.adverb(words, c, .4)
	p *= o.noun(words[0], d) * o.verb(words[1], d)
	adjectives := strings.Split(strings.Join(words[2:], " "), " and ")
	for _, a := range adjectives {
		plain, very := strings.CutPrefix(a, "very ")
		p *= o.adjective(plain, d, c)
		if very {
			p *= .15
		} else {
			p *= .85
		}
	}
	return p * []float64{.25, .4, .35}[len(adjectives)-1]
}

// joint is P(text, d, s).
func (o oracle) joint(text string, d Domain, s Sentiment) float64 {
	head, body, _ := strings.Cut(text, " : ")
	kind, subject, _ := strings.Cut(head, " ")
	sentences := strings.Split(strings.TrimSuffix(body, " ."), " . ")
	p := .25 * .5 * (.75*share(o.products[d], subject) + .25*share(o.subjects, subject))
	for _, sentence := range sentences {
		words, sum := strings.Fields(sentence), 0.0
		for _, c := range []Sentiment{Negative, Positive} {
			keep := .1
			if c == s {
				keep = .9
			}
			if kind == "note" {
				keep = .05
				if c == s {
					keep = .95
				}
				sum += keep * o.note(words, d, c)
				continue
			}
			for form, q := range map[string]float64{"": .4, "and": .3, "but": .3} {
				sum += keep * q * o.review(words, d, c, form)
			}
		}
		p *= sum
	}
	return p
}

func TestPosteriorIsThatOfTheEnumeration(t *testing.T) {
	r := NewReviews(DefaultSeed)
	o := oracle{r.lexicon}
	rng := stream(3, "oracle")
	worst := 0.0
	for i := range 3000 {
		review := r.Draw(rng, i%2 == 0)
		var joint [domains][2]float64
		total := 0.0
		for d := range domains {
			for s := range Sentiment(2) {
				joint[d][s] = o.joint(review.Text, d, s)
				total += joint[d][s]
			}
		}
		p, err := r.Posterior(review.Text)
		require.NoError(t, err)
		require.InDelta(t, (joint[Gadget][Positive]+joint[Food][Positive])/total, p.Positive, 1e-12,
			review.Text)
		require.InDelta(t, (joint[Food][Negative]+joint[Food][Positive])/total, p.Food, 1e-12,
			review.Text)
		positive := (joint[Gadget][Positive] + joint[Food][Positive]) / total
		worst = max(worst, math.Abs(positive-p.Positive))

		events, err := r.Trace(review.Text)
		require.NoError(t, err)
		nats := 0.0
		for _, e := range events {
			nats += e.Nats
		}
		require.InDelta(t, -math.Log(total), nats, 1e-9, review.Text)
	}
	t.Logf("largest difference between posteriors: %.1e", worst)
}

// The posterior is calibrated: among texts that it calls positive with probability p, a fraction p
// is positive.
func TestBayesAccuracyIsReached(t *testing.T) {
	r := NewReviews(DefaultSeed)
	b, err := r.Bayes(r.Labelled(1, Dev, 8000))
	require.NoError(t, err)
	require.InDelta(t, b.Accuracy, b.Realised, 4*math.Sqrt(b.Accuracy*(1-b.Accuracy)/8000))
	require.InDelta(t, .972, b.Accuracy, .002)
}
