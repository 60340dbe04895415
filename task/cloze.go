package task

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// Cloze is a text with a gap (Taylor 1953): the text before the gap and the text after it.
type Cloze struct{ Left, Right string }

// Gap marks the gap in a text. Only ParseCloze gives it a meaning; elsewhere it is ordinary text.
const Gap = "[MASK]"

// ParseCloze parses a text that contains Gap exactly once.
func ParseCloze(text string) (Cloze, error) {
	left, right, ok := strings.Cut(text, Gap)
	switch {
	case !ok:
		return Cloze{}, fmt.Errorf("the text has no %s; want one in place of the gap, such as "+
			`"the %s of the sea"`, Gap, Gap)
	case strings.Contains(right, Gap):
		return Cloze{}, fmt.Errorf("the text has %s more than once; want one gap", Gap)
	}
	return Cloze{left, right}, nil
}

// Filling is a candidate for the gap and its log-probability in nats.
type Filling struct {
	Text    string
	LogProb float64
	P       float64 // among the candidates, or among all tokens
}

// Rank returns the candidates, most probable first. It scores a candidate as a whole, whatever the
// tokenizer. For a causal model, the score is the total ln P of the text with the candidate, and P
// follows from Bayes' rule. For a filler, it is the sum of ln P of the candidate's tokens, each
// given all others (Salazar et al. 2020), which overestimates a candidate of several tokens that
// predict each other.
func (c Cloze) Rank(m any, tok corpus.Tokenizer, candidates []string) ([]Filling, error) {
	if len(candidates) == 0 {
		return nil, errors.New("no candidates; want words such as ship,boat")
	}
	all := make([]Filling, len(candidates))
	for i, word := range candidates {
		if word == "" {
			return nil, errors.New("a candidate is empty; want words such as ship,boat")
		}
		all[i].Text = word
		switch m := m.(type) {
		case lm.Model:
			all[i].LogProb = sum(lm.Score(m, c.tokens(tok, word)))
		case lm.Filler:
			all[i].LogProb = c.fill(m, tok, word)
		default:
			return nil, fmt.Errorf("%T cannot fill gaps; want a language model", m)
		}
		if math.IsNaN(all[i].LogProb) || math.IsInf(all[i].LogProb, 1) {
			return nil, lm.ErrNoProbability
		}
	}
	share(all)
	slices.SortStableFunc(all, func(a, b Filling) int { return cmp.Compare(b.LogProb, a.LogProb) })
	return all, nil
}

// tokens returns the text with a word in the gap, followed by BOS, its end.
func (c Cloze) tokens(tok corpus.Tokenizer, word string) []lm.Token {
	return append(tok.Encode(nil, c.Left+word+c.Right), lm.BOS)
}

// fill returns Σ ln P(token | all others) over the tokens of the word.
func (c Cloze) fill(f lm.Filler, tok corpus.Tokenizer, word string) (nats float64) {
	tokens := c.tokens(tok, word)
	var probs []float64
	from, to := len(strings.TrimRight(c.Left, " ")), len(c.Left)+len(word)
	at := 0 // number of bytes before the token
	for i, t := range tokens {
		end := at + max(tok.Bytes(t), 0)
		if end > from && at < to && t != lm.BOS {
			probs = f.FillLogProbs(probs, tokens, i)
			nats += probs[t]
		}
		at = end
	}
	return nats
}

// Top returns the n most probable tokens for the gap, which is one token of the tokenizer. If a
// space precedes the gap, Top considers only tokens that begin with one, and otherwise only tokens
// that do not.
func (c Cloze) Top(f lm.Filler, tok corpus.Tokenizer, n int) ([]Filling, error) {
	left := tok.Encode(nil, strings.TrimRight(c.Left, " "))
	tokens := append(append(slices.Clone(left), lm.BOS), tok.Encode(nil, c.Right)...)
	probs := f.FillLogProbs(nil, append(tokens, lm.BOS), len(left))
	spaced := strings.HasSuffix(c.Left, " ") && hasSpacedTokens(tok)
	var all []Filling
	for v := range lm.Token(tok.Vocab()) {
		text := tok.Decode([]lm.Token{v})
		word, space := strings.CutPrefix(text, " ")
		if word == "" || space != spaced {
			continue // special tokens, the boundary, and words with the other spacing
		}
		if math.IsNaN(probs[v]) {
			return nil, lm.ErrNoProbability
		}
		all = append(all, Filling{word, probs[v], math.Exp(probs[v])})
	}
	slices.SortStableFunc(all, func(a, b Filling) int { return cmp.Compare(b.LogProb, a.LogProb) })
	return all[:min(n, len(all))], nil
}

// hasSpacedTokens reports whether tokens include the space before a word, as in the word and BPE
// tokenizers.
func hasSpacedTokens(tok corpus.Tokenizer) bool {
	for v := range lm.Token(tok.Vocab()) {
		if text := tok.Decode([]lm.Token{v}); len(text) > 1 && text[0] == ' ' {
			return true
		}
	}
	return false
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

// share stores each candidate's share of the total probability.
func share(all []Filling) {
	p := make([]float64, len(all))
	for i, f := range all {
		p[i] = f.LogProb
	}
	if math.IsInf(slices.Max(p), -1) {
		return // every candidate is impossible
	}
	normalize(p)
	for i := range all {
		all[i].P = math.Exp(p[i])
	}
}
