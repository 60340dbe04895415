package world

import (
	"math/rand/v2"
	"slices"

	"lmzoo/corpus"
)

// facts are what is true in this world and told nowhere but in the training text: the more famous somebody
// is, the more often a model has read about them.
type facts struct {
	dish   map[string]string // by town
	famous dist              // who is written about: Zipf, the rank-r person with a probability ∝ 1/r
	life   map[string]life
}

// life is the value of each attribute of a person.
type life [len(attributes)]string

// attribute is something known about a person, and ways to say it that differ in their first word.
type attribute struct {
	values  []string
	phrases []string
}

// attributes of the famous. The animals are those of all themes.
var attributes = [...]attribute{
	{towns, []string{"was born in", "came from", "grew up in"}},
	{jobs, []string{"worked as a", "earned money as a", "began as a"}},
	{gadgets, []string{"invented the", "built the first", "dreamed of the"}},
	{foods, []string{"ate only", "loved", "cooked"}},
	{animals(), []string{"kept one tame", "owned a tame", "slept beside a tame"}},
	{colours, []string{"wore", "painted every door", "always dressed in"}},
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
	for _, who := range people {
		var l life
		for a := range attributes {
			l[a] = attributes[a].values[rng.IntN(len(attributes[a].values))]
		}
		f.life[who] = l
	}
	return f
}

// tells is how many attributes a sheet tells of each of its two people.
const tells = 4

// sheet: here is what we know of hesper . she grew up in lorrin . … and here is what we know of cosimo . …
func (w *writer) sheet() {
	w.say("is what we know of")
	first := w.emit(corpus.Choice, w.facts.famous)
	w.say(".")
	w.biography(first)
	w.say("and here is what we know of")
	second := w.except(corpus.Choice, w.facts.famous, first)
	w.say(".")
	w.biography(second)
}

// biography tells some attributes of a person, each once, in any order. The name is seldom repeated, so that
// a fact must be found by a name some sentences back.
func (w *writer) biography(who string) {
	told := [len(attributes)]bool{}
	for range tells {
		w.oneOf(corpus.Long, Choice{pronoun(who), .8}, Choice{who, .2})
		a := w.attribute(&told)
		told[a] = true
		w.sure(corpus.Fact, w.facts.life[who][a])
		w.phrase(corpus.Choice, ".", "for many years .", "until the end .")
	}
}

// attribute begins to tell something not yet told and returns what it is.
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

// pronoun is the one that agrees with a name.
func pronoun(name string) string {
	if female(name) {
		return "she"
	}
	return "he"
}

// possessive is the pronoun of what belongs to a name.
func possessive(name string) string {
	if female(name) {
		return "her"
	}
	return "his"
}

func female(name string) bool {
	return slices.Contains(women, name) || slices.Contains(famousWomen, name)
}
