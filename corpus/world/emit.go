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

// End is the word that closes a document. It is the End of a corpus.Document, not part of its Text.
const End = "\n"

// dist is a distribution over distinct words, with its entropy H = −Σ p ln p in nats.
type dist struct {
	choices []Choice
	entropy float64
}

// newDist makes a distribution from weights. It merges equal words, because two ways to write the
// same word are one outcome, drops words of weight 0, and divides by the sum. It works in place.
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

// uniform returns the distribution in which all words are equally likely.
func uniform(words []string) dist {
	choices := make([]Choice, len(words))
	for i, word := range words {
		choices[i] = Choice{word, 1}
	}
	return newDist(choices)
}

// zipf returns the distribution in which the r-th word has a probability ∝ 1/r^s (Zipf 1935).
func zipf(words []string, s float64) dist {
	choices := make([]Choice, len(words))
	for i, word := range words {
		choices[i] = Choice{word, math.Pow(float64(i+1), -s)}
	}
	return newDist(choices)
}

// nats returns −ln p, and 0 instead of −0 for p = 1.
func nats(p float64) float64 {
	if p == 1 {
		return 0
	}
	return -math.Log(p)
}

// writer runs the program of one document. The next action of a program depends only on the words
// that emit returned. So the text so far decides the distribution of the next word, there is no
// hidden variable to sum over, and the same program generates, scores or predicts, depending on the
// function choose.
type writer struct {
	*World
	// choose returns the index of the word to write, or −1 to stop.
	choose  func([]Choice) int
	stopped bool
	silent  bool // do not record text and events

	text    strings.Builder
	events  []corpus.Event
	scratch []Choice  // backs distributions that are built for one draw
	certain [1]Choice // backs distributions of one word
}

// emit draws one word; no other function adds to a document. After a writer has stopped, its
// program finishes without writing.
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
	if w.silent {
		return c.Word
	}
	size := len(c.Word)
	if c.Word != End {
		if w.text.Len() > 0 {
			w.text.WriteByte(' ')
			size++
		}
		w.text.WriteString(c.Word)
	}
	w.events = append(w.events, corpus.Event{Bytes: size, Nats: nats(c.P), Entropy: d.entropy,
		Class: class})
	return c.Word
}

// sure writes a word that is certain given the knowledge its class stands for; it costs 0 nats.
func (w *writer) sure(class corpus.Class, word string) string {
	w.certain[0] = Choice{word, 1}
	return w.emit(class, dist{choices: w.certain[:]})
}

// say writes a fixed phrase.
func (w *writer) say(phrase string) {
	for word := range strings.FieldsSeq(phrase) {
		w.sure(corpus.Local, word)
	}
}

// oneOf draws a word in proportion to the weights.
func (w *writer) oneOf(class corpus.Class, weights ...Choice) string {
	w.scratch = append(w.scratch[:0], weights...)
	return w.emit(class, newDist(w.scratch))
}

// among draws one of the words, all equally likely; a repeated word is proportionally more likely.
func (w *writer) among(class corpus.Class, words ...string) string {
	w.scratch = w.scratch[:0]
	for _, word := range words {
		w.scratch = append(w.scratch, Choice{word, 1})
	}
	return w.emit(class, newDist(w.scratch))
}

// except draws from d, given that the word is not one of those already used.
func (w *writer) except(class corpus.Class, d dist, used ...string) string {
	w.scratch = w.scratch[:0]
	for _, c := range d.choices {
		if !slices.Contains(used, c.Word) {
			w.scratch = append(w.scratch, c)
		}
	}
	return w.emit(class, newDist(w.scratch))
}

// phrase draws one of several phrases, all equally likely, and returns its index. Their first words
// differ.
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
