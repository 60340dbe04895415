package models

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"lmzoo/corpus/world"
	"lmzoo/lm"
)

// limit is the exact distribution of a model's corpus, over the model's tokens.
type limit struct {
	once   sync.Once
	source *world.Source // nil if it is unknown
	memory memory
}

// Limit returns ln P of every token after a prompt under the source of the model's corpus, which no
// model can surpass. known is false for a corpus whose source is unknown. For a prompt that the
// source never writes, Limit returns an error.
func (m *Model) Limit(p Prompt) (logProbs []float64, known bool, err error) {
	m.limit.once.Do(func() {
		if s := m.Run.Config.Data.Source(m.Tokenizer()); s != nil {
			m.limit.source, m.limit.memory.model = s, s
		}
	})
	if m.limit.source == nil {
		return nil, false, nil
	}
	next, err := m.limit.next(p.Tokens)
	if err != nil {
		return nil, true, err
	}
	if p.Unfinished != "" && m.completions(p.Unfinished, next) == 0 {
		return nil, true, fmt.Errorf(
			"no document of this corpus has a word that begins with %q at this position",
			strings.TrimSpace(p.Unfinished))
	}
	return m.restrict(p, next), true, nil
}

func (l *limit) next(tokens []lm.Token) ([]float64, error) {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	at := l.memory.recall(tokens)
	if s, ok := at.state.(*world.State); ok && s.Impossible() != nil {
		return nil, s.Impossible()
	}
	return at.next, at.err
}

// completions returns the probability of all tokens that complete a word.
func (m *Model) completions(word string, logProbs []float64) float64 {
	whole := 0.0
	for t, text := range m.Texts {
		if len(text) > len(word) && strings.HasPrefix(text, word) {
			whole += math.Exp(logProbs[t])
		}
	}
	return whole
}
