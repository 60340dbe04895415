package world

import (
	"math/rand/v2"
	"slices"

	"lmzoo/corpus"
)

// facts holds what is true in this world. No document explains it; a model learns it from the
// training text, where famous people occur more often.
type facts struct {
	dish   map[string]string // by town
	famous dist              // the person that a sheet is about: Zipf's law
	life   map[string]life
}

// life holds the value of each attribute of a person.
type life [len(attributes)]string

// attribute is a property of a person, and phrases that introduce it; their first words differ.
type attribute struct {
	values  []string
	phrases []string
}

// attributes lists the properties of famous people. The animals come from all themes.
var attributes = [...]attribute{
	{towns, []string{"was born in", "came from", "grew up in"}},
	{jobs, []string{"worked as a", "earned money as a", "began as a"}},
	{gadgets, []string{"invented the", "built the first", "dreamed of the"}},
	{foods, []string{"ate", "loved", "cooked"}},
	{animals(), []string{"kept one tame", "owned a tame", "slept beside a tame"}},
	{colours, []string{"wore only", "painted every door", "always dressed in"}},
}

func animals() (all []string) {
	for _, t := range themes {
		all = append(all, t.animals...)
	}
	return all
}

func newFacts(rng *rand.Rand) facts {
	f := facts{dish: map[string]string{}, life: map[string]life{}}
	for i, k := range rng.Perm(len(towns)) {
		f.dish[towns[i]] = foods[k%len(foods)]
	}
	people := slices.Concat(famousWomen, famousMen)
	rng.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	f.famous = zipf(people, 1)
	lives := make([]life, len(people))
	for a, attribute := range attributes {
		order := rng.Perm(len(attribute.values))
		for i := range lives {
			lives[i][a] = attribute.values[order[i%len(order)]] // every value occurs
		}
		rng.Shuffle(len(lives), func(i, j int) {
			lives[i][a], lives[j][a] = lives[j][a], lives[i][a]
		})
	}
	for i, who := range people {
		f.life[who] = lives[i]
	}
	return f
}

// sheet writes a fact sheet:
//
//	here is what we know of hesper . she grew up in lorrin . … such was hesper .
//
// It states every attribute once, in random order. The name is seldom repeated, so a model must
// recall a fact from a name several sentences back.
func (w *writer) sheet() {
	w.say("is what we know of")
	who := w.emit(corpus.Choice, w.facts.famous)
	w.say(".")
	told := [len(attributes)]bool{}
	for range attributes {
		w.oneOf(corpus.Long, Choice{pronoun(who), .7}, Choice{who, .3})
		a := w.attribute(&told)
		told[a] = true
		w.sure(corpus.Fact, w.facts.life[who][a])
		w.phrase(corpus.Choice, ".", "for many years .", "until the end .")
	}
	w.sure(corpus.Long, "such")
	w.say("was")
	w.sure(corpus.Long, who)
	w.say(".")
	w.sure(corpus.Local, End)
}

// attribute writes a phrase for an attribute that has not been told yet, and returns its index.
func (w *writer) attribute(told *[len(attributes)]bool) int {
	var phrases []string
	var of [3 * len(attributes)]int
	for a := range attributes {
		if told[a] {
			continue
		}
		for _, phrase := range attributes[a].phrases {
			of[len(phrases)] = a
			phrases = append(phrases, phrase)
		}
	}
	return of[w.phrase(corpus.Choice, phrases...)]
}

// pronoun returns the pronoun that agrees with a name.
func pronoun(name string) string {
	if female(name) {
		return "she"
	}
	return "he"
}

// possessive returns the possessive pronoun that agrees with a name.
func possessive(name string) string {
	if female(name) {
		return "her"
	}
	return "his"
}

func female(name string) bool {
	return slices.Contains(women, name) || slices.Contains(famousWomen, name)
}
