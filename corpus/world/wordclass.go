package world

import (
	"slices"
	"strings"
)

// wordClasses lists the classes of content words, in the order in which WordClass tries them.
var wordClasses = []struct {
	name  string
	words func() []string
}{
	{"person", func() []string { return slices.Concat(women, men, famousWomen, famousMen) }},
	{"animal", func() []string {
		return ofThemes(func(t theme) []string { return t.animals })
	}},
	{"place", func() []string {
		return slices.Concat(towns, islands, ofThemes(func(t theme) []string { return t.places }))
	}},
	{"thing", func() []string {
		return slices.Concat(gadgets, foods, goods,
			ofThemes(func(t theme) []string { return t.things }))
	}},
	{"job", func() []string { return jobs }},
	{"colour", func() []string { return colours }},
	{"number", func() []string { return numbers }},
	{"weather and time", func() []string { return slices.Concat(weathers, seasons, times) }},
	{"action and manner", func() []string { return slices.Concat(doings, manners, moods) }},
	{"invented word", func() (all []string) {
		for _, island := range islands {
			all = append(all, languages[island]...)
		}
		return all
	}},
}

// ofThemes joins the lists of all themes.
func ofThemes(list func(theme) []string) (all []string) {
	for _, t := range themes {
		all = append(all, list(t)...)
	}
	return all
}

// WordClass returns the class of a content word of the world, such as "animal", and "" for any
// other word. The classes only colour pictures; models never see them.
func WordClass(word string) string {
	if word == "" || strings.Contains(word, " ") {
		return ""
	}
	for _, c := range wordClasses {
		if slices.Contains(c.words(), word) {
			return c.name
		}
	}
	return ""
}
