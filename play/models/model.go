// Package models holds the models that a playground serves: their predictions, their generated
// text, and the conversion of prompts to tokens.
package models

import (
	"slices"
	"sync"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/zoo"
)

// Model is a model that visitors can use. It is safe for concurrent use.
type Model struct {
	ID    string
	Run   *zoo.Run
	LM    lm.Model // nil: the model has no next-token distribution
	Texts []string // the bytes of each token
	Views sync.Map // results that a view computes only once, by a key of the view

	memory   memory
	limit    limit
	readable []bool // tokens that are text on their own

	once        sync.Once
	usesContext bool
}

// New returns the model of a run, with the name id.
func New(id string, r *zoo.Run) *Model {
	v := r.Tokenizer.Vocab()
	m := &Model{ID: id, Run: r, Texts: make([]string, v), readable: make([]bool, v)}
	if causal, err := r.LM(); err == nil {
		m.LM, m.memory.model = causal, causal
	}
	for t := range m.Texts {
		m.Texts[t] = r.Tokenizer.Decode([]lm.Token{lm.Token(t)})
		m.readable[t] = m.Texts[t] != "" && utf8.ValidString(m.Texts[t])
	}
	return m
}

// Tokenizer returns the model's tokenizer.
func (m *Model) Tokenizer() corpus.Tokenizer { return m.Run.Tokenizer }

// Show returns the printable form of a token.
func (m *Model) Show(t lm.Token) string { return m.Tokenizer().Text(t) }

// Text returns the text of a token. For a token that is not text on its own, such as a part of a
// character, it returns the printable form.
func (m *Model) Text(t lm.Token) string {
	if m.readable[t] {
		return m.Texts[t]
	}
	return m.Show(t)
}

// UsesContext reports whether the model's predictions depend on the context, that is, whether they
// change after the first readable token. It is false for a model without a next-token distribution.
func (m *Model) UsesContext() bool {
	if m.LM == nil {
		return false
	}
	m.once.Do(func() { m.usesContext = m.compareContexts() })
	return m.usesContext
}

// compareContexts computes UsesContext.
func (m *Model) compareContexts() bool {
	first := slices.Index(m.readable, true)
	if first < 0 {
		return true
	}
	begin, err := m.memory.next(nil)
	if err != nil {
		return true
	}
	after, err := m.memory.next([]lm.Token{lm.Token(first)})
	return err != nil || !slices.Equal(begin, after)
}

// LogProbs returns ln P of every token after a prompt, restricted to the tokens that complete its
// unfinished word.
func (m *Model) LogProbs(p Prompt) ([]float64, error) {
	next, err := m.memory.next(p.Tokens)
	if err != nil {
		return nil, err
	}
	return m.restrict(p, next), nil
}
