package world

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// trait is a property of a person in world-talk. A fact has three forms, one with a verb and two
// with nouns:
//
//	balora lives in lorrin .   the town of balora is lorrin .   the home of balora is lorrin .
type trait struct {
	nouns  [2]string
	states string // the words after the name in the form with a verb
	ask    string // the question with the verb; * stands for the name
	values []string
}

var traits = [...]trait{
	{[2]string{"town", "home"}, "lives in", "where does * live ?", towns},
	{[2]string{"job", "trade"}, "works as a", "what does * do for work ?", jobs},
	{[2]string{"food", "meal"}, "eats", "what does * eat ?", foods},
	{[2]string{"animal", "pet"}, "keeps a", "what does * keep ?", list("dog cat horse goat pig " +
		"hen rabbit lamb mouse pony duck frog")},
	{[2]string{"colour", "shade"}, "wears", "what does * wear ?", colours},
}

// age is the attribute that only the look-up table states.
const age = "age"

// The stems and endings of the names of people and of the words that definitions explain. All
// combinations occur.
var (
	nameStems   = list("ba ce do fi gu ha jo ki lu me ni po ra su te vi")
	nameEndings = list("lora mus nek rin sha tov vane zel quil dri")
	termStems   = list("br dw fl gw kr sk tr vl")
	termEndings = list("abb ond ipt olk eft arg umz esh")
)

func join(stems, endings []string) (all []string) {
	for _, stem := range stems {
		for _, ending := range endings {
			all = append(all, stem+ending)
		}
	}
	return all
}

// The actions of the stories of world-talk. People are glad about safe actions and angry about
// harmful ones, but only the stories say so.
var (
	safeVerbs = list("mend clean paint polish wash build carry open close fold dry lift warm " +
		"cool fill oil wrap sort measure draw plant sew trim dust")
	harmfulVerbs = list("burn steal break smash hide ruin crush poison flood tear rob wreck " +
		"crack stain slash scratch drown dump spoil trample bury melt topple spill")
	objects = list("boats nets lamps doors walls carts clocks bridges fences roofs tables chairs " +
		"bells drums ladders ovens")
)

// digits lists the digits, which are words in world-talk: 47 is "4 7".
var digits = strings.Split("0123456789", "")

// The signs of sums. The text states sums and differences of single digits; a product, or a number
// with several digits, needs the calculator.
const (
	plus, minus, by = "plus", "minus", "times"
)

// halves holds words that post-training sees and words that are held out from all of its stages.
type halves struct{ seen, held []string }

// cut shuffles words and splits them after the first n.
func cut(rng *rand.Rand, words []string, n int) halves {
	words = slices.Clone(words)
	rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return halves{words[:n:n], words[n:]}
}

func (h halves) all() []string { return slices.Concat(h.seen, h.held) }
