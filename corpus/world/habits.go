package world

import (
	"math/rand/v2"
	"slices"
)

// habits holds the statistics of the stories: which words tend to occur together. They can be
// learned by counting enough stories.
type habits struct {
	names, jobs, colours  dist
	seasons, times, towns dist
	themes                dist
	things, animals       map[string]dist // by theme
	places                map[string]dist // by theme: where people go
	haunts                map[string]dist // by animal: where it is found
	doing, manner         map[string]dist // by animal: what it does; by action: how it is done
	weather               map[string]dist // by season
	mood                  map[string]dist // by weather
	friends, goods        dist
	nonces                map[string]dist // by island
	meanings              dist
}

// stray is the probability that a thing, an animal or a place is drawn from all themes.
const stray = .08

func newHabits(rng *rand.Rand) habits {
	h := habits{
		names: uniform(slices.Concat(women, men)), jobs: uniform(jobs), colours: uniform(colours),
		seasons: uniform(seasons), times: uniform(times), towns: uniform(towns),
		friends: newDist([]Choice{{"two", .5}, {"three", .5}}),
		goods:   uniform(goods),
		nonces:  map[string]dist{}, meanings: uniform(meanings),
		things: map[string]dist{}, animals: map[string]dist{},
		places: map[string]dist{}, haunts: map[string]dist{},
		doing: map[string]dist{}, manner: map[string]dist{},
		weather: map[string]dist{}, mood: map[string]dist{},
	}
	var names, things, animals, places []string
	for _, t := range themes {
		names = append(names, t.name)
		things = append(things, t.things...)
		animals = append(animals, t.animals...)
		places = append(places, t.places...)
	}
	h.themes = uniform(names)
	for _, t := range themes {
		h.things[t.name] = mostly(uniform(t.things), uniform(things))
		h.animals[t.name] = mostly(uniform(t.animals), uniform(animals))
		h.places[t.name] = mostly(uniform(t.places), uniform(places))
		for _, animal := range t.animals {
			h.haunts[animal] = favourites(rng, t.places, 2)
			h.doing[animal] = favourites(rng, doings, 4)
		}
	}
	for _, doing := range doings {
		h.manner[doing] = favourites(rng, manners, 3)
	}
	for _, island := range islands {
		h.nonces[island] = uniform(languages[island])
	}
	for _, season := range seasons {
		h.weather[season] = zipf(weather[season], 1)
	}
	for _, weather := range weathers {
		h.mood[weather] = favourites(rng, moods, 3)
	}
	return h
}

// mostly returns a mixture of d with the words of all, which have the share stray.
func mostly(d, all dist) dist {
	var mix []Choice
	for _, c := range d.choices {
		mix = append(mix, Choice{c.Word, c.P * (1 - stray)})
	}
	for _, c := range all.choices {
		mix = append(mix, Choice{c.Word, c.P * stray})
	}
	return newDist(mix)
}

// favourites picks n of the words at random, each half as likely as the previous word.
func favourites(rng *rand.Rand, words []string, n int) dist {
	choices, weight := make([]Choice, n), 1.0
	for i, k := range rng.Perm(len(words))[:n] {
		choices[i] = Choice{words[k], weight}
		weight /= 2
	}
	return newDist(choices)
}
