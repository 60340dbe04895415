package world

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// Side is the side of a homonym on which the words stand that reveal its sense.
type Side string

// The three kinds of occurrences. A model that reads from left to right cannot tell the sense at
// the homonym itself if the cues are on the right: given the words up to the homonym, both senses
// are exactly equally likely.
const (
	Left  Side = "left"
	Right Side = "right"
	Both  Side = "both"
)

// Sides lists the three kinds.
func Sides() []Side { return []Side{Left, Right, Both} }

// Occurrence is a homonym in a text, with its sense: the domain of the text.
type Occurrence struct {
	Text  string
	Word  string
	At    int // index of Word among the words of Text
	Sense Domain
	Cues  Side
}

// Occurrences draws n occurrences of each side, half of each sense. They are drawn like the reviews
// and notes of the corpus, with three exceptions. First, every homonym and every word that shows
// the domain belongs to the pool, so that two pools share only words that carry no information
// about the domain. Second, the homonym occurs once, and on a side without cues no word shows the
// domain. Third, flip words, which show the domain together with the sentiment, do not occur.
func (r *Reviews) Occurrences(seed uint64, pool Pool, n int) []Occurrence {
	rng := stream(seed, "occurrences/"+string(pool))
	held := r.lexicon.pool(pool)
	var all []Occurrence
	for i := range n {
		for _, side := range Sides() {
			all = append(all, r.occurrence(rng, held, side, Domain(i%int(domains))))
		}
	}
	return all
}

// holdout classifies the words for one pool. A word in none of the sets does not depend on the
// domain.
type holdout struct {
	homonyms, cues map[string]bool // of this pool
	others         map[string]bool // homonyms and cues of the other pools, and flip words
	adverbs        map[string]bool
}

// pool deals the words of every list to the three pools in turn, starting with the most frequent
// word.
func (l *lexicon) pool(p Pool) holdout {
	h := holdout{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	own := slices.Index([]Pool{Train, Dev, Test}, p)
	deal := func(words []string, into map[string]bool) {
		for i, word := range words {
			if i%3 == own {
				into[word] = true
			} else {
				h.others[word] = true
			}
		}
	}
	deal(l.homonyms, h.homonyms)
	for d := range domains {
		deal(l.products[d], h.cues)
		deal(l.nouns[d], h.cues)
		deal(l.verbs[d], h.cues)
		for s := range 2 {
			deal(l.adjectives[d][s], h.cues)
		}
		for _, word := range l.flips[d] {
			h.others[word] = true
		}
	}
	for _, word := range slices.Concat(l.adverbs[0], l.adverbs[1]) {
		h.adverbs[word] = true
	}
	return h
}

// occurrence draws one occurrence. The homonym is the first noun of one of the sentences that every
// document has.
func (r *Reviews) occurrence(rng *rand.Rand, h holdout, side Side, sense Domain) Occurrence {
	target, label := uint8(rng.IntN(sentences)), Sentiment(rng.IntN(2))
	start := slices.Index(r.states, draft{domain: sense, label: label})
	review := r.draw(rng, int32(start), func(d draft, word string) bool {
		return h.allow(d, word, target, side)
	})
	o := Occurrence{Text: review.Text, Sense: sense, Cues: side}
	for i, word := range strings.Fields(review.Text) {
		if h.homonyms[word] {
			o.Word, o.At = word, i
		}
	}
	return o
}

// allow reports whether a word may stand at a position of an occurrence.
func (h holdout) allow(d draft, word string, target uint8, side Side) bool {
	clause := d.sentence == target && !d.second && d.slot >= atSentence // the clause of the homonym
	switch {
	case h.others[word]:
		return false
	case clause && (d.slot == atSentence || d.slot == atNoun):
		return h.homonyms[word] || h.adverbs[word]
	case h.homonyms[word]:
		return false
	case d.sentence < target || d.slot < atSentence: // before the homonym
		return h.cues[word] && side != Right ||
			!h.cues[word] && !(d.slot == atSubject && side != Right)
	case side == Left:
		return !h.cues[word]
	case clause && d.adjectives == 0 && (d.slot == atModifier || d.slot == atAdjective):
		return h.cues[word] || word == "not" || word == "very"
	}
	return true
}
