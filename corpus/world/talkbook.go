package world

import (
	"fmt"
	"strings"

	"lmzoo/corpus"
)

// book is a set of sentences, all equally likely, whose words may be drawn from distributions. Two
// sentences may begin alike, but no sentence is the beginning of another. The words so far
// determine the probability of each sentence, so the distribution of the next word is exact.
type book struct {
	pages []page
}

// page is a position in a book: the words that may follow the words so far.
type page struct {
	next dist
	to   []int // the page after each choice
	ends int   // the index of the sentence that is complete here; −1: none
}

// newBook compiles sentences in which a word in slots stands for a distribution.
func newBook(slots map[string]dist, sentences ...string) *book {
	all := make([][]dist, len(sentences))
	weights := make([]float64, len(sentences))
	for i, sentence := range sentences {
		weights[i] = 1
		for word := range strings.FieldsSeq(sentence) {
			d, ok := slots[word]
			if !ok {
				d = uniform([]string{word})
			}
			all[i] = append(all[i], d)
		}
	}
	b := &book{}
	b.open(all, 0, weights, map[string]int{})
	return b
}

// open returns the page after n words, given the weights of the sentences.
func (b *book) open(all [][]dist, n int, weights []float64, known map[string]int) int {
	key := fmt.Sprintf("%d %.9g", n, weights)
	if at, ok := known[key]; ok {
		return at
	}
	at := len(b.pages)
	known[key] = at
	b.pages = append(b.pages, page{ends: -1})
	var choices []Choice
	for i, sentence := range all {
		switch {
		case weights[i] == 0:
		case n == len(sentence):
			b.pages[at].ends = i
		default:
			for _, c := range sentence[n].choices {
				choices = append(choices, Choice{c.Word, weights[i] * c.P})
			}
		}
	}
	if len(choices) == 0 {
		return at
	}
	next := newDist(choices)
	to := make([]int, len(next.choices))
	for c, choice := range next.choices {
		after, sum := make([]float64, len(all)), 0.0
		for i, sentence := range all {
			if weights[i] > 0 && n < len(sentence) {
				after[i] = weights[i] * sentence[n].p(choice.Word)
				sum += after[i]
			}
		}
		for i := range after {
			after[i] /= sum
		}
		to[c] = b.open(all, n+1, after, known)
	}
	b.pages[at].next, b.pages[at].to = next, to
	return at
}

// p returns the probability of a word.
func (d dist) p(word string) float64 {
	for _, c := range d.choices {
		if c.Word == word {
			return c.P
		}
	}
	return 0
}

// sentence writes a sentence of a book. It returns the words and the index of the sentence.
func (w *writer) sentence(b *book) (words []string, index int) {
	for at := 0; ; {
		p := &b.pages[at]
		if p.ends >= 0 {
			return words, p.ends
		}
		class := corpus.Choice
		if len(p.next.choices) == 1 {
			class = corpus.Local
		}
		word := w.emit(class, p.next)
		words = append(words, word)
		for i, c := range p.next.choices {
			if c.Word == word {
				at = p.to[i]
				break
			}
		}
	}
}
