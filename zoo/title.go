package zoo

import (
	"fmt"

	"lmzoo/lm"
	"lmzoo/ngram"
)

// TitleOf is what an exhibit of the species with these settings is called: of n-grams, there are some of any order and smoothing.
func (s *Species) TitleOf(settings *Settings) string {
	switch c := settings.Model.(type) {
	case *countConfig:
		return s.counted(c.Order, c.Smoothing)
	case *cacheConfig:
		return s.counted(c.Order, c.Smoothing)
	}
	return s.Title
}

// Title is what the run is called.
func (r *Run) Title() string { return r.Species.titleOf(r.Model) }

func (s *Species) titleOf(m lm.Model) string {
	switch m := m.(type) {
	case *ngram.Model:
		return s.counted(m.Order, m.Smoothing)
	case *ngram.Cache:
		return s.titleOf(m.Base)
	}
	return s.Title
}

// counted is the title of the species at an order and with a smoothing.
func (s *Species) counted(order int, smoothing string) string {
	switch s.Name {
	case "ngram":
		if name, ok := smoothings[smoothing]; ok {
			smoothing = name
		}
		return fmt.Sprintf("%d-gram %s", order, smoothing)
	case "cache":
		return fmt.Sprintf("%d-gram with a cache", order)
	}
	return s.Title
}

// smoothings are the names of people, and what else is written otherwise in a title than on the command line.
var smoothings = map[string]string{
	"mle": "maximum likelihood", "witten-bell": "Witten-Bell", "absolute": "absolute discounting", "kneser-ney": "Kneser-Ney",
	"modified-kneser-ney": "modified Kneser-Ney", "stupid-backoff": "stupid backoff", "arpa": "of an ARPA file",
}
