// Package models holds the models that a playground serves: what they predict, what they write, and
// how a prompt becomes their tokens.
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
	LM    lm.Model
	Texts []string // the bytes each token stands for
	Views sync.Map // results that a view computed once, by its own key

	memory   memory
	limit    limit
	readable []bool // tokens that are text on their own

	once        sync.Once
	usesContext bool
}

// New returns a model under a name. A run without a next-token distribution is an error.
func New(id string, r *zoo.Run) (*Model, error) {
	causal, err := r.LM()
	if err != nil {
		return nil, err
	}
	v := r.Tokenizer.Vocab()
	m := &Model{ID: id, Run: r, LM: causal, Texts: make([]string, v), readable: make([]bool, v)}
	m.memory.model = causal
	for t := range m.Texts {
		m.Texts[t] = r.Tokenizer.Decode([]lm.Token{lm.Token(t)})
		m.readable[t] = m.Texts[t] != "" && utf8.ValidString(m.Texts[t])
	}
	return m, nil
}

// Tokenizer returns the model's tokenizer.
func (m *Model) Tokenizer() corpus.Tokenizer { return m.Run.Tokenizer }

// Show returns a token as a reader should see it.
func (m *Model) Show(t lm.Token) string { return m.Tokenizer().Text(t) }

// Text returns the text of a token. A token that is not text on its own, such as a part of a
// character, is shown instead.
func (m *Model) Text(t lm.Token) string {
	if m.readable[t] {
		return m.Texts[t]
	}
	return m.Show(t)
}

// UsesContext reports whether the model's predictions depend on what it has read: whether they
// change after the first readable token.
func (m *Model) UsesContext() bool {
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

// LogProbs returns ln P of every token after a prompt, restricted to those that complete its
// unfinished word.
func (m *Model) LogProbs(p Prompt) ([]float64, error) {
	next, err := m.memory.next(p.Tokens)
	if err != nil {
		return nil, err
	}
	return m.restrict(p, next), nil
}
