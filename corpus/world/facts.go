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
			lives[i][a] = attribute.values[order[i%len(order)]] // each value is somebody's
		}
		rng.Shuffle(len(lives), func(i, j int) { lives[i][a], lives[j][a] = lives[j][a], lives[i][a] })
	}
	for i, who := range people {
		f.life[who] = lives[i]
	}
	return f
}

// sheet: here is what we know of hesper . she grew up in lorrin . … such was hesper . It tells every attribute
// once, in any order. The name is seldom repeated, so that a fact must be found by a name some sentences back.
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
