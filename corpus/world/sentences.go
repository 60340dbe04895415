package world

import "lmzoo/corpus"

// sentence writes the i-th sentence, or returns false if the story closes with "so".
func (s *story) sentence(i int) bool {
	stop := 0.0
	if i >= minSentences {
		stop = stopping
	}
	if i == maxSentences {
		stop = 1
	}
	rest := 1 - stop
	switch s.oneOf(corpus.Choice, Choice{"then", .27 * rest}, Choice{"the", .18 * rest},
		Choice{"meanwhile", .15 * rest}, Choice{"who", .11 * rest}, Choice{"later", .07 * rest},
		Choice{"outside", .16 * rest}, Choice{"people", .06 * rest}, Choice{"so", stop}) {
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

// deed writes: then mira went to the pier .
func (s *story) deed() {
	p := s.pick(name, nil)
	s.last = p
	wait := 0.0
	if p.place != "" {
		wait = .6
	}
	switch s.verb(verb{"went", "goes", .35}, verb{"showed", "shows", .3}, verb{"felt", "feels", .2},
		verb{"waited", "waits", wait}) {
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

// belonging writes: blue anchor. Only this story says who owns it.
func (s *story) belonging(p *person) {
	s.sure(corpus.InContext, p.colour)
	s.sure(corpus.InContext, p.thing)
}

// animal writes: the gull would hide quietly near the reef . The place depends on the animal, six
// words back.
func (s *story) animal() {
	h := &s.habits
	animal := s.emit(corpus.Long, h.animals[s.theme])
	s.say("would")
	s.emit(corpus.Local, h.manner[s.emit(corpus.Local, h.doing[animal])])
	s.say("near the")
	s.emit(corpus.Long, h.haunts[animal])
	s.say(".")
}

// pronoun writes: meanwhile she cleaned her blue anchor . The pronoun refers to the person named
// last.
func (s *story) pronoun() {
	p := s.last
	s.sure(corpus.Long, pronoun(p.name))
	switch s.verb(verb{"cleaned", "cleans", .5}, verb{"thought", "thinks", .3},
		verb{"sang", "sings", .2}) {
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

// question writes: who had the blue anchor ? mira the potter .
func (s *story) question() {
	s.verb(verb{"had", "has", 1})
	s.say("the")
	colour := s.among(corpus.Long, s.all(colour)...)
	var things []string
	for i := range s.cast {
		if s.cast[i].colour == colour {
			things = append(things, s.cast[i].thing)
		}
	}
	s.last = s.find(thing, s.among(corpus.InContext, things...))
	s.say("?")
	s.sure(corpus.InContext, s.last.name)
	s.say("the")
	s.sure(corpus.InContext, s.last.job)
	s.say(".")
}

// help writes: later the potter helped the sailor with the red net .
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

// sky writes: outside the foggy morning went on . Or: outside it was still foggy in dunholm .
func (s *story) sky() {
	if s.phrase(corpus.Choice, "the", "it") == 0 {
		s.sure(corpus.Long, s.weather)
		s.sure(corpus.Long, s.time)
		s.verb(verb{"went", "goes", 1})
		s.say("on .")
		return
	}
	s.verb(verb{"was", "is", 1})
	s.say("still")
	s.sure(corpus.Long, s.weather)
	s.say("in")
	s.sure(corpus.Long, s.town)
	s.say(".")
}

// meal writes: people there loved noodles . "There" is the town where the friends met.
func (s *story) meal() {
	s.say("there")
	s.verb(verb{"loved", "love", 1})
	s.sure(corpus.Fact, s.facts.dish[s.town])
	s.say(".")
}
