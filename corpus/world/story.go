package world

import "lmzoo/corpus"

// story holds what the text has told so far.
type story struct {
	*writer
	past                               bool
	season, weather, time, town, theme string
	cast                               []person
	last                               *person // the person named last, to whom a pronoun refers
}

// person is a member of the cast.
type person struct {
	name, job, colour, thing string
	place                    string // where the person went last
}

// A story has minSentences sentences, then stops before each further sentence with probability
// stopping.
const minSentences, maxSentences, stopping = 4, 6, .3

// story writes a tale: place and time, the cast, the events and the close. Many words depend on
// words far back, which is what separates the eras.
func (w *writer) story(past bool) {
	s := &story{writer: w, past: past}
	s.opening()
	for i := 0; s.sentence(i); i++ {
	}
	s.say("the tale of the")
	s.sure(corpus.Long, s.theme)
	s.verb(verb{"ended", "ends", 1})
	s.say(".")
	s.sure(corpus.Local, End)
}

func (s *story) opening() {
	h := &s.habits
	s.say("in")
	s.season = s.emit(corpus.Choice, h.seasons)
	s.say(", on a")
	s.weather = s.emit(corpus.Local, h.weather[s.season])
	s.time = s.emit(corpus.Choice, h.times)
	s.say(",")
	n := 2
	if s.emit(corpus.Choice, h.friends) == "three" {
		n = 3
	}
	s.say("friends")
	s.verb(verb{"met", "meet", 1})
	s.say("in")
	s.town = s.emit(corpus.Choice, h.towns)
	s.say(". it")
	s.verb(verb{"was", "is", 1})
	s.say("a tale of the")
	s.theme = s.emit(corpus.Choice, h.themes)
	s.say(".")
	s.cast = make([]person, 0, n)
	for range n {
		s.introduce()
	}
}

// introduce writes: mira was a potter with a blue anchor . No two people share a name, a job or a
// thing.
func (s *story) introduce() {
	h := &s.habits
	var p person
	p.name = s.except(corpus.Choice, h.names, s.all(name)...)
	s.verb(verb{"was", "is", 1})
	s.say("a")
	p.job = s.except(corpus.Choice, h.jobs, s.all(job)...)
	s.say("with a")
	p.colour = s.emit(corpus.Choice, h.colours)
	p.thing = s.except(corpus.Long, h.things[s.theme], s.all(thing)...)
	s.say(".")
	s.cast = append(s.cast, p)
	s.last = &s.cast[len(s.cast)-1]
}

// verb is an action in both tenses, and its probability.
type verb struct {
	past, now string
	p         float64
}

// verb draws an action and returns its past tense. It writes the verb in the tense that the first
// word of the story has decided.
func (s *story) verb(verbs ...verb) string {
	weights := make([]Choice, 0, 4)
	for _, v := range verbs {
		weights = append(weights, Choice{s.tense(v), v.p})
	}
	word := s.oneOf(corpus.Long, weights...)
	for _, v := range verbs {
		if word == s.tense(v) {
			return v.past
		}
	}
	return ""
}

func (s *story) tense(v verb) string {
	if s.past {
		return v.past
	}
	return v.now
}

// all returns one feature of every member of the cast.
func (s *story) all(feature func(*person) string) []string {
	words := make([]string, len(s.cast))
	for i := range s.cast {
		words[i] = feature(&s.cast[i])
	}
	return words
}

func name(p *person) string   { return p.name }
func job(p *person) string    { return p.job }
func colour(p *person) string { return p.colour }
func thing(p *person) string  { return p.thing }

// pick draws a member of the cast other than not by a feature that differs between members.
func (s *story) pick(feature func(*person) string, not *person) *person {
	var words []string
	for i := range s.cast {
		if &s.cast[i] != not {
			words = append(words, feature(&s.cast[i]))
		}
	}
	word := s.among(corpus.Long, words...)
	return s.find(feature, word)
}

func (s *story) find(feature func(*person) string, word string) *person {
	for i := range s.cast {
		if feature(&s.cast[i]) == word {
			return &s.cast[i]
		}
	}
	return &s.cast[0]
}
