package world

import (
	"math"
	"slices"

	"lmzoo/lm"
)

// State is the memory of a Source: every way to read the tokens so far as words. Most tokenizers
// allow only one way. With bytes or letters, an "a" may be a word or the beginning of a word.
type State struct {
	src        *Source
	paths      []path
	impossible *Impossible
	pushed     int // tokens since BOS
}

// path is one reading: whole words, then the tokens of an unfinished word. The probabilities of all
// paths, each multiplied by the probability of the next words that its pending tokens leave
// possible, add up to 1.
type path struct {
	words   []string
	pending []lm.Token
	p       float64
	choices []Choice // distribution of the word after words
}

func (st *State) reset() {
	st.paths, st.impossible, st.pushed = []path{st.src.read(nil, 1)}, nil, 0
}

// read returns the path that begins with the words.
func (s *Source) read(words []string, p float64) path {
	next := path{words: words, p: p}
	n := 0
	s.gen.run(func(choices []Choice) int {
		if n == len(words) {
			next.choices = slices.Clone(choices)
			return -1
		}
		n++
		return slices.IndexFunc(choices, func(c Choice) bool { return c.Word == words[n-1] })
	})
	return next
}

// rest returns the tokens of a choice after the pending tokens, or false if the pending tokens
// begin another word.
func (st *State) rest(p *path, c Choice) ([]lm.Token, bool) {
	tokens := st.src.tokens(c.Word, len(p.words))
	if len(tokens) <= len(p.pending) || !slices.Equal(tokens[:len(p.pending)], p.pending) {
		return nil, false
	}
	return tokens[len(p.pending):], true
}

// NextLogProbs stores the exact ln P of every token; after an impossible token the distribution is
// uniform.
func (st *State) NextLogProbs(dst []float64) []float64 {
	dst = lm.Grow(dst, st.src.Vocab())
	if st.impossible != nil {
		for v := range dst {
			dst[v] = -math.Log(float64(len(dst)))
		}
		return dst
	}
	clear(dst)
	for i := range st.paths {
		p := &st.paths[i]
		for _, c := range p.choices {
			if rest, ok := st.rest(p, c); ok {
				dst[rest[0]] += p.p * c.P
			}
		}
	}
	for v, p := range dst {
		dst[v] = math.Log(p)
	}
	return dst
}

// Push reads a token. BOS begins a new document.
func (st *State) Push(t lm.Token) {
	if t == lm.BOS {
		st.reset()
		return
	}
	st.pushed++
	if st.impossible != nil {
		return
	}
	var next []path
	mass := 0.0
	for i := range st.paths {
		p := &st.paths[i]
		unfinished := false
		for _, c := range p.choices {
			rest, ok := st.rest(p, c)
			switch {
			case !ok || rest[0] != t:
				continue
			case len(rest) == 1:
				next = append(next, st.src.read(append(slices.Clone(p.words), c.Word), p.p*c.P))
			default:
				unfinished = true
			}
			mass += p.p * c.P
		}
		if unfinished {
			next = append(next, path{p.words, append(slices.Clone(p.pending), t), p.p, p.choices})
		}
	}
	if len(next) == 0 {
		st.impossible = &Impossible{
			Position: st.pushed, Unit: "token", Got: st.src.tok.Text(t), Want: st.want(),
		}
	}
	for i := range next {
		next[i].p /= mass
	}
	st.paths = next
}

// want returns the words that would have been possible, given the beginning of a word that has been
// read.
func (st *State) want() (words []Choice) {
	for i := range st.paths {
		for _, c := range st.paths[i].choices {
			if _, ok := st.rest(&st.paths[i], c); ok {
				words = append(words, c)
			}
		}
	}
	return words
}

// Impossible returns an *Impossible if the tokens since the last BOS begin no document of the
// generator, and nil otherwise.
func (st *State) Impossible() error {
	if st.impossible == nil {
		return nil
	}
	return st.impossible
}

// Clone returns an independent copy.
func (st *State) Clone() lm.State {
	c := *st
	c.paths = slices.Clone(st.paths) // a path is never changed after it has been built
	return &c
}
