package world

import (
	"fmt"
	"slices"
	"strings"

	"lmzoo/corpus"
)

// talkGlue lists the words that the functions of this file write themselves.
var talkGlue = list(`about word once list count ask reply : . ? ! again backwards then people are
	glad angry what do we see the is means plus minus times`)

// books holds the sentences of the documents.
type books struct {
	facts, terms, sums, asks, replies *book

	names, verbs, things dist  // the words of events
	first                dist  // first item of a list
	words, signs         items // items after the first
}

func (b *books) all() []*book { return []*book{b.facts, b.terms, b.sums, b.asks, b.replies} }

// kinds lists the kinds of document of world-talk.
func (t *Talk) kinds() []kind {
	return []kind{
		{[]Choice{{"about", .32}}, func(w *writer, _ string) { t.factSheet(w) }},
		{[]Choice{{"once", .3}}, func(w *writer, _ string) { t.incident(w) }},
		{[]Choice{{"list", .19}}, func(w *writer, _ string) { t.echo(w) }},
		{[]Choice{{"count", .07}}, func(w *writer, _ string) { t.sumSheet(w) }},
		{[]Choice{{"word", .05}}, func(w *writer, _ string) { t.glossary(w) }},
		{[]Choice{{"ask", .05}}, func(w *writer, _ string) { t.sayings(w, t.books.asks) }},
		{[]Choice{{"reply", .02}}, func(w *writer, _ string) { t.sayings(w, t.books.replies) }},
	}
}

// newBooks compiles the sentences of all kinds.
func (t *Talk) newBooks() books {
	slots := map[string]dist{
		"KNOWN": uniform(t.known.all()), "DEFINED": uniform(t.defined.all()),
		"NAME": uniform(slices.Concat(t.known.all(), t.unknown.all())),
		"TERM": uniform(slices.Concat(t.defined.all(), t.undefined.all())),
		"VERB": uniform(slices.Concat(safeVerbs, harmfulVerbs)), "OBJ": uniform(objects),
		"D": uniform(digits),
	}
	var facts []string
	for i, trait := range traits {
		slots[fmt.Sprintf("VALUE%d", i)] = uniform(trait.values)
		for form := range forms {
			facts = append(facts, strings.TrimSpace(state(i, form, "KNOWN", "")))
		}
	}
	terms := slices.Concat(t.defined.all(), t.undefined.all())
	things := slices.Concat(t.known.all(), t.unknown.all(), terms, terms, objects)
	for _, trait := range traits {
		things = append(things, trait.values...)
	}
	return books{
		names: slots["NAME"], verbs: slots["VERB"], things: slots["OBJ"],
		first: blend(uniform(things), .6, uniform(digits), .4),
		words: newItems(uniform(things), fullList),
		signs: newItems(blend(uniform(digits), .8, uniform(signs), .2), fullSum),

		facts:   newBook(slots, facts...),
		terms:   newBook(slots, "the word DEFINED means", "DEFINED is the word for"),
		sums:    newBook(slots, "D plus D is", "D minus D is"),
		asks:    newBook(slots, t.everyAsk()...),
		replies: newBook(slots, everyReply()...),
	}
}

// forms is the number of forms of a fact.
const forms = 3

// factSheet writes facts about the known people:
//
//	about : balora lives in lorrin . the pet of jonek is goat . …
func (t *Talk) factSheet(w *writer) {
	w.say(":")
	for range 5 {
		words, i := w.sentence(t.books.facts)
		name := words[0]
		if i%forms > 0 {
			name = words[3]
		}
		value, _ := t.value(name, i/forms)
		w.sure(corpus.Fact, value)
		w.say(".")
	}
	w.sure(corpus.Local, End)
}

// glossary writes definitions: word : the word brond means bridges . …
func (t *Talk) glossary(w *writer) {
	w.say(":")
	for range 4 {
		words, i := w.sentence(t.books.terms)
		w.sure(corpus.Fact, t.meanings[words[2-2*i]])
		w.say(".")
	}
	w.sure(corpus.Local, End)
}

// sumSheet writes sums and differences of digits: count : 8 plus 5 is 1 3 . …
func (t *Talk) sumSheet(w *writer) {
	w.say(":")
	for range 5 {
		words, _ := w.sentence(t.books.sums)
		w.sureWords(corpus.Compute, compute(words[:3]))
		w.say(".")
	}
	w.sure(corpus.Local, End)
}

// sureWords writes words that are certain.
func (w *writer) sureWords(class corpus.Class, words string) {
	for word := range strings.FieldsSeq(words) {
		w.sure(class, word)
	}
}

// sayings writes questions, or replies, one after another. They are unrelated, so a model learns
// the words but not the replies that answer each question.
func (t *Talk) sayings(w *writer, b *book) {
	w.say(":")
	for range 3 {
		w.sentence(b)
	}
	w.sure(corpus.Local, End)
}

// event is an action of a person in a story.
type event struct{ name, verb, object string }

// words returns the event as a sentence without its mark.
func (e event) words() string { return "we see " + e.name + " " + e.verb + " " + e.object }

// incident writes a story, a question about one of its people, and the answer:
//
//	once we see balora mend boats . people are glad . then we see jonek burn ovens . people are
//	angry . what do we see jonek do ? we see jonek burn ovens .
func (t *Talk) incident(w *writer) {
	one := t.event(w, event{})
	w.say("then")
	two := t.event(w, one)
	w.say("what do we see")
	of := one
	if w.among(corpus.Long, one.name, two.name) == two.name {
		of = two
	}
	w.say("do ?")
	w.sureWords(corpus.InContext, of.words()+" .")
	w.sure(corpus.Local, End)
}

// event writes an event that shares nothing with the previous one.
func (t *Talk) event(w *writer, before event) event {
	var e event
	w.say("we see")
	e.name = w.except(corpus.Choice, t.books.names, before.name)
	e.verb = w.except(corpus.Choice, t.books.verbs, before.verb)
	e.object = w.except(corpus.Choice, t.books.things, before.object)
	w.say(". people are")
	w.sure(corpus.Fact, mood(e.verb))
	w.say(".")
	return e
}

// mood returns the word for people's feelings about an action.
func mood(verb string) string {
	if slices.Contains(harmfulVerbs, verb) {
		return "angry"
	}
	return "glad"
}

// The lengths of lists of words, and of sums.
const (
	mostItems, fullList = 4, .3
	mostDigits, fullSum = 11, .14
)

// echo writes lists and repeats them:
//
//	list : brond lamp jonek . backwards : jonek lamp brond .
//	list : 4 7 times 3 6 . again : 4 7 times 3 6 .
func (t *Talk) echo(w *writer) {
	for i := range 2 {
		if i > 0 {
			w.say("list")
		}
		w.say(":")
		words, sum := t.items(w)
		repeat, reverse := .7, .3
		if sum {
			repeat, reverse = 1, 0
		}
		if w.oneOf(corpus.Choice, Choice{"again", repeat}, Choice{"backwards",
			reverse}) == "backwards" {
			slices.Reverse(words)
		}
		w.say(":")
		w.sureWords(corpus.InContext, strings.Join(words, " ")+" .")
	}
	w.sure(corpus.Local, End)
}

// items writes a list of words, or a sum of digits and signs, and returns its words.
func (t *Talk) items(w *writer) (words []string, sum bool) {
	words = append(words, w.emit(corpus.Choice, t.books.first))
	sum = slices.Contains(digits, words[0])
	next, most := t.books.words, mostItems
	if sum {
		next, most = t.books.signs, mostDigits
	}
	for len(words) < most {
		d := next.open
		if len(words) == 1 || slices.Contains(signs, words[len(words)-1]) {
			d = next.full
		}
		word := w.emit(corpus.Choice, d)
		if word == "." {
			return words, sum
		}
		words = append(words, word)
	}
	w.say(".")
	return words, sum
}

// blend returns a mixture of two distributions.
func blend(a dist, p float64, b dist, q float64) dist {
	var mix []Choice
	for _, c := range a.choices {
		mix = append(mix, Choice{c.Word, c.P * p})
	}
	for _, c := range b.choices {
		mix = append(mix, Choice{c.Word, c.P * q})
	}
	return newDist(mix)
}

// signs lists the words for the operations of a sum.
var signs = []string{plus, minus, by}

// items holds two distributions of the next item of a list: open includes the end of the list, and
// full does not.
type items struct{ open, full dist }

func newItems(d dist, end float64) items {
	open := []Choice{{".", end}}
	for _, c := range d.choices {
		open = append(open, Choice{c.Word, (1 - end) * c.P})
	}
	return items{newDist(open), d}
}
