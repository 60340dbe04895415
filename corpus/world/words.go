package world

import (
	"slices"
	"strings"
)

// The people of the stories. The list that contains a name decides its pronoun.
var (
	women = list("mira lena orla ines dora petra yuki freya hilda rosa nell clara")
	men   = list("tomas emil ravi otto hugo jonas milo karim viktor felix lars theo")
)

// The people of the fact sheets.
var (
	famousWomen = list("aurelia cordula drusilla eulalia gundula hesper isolde jocasta leocadia " +
		"nerissa")
	famousMen = list("alaric balthasar cosimo dagobert erasmus gottfried ignatius lysander " +
		"nepomuk octavian")
)

// The subjects of facts and stories. Words that follow "a" begin with a consonant.
var (
	towns = list("brenford caldermoor dunholm elmsey farrowby glenmark inchmere kelstow lorrin " +
		"morvale pellin quenby")
	foods = list("dumplings porridge noodles pancakes lentils sausages herring pickles pudding " +
		"cheese waffles honey")
	gadgets = list("telescope barometer typewriter bicycle submarine balloon windmill sundial " +
		"parachute locomotive microscope gramophone")
	jobs = list("miller weaver potter sailor tailor painter doctor farmer baker blacksmith " +
		"teacher gardener")
	colours = list("red blue green yellow black white brown purple golden silver")
)

// theme is the subject of a story. It is stated once, at the start, and decides which things,
// animals and places occur.
type theme struct {
	name                    string
	things, animals, places []string
}

var themes = []theme{
	{"sea", list("boat net anchor shell"), list("gull crab seal whale"),
		list("pier beach lighthouse cove")},
	{"forest", list("axe basket mushroom rope"), list("fox owl deer badger"),
		list("hut clearing cave stream")},
	{"farm", list("plough rake bucket cart"), list("horse cow goose pig"),
		list("barn meadow well orchard")},
	{"city", list("umbrella clock violin book"), list("cat pigeon rat dog"),
		list("market square library station")},
	{"mountains", list("tent compass flag sled"), list("eagle ibex bear wolf"),
		list("summit glacier ridge valley")},
	{"desert", list("flute carpet jar mirror"), list("camel snake lizard vulture"),
		list("oasis dune tower gate")},
}

// The actions of animals and their manners.
var (
	doings  = list("sleep hide wait play dance wander rest hunt watch yawn")
	manners = list("quietly happily slowly often proudly alone gently lazily")
)

// The weather of each season, the likeliest first. Every mood may follow any weather.
var (
	seasons = list("spring summer autumn winter")
	weather = map[string][]string{
		"spring": list("windy rainy mild cloudy sunny"),
		"summer": list("sunny hot stormy mild windy"),
		"autumn": list("foggy stormy rainy cloudy windy"),
		"winter": list("snowy frosty foggy cloudy stormy"),
	}
	weathers = list("windy rainy mild cloudy sunny hot stormy foggy snowy frosty")
	times    = list("morning noon evening night")
	moods    = list("cheerful lonely proud sleepy nervous calm")
)

// The invented words of the dictionaries, the islands where they are spoken, and the goods that
// sums count.
var (
	languages = map[string][]string{
		"tuvo": list("zib zam zolt zerp zunk"), "rena": list("plov prell plix prand plesk"),
		"sirk": list("kresk krild kroy kranz kruf"), "palu": list("lomp lurv lanx liff lemb"),
	}
	islands = list("tuvo rena sirk palu")
	goods   = list("apples coins eggs pears nails plums")
	numbers = list("zero one two three four five six seven eight nine ten eleven twelve thirteen " +
		"fourteen fifteen sixteen seventeen")
)

// glue lists the other words of the programs' phrases.
var glue = list(`. , ? : once today in on a friends met meet it was is tale of the with two three
	then went goes to showed shows felt feels waited waits would near meanwhile he she his her
	cleaned cleans thought thinks sang sings about who had has later helped helps outside still on
	people there loved love so ended ends
	here what we know such born came from grew up worked as earned money began invented built first
	dreamed ate only loved cooked kept one tame owned slept beside wore painted
	every door always dressed for many years until end
	language means say let us count finds buys gets loses sells eats more now`)

// Words returns the whole vocabulary of the world in alphabetical order. A document is a sequence
// of these words, joined by single spaces.
func (w *World) Words() []string {
	var all []string
	for _, words := range [][]string{
		women, men, famousWomen, famousMen, towns, foods, gadgets, jobs, colours, doings, manners,
		seasons, weathers, times, moods, islands, goods, numbers[fewest:], glue} {
		all = append(all, words...)
	}
	for _, island := range islands {
		all = append(all, languages[island]...)
	}
	for _, t := range themes {
		all = append(all, t.name)
		all = slices.Concat(all, t.things, t.animals, t.places)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func list(words string) []string { return strings.Fields(words) }
