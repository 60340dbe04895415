package world

import (
	"slices"
	"strings"
)

// The people of the stories. A pronoun agrees with the list that the name is in.
var (
	women = list("mira lena tessa orla ines dora wilma petra sana yuki anouk freya hilda rosa zora edda nell clara maud pia")
	men   = list("tomas emil ravi otto hugo jonas milo karim viktor bram anton felix lars nico rufus silas theo walt yann igor")
)

// The people of the fact sheets.
var (
	famousWomen = list("aurelia beatrix cordula drusilla eulalia fidelia gundula hesper isolde jocasta kassandra leocadia melisande nerissa ottilie")
	famousMen   = list("alaric balthasar cosimo dagobert erasmus fergus gottfried hannibal ignatius jericho konrad lysander mortimer nepomuk octavian")
)

// What facts and stories are about. Words that follow "a" begin with a consonant.
var (
	towns   = list("brenford caldermoor dunholm elmsey farrowby glenmark hartwell inchmere kelstow lorrin morvale northey oakrest pellin quenby ravenby")
	foods   = list("dumplings porridge noodles pancakes lentils sausages herring rice pickles pudding cheese omelettes waffles spinach chestnuts honey")
	gadgets = list("telescope barometer typewriter bicycle submarine balloon thermometer piano windmill elevator sundial kaleidoscope parachute locomotive microscope gramophone")
	jobs    = list("miller weaver potter sailor tailor painter doctor farmer baker singer blacksmith mason teacher gardener fisher clerk")
	colours = list("red blue green yellow black white brown purple grey pink golden silver")
)

// theme is what a story is about; it is told once, at the start, and decides which things, animals and
// places turn up in the rest.
type theme struct {
	name                    string
	things, animals, places []string
}

var themes = []theme{
	{"sea", list("boat net anchor shell lantern"), list("gull crab seal whale otter"), list("pier beach lighthouse cove reef")},
	{"forest", list("axe basket mushroom rope whistle"), list("fox owl deer badger squirrel"), list("hut clearing cave stream grove")},
	{"farm", list("plough rake bucket cart saddle"), list("horse cow goose pig goat"), list("barn meadow well orchard stable")},
	{"city", list("umbrella clock violin book coat"), list("cat pigeon rat dog sparrow"), list("market square library station theatre")},
	{"mountains", list("tent compass flag sled blanket"), list("eagle ibex bear wolf marmot"), list("summit glacier ridge valley gorge")},
	{"desert", list("flute carpet jar mirror kettle"), list("camel snake lizard vulture scorpion"), list("oasis dune tower gate ruin")},
}

// What the animals do, whatever they are.
var (
	doings  = list("sleep hide wait play listen dance wander rest hunt hurry watch yawn")
	manners = list("quietly happily slowly often proudly alone gently lazily boldly nearby")
)

// The weather of each season, the likeliest first; every word for a mood may follow any weather.
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
	moods    = list("cheerful lonely proud sleepy nervous calm angry curious")
)

// The dictionary's invented words, the islands where they are spoken, and the sums' things to count.
var (
	nonces  = list("zib plov quam drest fenk glorp hust jerv krild lomp mubb nard orx prell quist rolm snev tharn ulk vomp wesk yorn zalf blin")
	islands = list("tuvo rena sirk morn palu gesh")
	goods   = list("apples coins eggs pears stones nails plums nuts beads cakes")
	numbers = list("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen")
)

// glue is every other word that a phrase of the programs writes.
var glue = list(`. , ? : once today in on a friends met meet it was is tale of the with two three
	then went goes to showed shows felt feels waited waits would near meanwhile he she his her
	cleaned cleans thought thinks sang sings about who had has later helped helps outside on
	people there loved love so ended ends
	here what we know and born came from grew up worked as earned money began invented built first
	dreamed ate only loved eat cooked kept one tame owned slept beside wore clothes painted
	every door always dressed for many years until end
	language means say let us count finds buys gets loses sells eats more now some`)

// Words returns the whole vocabulary of the world in alphabetical order: every word of every document is
// one of these, and a document is such words joined by single spaces.
func (w *World) Words() []string {
	var all []string
	for _, words := range [][]string{women, men, famousWomen, famousMen, towns, foods, gadgets, jobs, colours, doings, manners,
		seasons, weathers, times, moods, nonces, islands, goods, numbers, glue} {
		all = append(all, words...)
	}
	for _, t := range themes {
		all = append(all, t.name)
		all = slices.Concat(all, t.things, t.animals, t.places)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func list(words string) []string { return strings.Fields(words) }
