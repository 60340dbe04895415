package world

import (
	"math"
	"slices"
	"strings"

	"lmzoo/corpus"
)

// Choice is a word that may come next, and its probability.
type Choice struct {
	Word string
	P    float64
}

// End is the word that closes a document. It is no part of the Text; it is the End.
const End = "\n"

// dist is a distribution over distinct words, which add up to one, and its entropy H = −Σ p ln p in nats.
type dist struct {
	choices []Choice
	entropy float64
}

// newDist makes a distribution of weights: equal words are one outcome (two ways to say the same are
// not two surprises), those of weight 0 are none, and the sum becomes one. It works in place.
func newDist(weights []Choice) dist {
	merged, sum := weights[:0], 0.0
	for _, c := range weights {
		if c.P == 0 {
			continue
		}
		sum += c.P
		if i := slices.IndexFunc(merged, func(m Choice) bool { return m.Word == c.Word }); i >= 0 {
			merged[i].P += c.P
		} else {
			merged = append(merged, c)
		}
	}
	d := dist{choices: merged}
	for i := range merged {
		merged[i].P /= sum
		d.entropy += merged[i].P * nats(merged[i].P)
	}
	return d
}

// uniform is the distribution in which every word is as likely.
func uniform(words []string) dist {
	choices := make([]Choice, len(words))
	for i, word := range words {
		choices[i] = Choice{word, 1}
	}
	return newDist(choices)
}

// zipf is the distribution in which the r-th word has a probability ∝ 1/r^s (Zipf 1935).
func zipf(words []string, s float64) dist {
	choices := make([]Choice, len(words))
	for i, word := range words {
		choices[i] = Choice{word, math.Pow(float64(i+1), -s)}
	}
	return newDist(choices)
}

// nats is −ln p, and 0 rather than −0 for a certainty.
func nats(p float64) float64 {
	if p == 1 {
		return 0
	}
	return -math.Log(p)
}

// writer runs the program of one document. Its only source of novelty is emit: what a program does next
// depends on nothing but the words that emit returned. So the text so far decides the distribution of the
// next word, no latent variable is left to sum over, and one program generates, scores and predicts,
// according to who chooses.
type writer struct {
	*World
	// choose returns the index of the word to write, or −1 to stop here.
	choose  func([]Choice) int
	stopped bool

	text    strings.Builder
	events  []corpus.Event
	scratch []Choice  // for the distributions made on the way
	certain [1]Choice // for those of one word
}

// emit draws one word: the single place where a document grows. A stopped writer lets the program run
// out without writing.
func (w *writer) emit(class corpus.Class, d dist) string {
	if w.stopped {
		return d.choices[0].Word
	}
	i := w.choose(d.choices)
	if i < 0 {
		w.stopped = true
		return d.choices[0].Word
	}
	c := d.choices[i]
	size := len(c.Word)
	if c.Word != End {
		if w.text.Len() > 0 {
			w.text.WriteByte(' ')
			size++
		}
		w.text.WriteString(c.Word)
	}
	w.events = append(w.events, corpus.Event{Bytes: size, Nats: nats(c.P), Entropy: d.entropy, Class: class})
	return c.Word
}

// sure writes a word that could be no other: its price is zero for a reader who knows what class says.
func (w *writer) sure(class corpus.Class, word string) string {
	w.certain[0] = Choice{word, 1}
	return w.emit(class, dist{choices: w.certain[:]})
}

// say writes a set phrase.
func (w *writer) say(phrase string) {
	for word := range strings.FieldsSeq(phrase) {
		w.sure(corpus.Local, word)
	}
}

// oneOf draws a word by weights that are made on the way.
func (w *writer) oneOf(class corpus.Class, weights ...Choice) string {
	w.scratch = append(w.scratch[:0], weights...)
	return w.emit(class, newDist(w.scratch))
}

// among draws one of the words, all as likely; a word that is there twice is twice as likely.
func (w *writer) among(class corpus.Class, words ...string) string {
	w.scratch = w.scratch[:0]
	for _, word := range words {
		w.scratch = append(w.scratch, Choice{word, 1})
	}
	return w.emit(class, newDist(w.scratch))
}

// except draws from d given that the word is none of those used.
func (w *writer) except(class corpus.Class, d dist, used ...string) string {
	w.scratch = w.scratch[:0]
	for _, c := range d.choices {
		if !slices.Contains(used, c.Word) {
			w.scratch = append(w.scratch, c)
		}
	}
	return w.emit(class, newDist(w.scratch))
}

// phrase draws one of several phrases, all as likely, by their first words, which differ; it returns which.
func (w *writer) phrase(class corpus.Class, phrases ...string) int {
	w.scratch = w.scratch[:0]
	for _, p := range phrases {
		first, _, _ := strings.Cut(p, " ")
		w.scratch = append(w.scratch, Choice{first, 1})
	}
	word := w.emit(class, newDist(w.scratch))
	for i, p := range phrases {
		if first, rest, _ := strings.Cut(p, " "); first == word {
			w.say(rest)
			return i
		}
	}
	return 0
}
