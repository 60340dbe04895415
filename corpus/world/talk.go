package world

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Talk is a world of people, sums and words for post-training. Its documents are for pre-training,
// and the questions of talkquestion.go are about the documents.
//
// The documents state facts about the known people only. The names of the unknown people occur in
// the stories, lists and questions as often as the names of the known people, but the honest answer
// about them is "i do not know". Only the missing facts tell a model who is unknown. In the same
// way, some words have a definition, and some occur only in lists. People are glad about one half
// of the actions and angry about the other half.
//
// Talk holds out names (known and unknown), words, objects, combinations of instructions, sums,
// phrasings and a family of tasks from all stages of post-training.
//
// Talk is safe for concurrent use.
type Talk struct {
	*World
	books books

	known, unknown     halves   // names
	defined, undefined halves   // words to explain
	safe, harmful      halves   // actions; the held-out actions are held out only from preferences
	things             halves   // objects of the actions
	others             []string // other words of lists
	facts              map[string][len(traits)]string
	meanings           map[string]string
	table              map[string]string
	changed            map[string]bool // key of the table → the table differs from the facts

	heldSums   map[string]bool // "2 plus 3" …
	heldCombos map[combination]bool
	heldAsk    map[topic]int // the held-out phrasing of each topic
}

// The numbers of people, words and actions, and the numbers that post-training sees.
const (
	knownPeople, seenKnown     = 80, 56
	seenUnknown                = 56 // 56 of 80 names
	definedTerms, seenDefined  = 28, 18
	seenUndefined              = 26 // 26 of 36 words
	seenVerbs, seenObjects     = 18, 8
	changedShare, heldSumShare = .4, .2
)

// NewTalk returns the world of conversations for a seed. Worlds share words and grammar; they
// differ in facts and in the held-out parts.
func NewTalk(seed uint64) *Talk {
	rng := stream(seed, "talk")
	t := &Talk{World: &World{}, facts: map[string][len(traits)]string{},
		meanings: map[string]string{}, table: map[string]string{}, changed: map[string]bool{},
		heldSums: map[string]bool{}, heldCombos: map[combination]bool{}, heldAsk: map[topic]int{}}
	names := cut(rng, join(nameStems, nameEndings), knownPeople)
	t.known, t.unknown = cut(rng, names.seen, seenKnown), cut(rng, names.held, seenUnknown)
	terms := cut(rng, join(termStems, termEndings), definedTerms)
	t.defined, t.undefined = cut(rng, terms.seen, seenDefined), cut(rng, terms.held, seenUndefined)
	t.safe, t.harmful = cut(rng, safeVerbs, seenVerbs), cut(rng, harmfulVerbs, seenVerbs)
	t.things = cut(rng, objects, seenObjects)
	for _, trait := range traits {
		t.others = append(t.others, trait.values...)
	}
	t.others = append(t.others, objects...)
	t.drawFacts(rng)
	t.tabulate(rng)
	t.holdOut(rng)
	t.books = t.newBooks()
	t.compose(t.kinds())
	return t
}

// drawFacts draws the facts and the definitions.
func (t *Talk) drawFacts(rng *rand.Rand) {
	people := t.known.all()
	for i := range traits {
		for k, at := range rng.Perm(len(people)) {
			f := t.facts[people[at]]
			f[i] = traits[i].values[k%len(traits[i].values)] // every value occurs
			t.facts[people[at]] = f
		}
	}
	for i, at := range rng.Perm(definedTerms) {
		t.meanings[t.defined.all()[at]] = meaningsOf()[i]
	}
}

// meaningsOf lists the possible meanings of words.
func meaningsOf() []string { return slices.Concat(objects, foods) }

// tabulate fills the table of the look-up tool with an entry for every person, trait and noun. The
// table also has ages and the unknown people, and some facts have changed since the documents were
// written.
func (t *Talk) tabulate(rng *rand.Rand) {
	for _, name := range slices.Concat(t.known.all(), t.unknown.all()) {
		t.table[name+" "+age] = inDigits(10 + rng.IntN(90))
		for i, trait := range traits {
			value, known := t.value(name, i)
			changed := known && rng.Float64() < changedShare
			if !known || changed {
				value = other(rng, trait.values, value)
			}
			for _, noun := range trait.nouns {
				t.table[name+" "+noun], t.changed[name+" "+noun] = value, changed
			}
		}
	}
}

// Lookup returns a copy of the table of the look-up tool: "NAME ATTRIBUTE" → value.
func (t *Talk) Lookup() map[string]string {
	all := map[string]string{}
	for key, value := range t.table {
		all[key] = value
	}
	return all
}

// value returns a fact about a person, or false if the person is unknown.
func (t *Talk) value(name string, trait int) (string, bool) {
	f, ok := t.facts[name]
	return f[trait], ok
}

// other draws one of the words except word.
func other(rng *rand.Rand, words []string, word string) string {
	for {
		if w := draw(rng, words); w != word {
			return w
		}
	}
}

func draw(rng *rand.Rand, words []string) string { return words[rng.IntN(len(words))] }

// inDigits writes a number with every digit as a word.
func inDigits(n int) string {
	if n < 0 {
		return minus + " " + inDigits(-n)
	}
	return strings.Join(strings.Split(strconv.Itoa(n), ""), " ")
}

// state returns a form of a fact without its final mark.
func state(trait, form int, name, value string) string {
	if form == 0 {
		return name + " " + traits[trait].states + " " + value
	}
	return "the " + traits[trait].nouns[form-1] + " of " + name + " is " + value
}

// Words returns the whole vocabulary in alphabetical order.
func (t *Talk) Words() []string {
	words := slices.Concat(t.known.all(), t.unknown.all(), t.defined.all(), t.undefined.all(),
		safeVerbs, harmfulVerbs, meaningsOf(), digits)
	for _, trait := range traits {
		words = append(words, trait.values...)
	}
	for _, b := range t.books.all() {
		for _, p := range b.pages {
			for _, c := range p.next.choices {
				words = append(words, c.Word)
			}
		}
	}
	words = append(words, talkGlue...)
	slices.Sort(words)
	return slices.Compact(words)
}
