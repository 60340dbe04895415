// Package world generates text whose entropy is known: every word is drawn from an explicit
// distribution, given the previous words. So the minimum average cost of a word, −ln p, is exact
// for every model (Shannon 1948, "A mathematical theory of communication"), and every era of models
// can be measured by its distance to that limit. Source is the limit as a model.
//
// World has four kinds of documents: stories, fact sheets, dictionaries and sums. The knowledge
// that a word needs is its class, decided before it is drawn:
//
//	local       the last four words decide, as far as anything can
//	choice      the writer is free; only the order of what was told matters
//	fact        a fact of this world that no document explains
//	long        something further back: the cast, he or she, the tense, the theme
//	in-context  what belongs to whom, or what a word means, in this document only
//	compute     the result of a sum
//
// Reviews generates texts with a hidden label, for pre-training and classification.
package world

import (
	"encoding/binary"
	"math/rand/v2"

	"lmzoo/corpus"
)

// World is a set of facts and habits determined by its seed. It is safe for concurrent use.
type World struct {
	facts    facts
	habits   habits
	kinds    []kind
	openings dist // of the first word, which decides the kind
}

// DefaultSeed is the seed of the world that published figures refer to.
const DefaultSeed = 1

// New returns the world for a seed. Worlds share words and grammar and differ in facts and habits.
func New(seed uint64) *World {
	rng := stream(seed, "world")
	w := &World{facts: newFacts(rng), habits: newHabits(rng)}
	w.compose(standard())
	return w
}

// stream returns an independent source of randomness for each seed and purpose.
func stream(seed uint64, purpose string) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	copy(key[8:], purpose)
	return rand.New(rand.NewChaCha8(key))
}

// Document draws one document. Its Truth has one Event per word and one for the end.
func (w *World) Document(rng *rand.Rand) corpus.Document {
	doc := w.writer(func(choices []Choice) int {
		r := rng.Float64()
		for i, c := range choices {
			if r -= c.P; r < 0 {
				return i
			}
		}
		return len(choices) - 1 // rounding: the probabilities do not quite add up to 1
	})
	doc.write()
	return corpus.Document{Text: doc.text.String(), End: End, Truth: doc.events}
}

func (w *World) writer(choose func([]Choice) int) *writer {
	doc := &writer{World: w, choose: choose, events: make([]corpus.Event, 0, MaxTokens)}
	doc.text.Grow(6 * MaxTokens)
	return doc
}

// MaxTokens is greater than the number of words of any document, its end included, so that a window
// of MaxTokens always sees the whole document.
const MaxTokens = 128

// run implements Generator.
func (w *World) run(choose func([]Choice) int) {
	doc := &writer{World: w, choose: choose, silent: true}
	doc.write()
}

// Split draws a corpus with at least the given numbers of tokens (words and ends) in each part. The
// parts come from independent streams: each part stays the same when the others change size, and a
// larger part begins with the smaller one.
func (w *World) Split(seed uint64, train, valid, test int) corpus.Split {
	return corpus.Split{
		Train: w.documents(stream(seed, "train"), train),
		Valid: w.documents(stream(seed, "valid"), valid),
		Test:  w.documents(stream(seed, "test"), test),
	}
}

// documents draws whole documents until they have at least the given number of tokens.
func (w *World) documents(rng *rand.Rand, tokens int) []corpus.Document {
	var docs []corpus.Document
	for n := 0; n < tokens; {
		doc := w.Document(rng)
		n += len(doc.Truth)
		docs = append(docs, doc)
	}
	return docs
}
