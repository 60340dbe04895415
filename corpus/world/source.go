package world

import (
	"fmt"
	"math"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// Generator is a distribution over documents whose next-word probabilities are known. *World and
// *Reviews are generators.
type Generator interface {
	// Words returns every word that a document can contain.
	Words() []string
	// run writes one document. For every word, and for the End, it calls choose with the
	// distribution, continues with the word whose index choose returned, and stops early if the
	// index is negative.
	run(choose func([]Choice) int)
}

// Source is a generator as a language model. It predicts the distribution that the generator draws
// from, so no model can do better on average, and its distance to the limit is 0. It is the last
// row of every comparison.
//
// A text that the generator never writes has no next-word distribution. Source then predicts all
// tokens as equally likely until the next BOS, and State.Impossible says which token was
// impossible.
type Source struct {
	gen          Generator
	tok          corpus.Tokenizer
	first, later map[string][]lm.Token // tokens of each word: opening a document, after a space
}

// NewSource returns g as a model over the tokens of tok, which may spell a word in several tokens.
// The tokenizer must encode each word separately and different words differently.
func NewSource(g Generator, tok corpus.Tokenizer) (*Source, error) {
	s := &Source{gen: g, tok: tok, first: map[string][]lm.Token{}, later: map[string][]lm.Token{}}
	g.run(func(choices []Choice) int {
		for _, c := range choices {
			s.first[c.Word] = tok.Encode(nil, c.Word)
		}
		return -1
	})
	seen := map[string]string{}
	for _, word := range g.Words() {
		s.later[word] = tok.Encode(nil, " "+word)
		key := fmt.Sprint(s.later[word])
		if other, ok := seen[key]; ok {
			return nil, fmt.Errorf("tokenizer %q encodes %q and %q alike, so no exact source "+
				"exists over it; use the tokenizer word", tok.Name(), other, word)
		}
		seen[key] = word
	}
	s.later[End] = []lm.Token{lm.BOS}
	return s, nil
}

// tokens returns the encoding of a word at a given position in a document.
func (s *Source) tokens(word string, position int) []lm.Token {
	if position == 0 {
		return s.first[word]
	}
	return s.later[word]
}

// Vocab returns the number of tokens of the tokenizer.
func (s *Source) Vocab() int { return s.tok.Vocab() }

// NextLogProbs reads the context since its last BOS.
func (s *Source) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	st := s.start()
	for _, t := range lm.SinceBOS(context) {
		st.Push(t)
	}
	return st.NextLogProbs(dst)
}

// Score scores a document in one run of the generator if its words are one token each.
func (s *Source) Score(dst []float64, tokens []lm.Token) []float64 {
	dst = lm.Grow(dst, len(tokens))
	for begin := 0; begin < len(tokens); {
		end := begin + 1
		for end < len(tokens) && tokens[end-1] != lm.BOS {
			end++
		}
		if !s.scoreWords(dst[begin:end], tokens[begin:end]) {
			s.scoreSteps(dst[begin:end], tokens[begin:end])
		}
		begin = end
	}
	return dst
}

// scoreWords scores one document in one run. It returns false if it meets a possible word with more
// than one token.
func (s *Source) scoreWords(dst []float64, tokens []lm.Token) bool {
	n, spelled := 0, false
	s.gen.run(func(choices []Choice) int {
		if n == len(tokens) {
			return -1
		}
		at := -1
		for i, c := range choices {
			word := s.tokens(c.Word, n)
			spelled = spelled || len(word) > 1
			if word[0] == tokens[n] {
				at = i
			}
		}
		if spelled {
			return -1
		}
		dst[n] = math.Inf(-1)
		if at >= 0 {
			dst[n] = math.Log(choices[at].P)
		}
		n++
		return at
	})
	for ; n < len(tokens); n++ {
		dst[n] = -math.Log(float64(s.Vocab()))
	}
	return !spelled
}

// scoreSteps scores one document token by token.
func (s *Source) scoreSteps(dst []float64, tokens []lm.Token) {
	st, probs := s.start(), make([]float64, s.Vocab())
	for i, t := range tokens {
		probs = st.NextLogProbs(probs)
		dst[i] = probs[t]
		st.Push(t)
	}
}

// Possible returns nil if some document of the generator begins with the tokens after the last BOS,
// and an *Impossible otherwise.
func (s *Source) Possible(tokens []lm.Token) error {
	st := s.start()
	tokens = lm.SinceBOS(tokens)
	for _, t := range tokens {
		st.Push(t)
	}
	e := st.impossible
	if e == nil {
		return nil
	}
	if word := firstWord(s.tok.Decode(tokens[e.Position-1:])); word != "" {
		e.Got = word // the token may be a single letter
	}
	return e
}

// firstWord returns the first word of a text with the space before it.
func firstWord(text string) string {
	for i := 1; i < len(text); i++ {
		if text[i] == ' ' {
			return text[:i]
		}
	}
	return text
}

// Start returns a *State after BOS.
func (s *Source) Start() lm.State { return s.start() }

func (s *Source) start() *State {
	st := &State{src: s}
	st.reset()
	return st
}
