package zoo

import (
	"slices"

	"lmzoo/suggest"
)

// Catalogue is a list of species in order of appearance. Another module passes its own catalogue:
//
//	species := zoo.Standard().With(mySpecies)
//	run, err := species.Open("runs/mine")
type Catalogue []*Species

// With returns the catalogue with another species inserted by year, after the species of the same
// year.
func (c Catalogue) With(s *Species) Catalogue {
	at := slices.IndexFunc(c, func(other *Species) bool { return other.Year > s.Year })
	if at < 0 {
		at = len(c)
	}
	return slices.Insert(slices.Clone(c), at, s)
}

// Names returns the names, in order.
func (c Catalogue) Names() []string {
	var names []string
	for _, s := range c {
		names = append(names, s.Name)
	}
	return names
}

// Find returns the species with a name or alias.
func (c Catalogue) Find(name string) (*Species, error) {
	for _, s := range c {
		if s.Name == name || slices.Contains(s.Aliases, name) {
			return s, nil
		}
	}
	return nil, suggest.Unknown("species", name, c.Names())
}

// Standard returns lmzoo's own catalogue, a new slice at every call.
func Standard() Catalogue {
	return Catalogue{
		uniform(),
		counted("unigram", "unigram", 1948, 1,
			"Shannon, A Mathematical Theory of Communication, §3, first-order approximation",
			"nothing: how often each token occurs"),
		counted("bigram", "bigram", 1948, 2,
			"Shannon, A Mathematical Theory of Communication, §3, second-order approximation; "+
				"Markov 1913",
			"the last token"),
		cached(),
		ngramSpecies(),
		nplm(),
		recurrent("rnn", "Elman RNN", "elman", 2010,
			"Mikolov et al., Recurrent Neural Network Based Language Model; Elman 1990",
			"one vector, rewritten at every token", "elman"),
		recurrent("lstm", "LSTM", "lstm", 2012,
			"Sundermeyer et al., LSTM Neural Networks for Language Modeling; "+
				"Hochreiter & Schmidhuber 1997",
			"a cell that gates protect from being overwritten"),
		word2vec(),
		recurrent("gru", "GRU", "gru", 2014,
			"Cho et al., Learning Phrase Representations using RNN Encoder–Decoder",
			"one vector that two gates keep or rewrite"),
		elmo(),
		gpt(),
		bert(),
		llama(),
	}
}
