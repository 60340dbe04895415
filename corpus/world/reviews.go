package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"lmzoo/corpus"
)

// Domain is the subject of a review. It is hidden, because a reader sees only words.
type Domain uint8

// The two domains. Words such as chip have a sense in each domain.
const (
	Gadget Domain = iota
	Food
	domains
)

func (d Domain) String() string { return [...]string{"gadget", "food"}[d] }

// Sentiment is the label of a review: the opinion of its writer. It is also hidden.
type Sentiment uint8

// The two labels.
const (
	Negative Sentiment = iota
	Positive
)

func (s Sentiment) String() string { return [...]string{"negative", "positive"}[s] }

// Reviews is a world of product reviews with a hidden label, for models that learn from much
// unlabelled text and few labels:
//
//	review camera : battery was very clunky but jam seemed very sturdy .
//	note bistro : sadly soup smelled burnt and very salty .
//
// A text has a domain and a sentiment, and each of its sentences has a polarity, which is usually
// the sentiment. "A but B" means B, "not" reverses an adjective, and flip words such as thin are
// good in one domain and bad in the other. A bag of words captures all this poorly. Notes are
// plainer than reviews. The unlabelled corpus is half reviews, half notes; the labelled task has
// reviews only.
//
// Everything hidden is summed out exactly (see automaton). This gives the probability of the next
// word, the posterior of the label given a text and, from it, the accuracy that no classifier can
// exceed.
//
// Reviews is safe for concurrent use.
type Reviews struct {
	*automaton[draft]
	lexicon *lexicon
}

// NewReviews returns the world of reviews for a seed. The seed decides which words are frequent and
// which words are held out.
func NewReviews(seed uint64) *Reviews {
	rng := stream(seed, "reviews")
	l := newLexicon()
	for _, words := range l.lists() {
		rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	}
	var starts []draft
	for d := range domains {
		for s := range Sentiment(2) {
			starts = append(starts, draft{domain: d, label: s})
		}
	}
	return &Reviews{compile(starts, l.vocabulary().moves, draft.class), l}
}

// lists returns all lists, in a fixed order.
func (l *lexicon) lists() [][]string {
	all := [][]string{l.homonyms, l.subjects, l.plainNouns, l.plainVerb}
	for d := range domains {
		all = append(all, l.products[d], l.nouns[d], l.verbs[d], l.flips[d], l.adjectives[d][0],
			l.adjectives[d][1])
	}
	for s := range 2 {
		all = append(all, l.general[s], l.adverbs[s])
	}
	return all
}

// Words returns the whole vocabulary in alphabetical order.
func (r *Reviews) Words() []string {
	words := slices.DeleteFunc(slices.Clone(r.words), func(w string) bool { return w == End })
	slices.Sort(words)
	return words
}

// Labels returns the names of the classes: negative, positive.
func (r *Reviews) Labels() []string { return []string{Negative.String(), Positive.String()} }

// Review is a document with the values of its hidden variables.
type Review struct {
	corpus.Document
	Note     bool // a note, not a review
	Domain   Domain
	Label    Sentiment
	Polarity []Sentiment // of each sentence
}

// Draw draws a review or a note, without its Truth: it is fast, because nothing is summed out.
func (r *Reviews) Draw(rng *rand.Rand, note bool) Review {
	kind := "review"
	if note {
		kind = "note"
	}
	return r.draw(rng, r.start[rng.IntN(len(r.start))].state,
		func(d draft, word string) bool { return d.slot != atKind || word == kind })
}

// draw walks through the automaton from a state, choosing among the words that allow admits, in
// proportion to their probabilities.
func (r *Reviews) draw(rng *rand.Rand, state int32, allow func(draft, string) bool) Review {
	review := Review{Document: corpus.Document{End: End}}
	var words []string
	for len(r.steps[state]) > 0 {
		d := r.states[state]
		s := r.pick(rng, state, allow)
		word := r.words[s.word]
		if word == "." {
			review.Polarity = append(review.Polarity, d.polarity)
		}
		if word != End {
			words = append(words, word)
		}
		state = s.to
	}
	last := r.states[state]
	review.Text = strings.Join(words, " ")
	review.Note, review.Domain, review.Label = last.note, last.domain, last.label
	return review
}

// pick draws one of the allowed steps.
func (r *Reviews) pick(rng *rand.Rand, state int32, allow func(draft, string) bool) step {
	d, sum := r.states[state], 0.0
	for _, s := range r.steps[state] {
		if allow(d, r.words[s.word]) {
			sum += s.p
		}
	}
	u, last := rng.Float64()*sum, step{}
	for _, s := range r.steps[state] {
		if !allow(d, r.words[s.word]) {
			continue
		}
		if u -= s.p; u < 0 {
			return s
		}
		last = s
	}
	return last // rounding: the probabilities do not quite add up to 1
}

// Split draws an unlabelled corpus of about the given numbers of tokens in each part, half reviews
// and half notes. The parts share no random numbers with each other or with Labelled. Train has no
// Truth, because nothing is measured on it and the exact cost takes more time than the text.
func (r *Reviews) Split(seed uint64, train, valid, test int) corpus.Split {
	s := corpus.Split{
		Train: r.unlabelled(stream(seed, "reviews/train"), train),
		Valid: r.unlabelled(stream(seed, "reviews/valid"), valid),
		Test:  r.unlabelled(stream(seed, "reviews/test"), test),
	}
	for _, part := range [][]corpus.Document{s.Valid, s.Test} {
		for i, d := range part {
			part[i].Truth, _ = r.Trace(d.Text) // a text drawn here is never impossible
		}
	}
	return s
}

func (r *Reviews) unlabelled(rng *rand.Rand, tokens int) (docs []corpus.Document) {
	for n := 0; n < tokens; {
		d := r.Draw(rng, rng.Float64() >= pReview).Document
		docs = append(docs, d)
		n += strings.Count(d.Text, " ") + 2 // words and the end
	}
	return docs
}

// Pool is a set of labelled texts or of occurrences. Learning rates and stopping times are chosen
// on Dev; Test is used once, for the reported numbers.
type Pool string

// The three pools.
const (
	Train Pool = "train"
	Dev   Pool = "dev"
	Test  Pool = "test"
)

// Labelled draws n reviews of a pool. A longer list begins with the shorter one.
func (r *Reviews) Labelled(seed uint64, pool Pool, n int) []Review {
	rng := stream(seed, "labelled/"+string(pool))
	all := make([]Review, n)
	for i := range all {
		all[i] = r.Draw(rng, false)
	}
	return all
}

// Trace returns the exact cost of every word of a text and of its end, or an error that wraps an
// *Impossible.
func (r *Reviews) Trace(text string) ([]corpus.Event, error) {
	words := append(strings.Split(text, " "), End)
	f := r.filter()
	events := make([]corpus.Event, 0, len(words))
	err := f.follow(words, func(i int) { events = append(events, f.event(i, len(events) == 0)) })
	if err != nil {
		return nil, fmt.Errorf("byte %d of the text: %w",
			offset(text, words[:len(words)-1], len(events)), err)
	}
	return events, nil
}

// Next returns the exact distribution of the word after the given first words of a document. It is
// empty after End. If no document begins with the words, Next returns an *Impossible.
func (r *Reviews) Next(words []string) ([]Choice, error) {
	f := r.filter()
	if err := f.follow(words, nil); err != nil {
		return nil, err
	}
	return slices.Clone(f.next()), nil
}
