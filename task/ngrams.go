package task

import (
	"fmt"

	"lmzoo/lm"
	"lmzoo/ngram"
)

// NGrams is a classifier with one n-gram model per class and Bayes' rule, as in the era of
// statistical models (Peng & Schuurmans 2003). Unlike naive Bayes, it uses the order of words.
type NGrams struct {
	classes []string
	prior   []float64
	ids     map[string]lm.Token // word of the training set to token
	models  []*ngram.Model
}

// The tokens of NGrams besides the words.
const (
	unknown   lm.Token = 1 // a word that occurs in no training text
	separator lm.Token = 2 // between the texts of a pair
	firstWord lm.Token = 3
)

// TrainNGrams trains one model per class on the texts of the class, with interpolated Kneser-Ney
// smoothing. All models have the same vocabulary, so that their probabilities are comparable.
func TrainNGrams(s *Set, order int) (*NGrams, error) {
	if err := s.CheckTraining(); err != nil {
		return nil, err
	}
	m := &NGrams{classes: s.Classes, prior: s.priors(), ids: map[string]lm.Token{}}
	for _, e := range s.Examples {
		for _, text := range []string{e.Text, e.Pair} {
			for word := range words(text) {
				if _, ok := m.ids[word]; !ok {
					m.ids[word] = firstWord + lm.Token(len(m.ids))
				}
			}
		}
	}
	docs := make([][][]lm.Token, len(s.Classes))
	for _, e := range s.Examples {
		c := s.Index(e.Label)
		docs[c] = append(docs[c], m.tokens(e))
	}
	for c, texts := range docs {
		model, _, err := ngram.Train(texts, ngram.Config{
			Order: order, Smoothing: "kneser-ney", Vocab: int(firstWord) + len(m.ids), Unk: unknown,
			NoCounts: true,
		})
		if err != nil {
			return nil, fmt.Errorf("training the n-gram model of class %q: %w", s.Classes[c], err)
		}
		m.models = append(m.models, model)
	}
	return m, nil
}

// tokens encodes an example as a document.
func (m *NGrams) tokens(e Example) (tokens []lm.Token) {
	for side, text := range []string{e.Text, e.Pair} {
		if side == 1 && text != "" {
			tokens = append(tokens, separator)
		}
		for word := range words(text) {
			id, ok := m.ids[word]
			if !ok {
				id = unknown
			}
			tokens = append(tokens, id)
		}
	}
	return append(tokens, lm.BOS)
}

// Classes returns the classes of the training set.
func (m *NGrams) Classes() []string { return m.classes }

// LogProbs applies Bayes' rule to the probability of the whole text.
func (m *NGrams) LogProbs(dst []float64, e Example) []float64 {
	dst = grow(dst, len(m.classes))
	copy(dst, m.prior)
	tokens := m.tokens(e)
	for c, model := range m.models {
		for _, p := range lm.Score(model, tokens) {
			dst[c] += p
		}
	}
	normalize(dst)
	return dst
}
