package world

import "lmzoo/corpus"

// sentence writes the i-th sentence, or returns false when the story comes to its close with "so".
func (s *story) sentence(i int) bool {
	stop := 0.0
	if i >= minSentences {
		stop = stopping
	}
	if i == maxSentences {
		stop = 1
	}
	goes := 1 - stop
	switch s.oneOf(corpus.Choice, Choice{"then", .30 * goes}, Choice{"the", .17 * goes}, Choice{"meanwhile", .16 * goes},
		Choice{"who", .15 * goes}, Choice{"later", .08 * goes}, Choice{"outside", .08 * goes}, Choice{"people", .06 * goes}, Choice{"so", stop}) {
	case "then":
		s.deed()
	case "the":
		s.animal()
	case "meanwhile":
		s.pronoun()
	case "who":
		s.question()
	case "later":
		s.help()
	case "outside":
		s.sky()
	case "people":
		s.meal()
	default:
		return false
	}
	return true
}

// deed: then mira went to the pier .
func (s *story) deed() {
	p := s.pick(name, nil)
	s.last = p
	wait := 0.0
	if p.place != "" {
		wait = .3
	}
	switch s.verb(verb{"went", "goes", .35}, verb{"showed", "shows", .3}, verb{"felt", "feels", .2}, verb{"waited", "waits", wait}) {
	case "went":
		s.say("to the")
		p.place = s.emit(corpus.Long, s.habits.places[s.theme])
	case "showed":
		s.say("the")
		s.belonging(p)
		s.say("to")
		s.last = s.pick(name, p)
	case "felt":
		s.emit(corpus.Long, s.habits.mood[s.weather])
	case "waited":
		s.say("in the")
		s.sure(corpus.InContext, p.place)
	}
	s.say(".")
}

// belonging: blue anchor. Only this story says whose it is.
func (s *story) belonging(p *person) {
	s.sure(corpus.InContext, p.colour)
	s.sure(corpus.InContext, p.thing)
}

// animal: the gull would hide quietly near the reef . Where depends on the animal, six words back.
func (s *story) animal() {
	h := &s.habits
	animal := s.emit(corpus.Long, h.animals[s.theme])
	s.say("would")
	s.emit(corpus.Local, h.manner[s.emit(corpus.Local, h.doing[animal])])
	s.say("near the")
	s.emit(corpus.Long, h.haunts[animal])
	s.say(".")
}

// pronoun: meanwhile she cleaned her blue anchor . She is whoever was named last.
func (s *story) pronoun() {
	p := s.last
	s.sure(corpus.Long, pronoun(p.name))
	switch s.verb(verb{"cleaned", "cleans", .5}, verb{"thought", "thinks", .3}, verb{"sang", "sings", .2}) {
	case "cleaned":
		s.say(possessive(p.name))
		s.belonging(p)
	case "thought":
		s.say("of")
		s.last = s.pick(name, p)
	case "sang":
		s.say("about the")
		s.sure(corpus.Long, s.theme)
	}
	s.say(".")
}

// question: who had a blue anchor ? mira . Or: who was the potter ? mira .
func (s *story) question() {
	if s.verb(verb{"had", "has", .5}, verb{"was", "is", .5}) == "had" {
		s.say("a")
		colour := s.among(corpus.Long, s.all(colour)...)
		var things []string
		for _, p := range s.cast {
			if p.colour == colour {
				things = append(things, p.thing)
			}
		}
		s.last = s.find(thing, s.among(corpus.InContext, things...))
	} else {
		s.say("the")
		s.last = s.pick(job, nil)
	}
	s.say("?")
	s.sure(corpus.InContext, s.last.name)
	s.say(".")
}

// help: later the potter helped the sailor with the red net .
func (s *story) help() {
	s.say("the")
	one := s.pick(job, nil)
	s.verb(verb{"helped", "helps", 1})
	s.say("the")
	other := s.pick(job, one)
	s.say("with the")
	s.belonging(other)
	s.say(".")
}

// sky: outside the foggy morning went on .
func (s *story) sky() {
	s.say("the")
	s.sure(corpus.Long, s.weather)
	s.sure(corpus.Long, s.time)
	s.verb(verb{"went", "goes", 1})
	s.say("on .")
}

// meal: people there loved noodles . There is the town where the friends met.
func (s *story) meal() {
	s.say("there")
	s.verb(verb{"loved", "love", 1})
	s.sure(corpus.Fact, s.facts.dish[s.town])
	s.say(".")
}
