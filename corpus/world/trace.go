package world

import (
	"fmt"
	"strings"

	"lmzoo/corpus"
)

// Impossible reports the first word or token of a text that the generator never writes at its
// position.
type Impossible struct {
	Position int    // of the word or token, counted from 1
	Unit     string // word or token
	Got      string
	Want     []Choice // the words that were possible
}

func (e *Impossible) Error() string {
	return fmt.Sprintf("%s %d is %s, which is impossible there in this world; want %s", e.Unit,
		e.Position, spell(e.Got), spellAll(e.Want))
}

// Trace returns the cost of every word of a document's Text, and of its end, under the true
// distribution: for a document of this world, its Truth. For a text that this world never writes it
// returns an error that wraps an *Impossible.
func (w *World) Trace(text string) ([]corpus.Event, error) {
	words := strings.Split(text, " ")
	doc, want := w.follow(append(words, End))
	if want == nil {
		return doc.events, nil
	}
	at := len(doc.events)
	return nil, fmt.Errorf("byte %d of the text: %w", offset(text, words, at),
		impossible(append(words, End), at, want))
}

func impossible(words []string, at int, want []Choice) error {
	return &Impossible{Position: at + 1, Unit: "word", Got: words[at], Want: want}
}

// offset returns the byte offset in the text of the word with an index.
func offset(text string, words []string, at int) int {
	n := 0
	for _, word := range words[:min(at, len(words))] {
		n += len(word) + len(" ")
	}
	return min(n, len(text))
}

// Next returns the distribution of the word after the first words of a document, or nil after End.
// If no document of this world begins with the words, Next returns an *Impossible. The caller may
// keep the slice but must not change it.
func (w *World) Next(words []string) ([]Choice, error) {
	doc, want := w.follow(words)
	if at := len(doc.events); at < len(words) {
		return nil, impossible(words, at, want)
	}
	return want, nil
}

// follow runs the program along the words as far as possible and returns the choices at which it
// stopped, or nil if the document is complete.
func (w *World) follow(words []string) (doc *writer, want []Choice) {
	doc = w.writer(nil)
	doc.choose = func(choices []Choice) int {
		if at := len(doc.events); at < len(words) {
			for i, c := range choices {
				if c.Word == words[at] {
					return i
				}
			}
		}
		want = append(want, choices...)
		return -1
	}
	doc.write()
	return doc, want
}

// spell quotes a word for a message.
func spell(word string) string {
	if word == End {
		return "the end"
	}
	return fmt.Sprintf("%q", word)
}

func spellAll(choices []Choice) string {
	var all []string
	for i, c := range choices {
		if i == 5 {
			all = append(all, fmt.Sprintf("… (%d more)", len(choices)-i))
			break
		}
		all = append(all, spell(c.Word))
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}
