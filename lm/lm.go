// Package lm defines language models. Given the tokens so far, a model assigns a probability to
// every token that may come next (Shannon 1948). Everything else in the zoo, from perplexity to the
// compressor, depends only on this contract.
//
// All log-probabilities are natural logarithms (nats).
package lm

import "errors"

// Token is the number of a vocabulary entry.
type Token = int32

// BOS is the document boundary. It precedes every document, so an empty context means BOS alone.
// When predicted, it ends a document; n-gram toolkits write <s> for the beginning and </s> for the
// end. No memory crosses it: only the part of a context after its last BOS counts.
const BOS Token = 0

// ErrNoProbability reports that a model returned NaN or infinity instead of a log-probability, for
// example after training diverged.
var ErrNoProbability = errors.New("the model gives no probability")

// Model is a causal language model. A Model is safe for concurrent use.
type Model interface {
	// Vocab returns the number of tokens, V; the tokens are 0 … V−1.
	Vocab() int
	// NextLogProbs stores ln P(v | context) in dst[v] for every token v and returns dst. If dst is
	// shorter than V, it allocates a new slice.
	NextLogProbs(dst []float64, context []Token) []float64
}

// Scorer is a Model that scores a whole document faster than token by token.
type Scorer interface {
	Model
	// Score stores ln P(tokens[i] | BOS, tokens[:i]) in dst[i] and returns dst[:len(tokens)].
	Score(dst []float64, tokens []Token) []float64
}

// Stepper is a Model that updates its memory token by token.
type Stepper interface {
	Model
	// Start returns the state after BOS.
	Start() State
}

// State is a model's memory of the tokens so far: the last n−1 tokens of an n-gram, the hidden
// vector of an RNN, the key-value cache of a transformer. A State is for one goroutine.
type State interface {
	// NextLogProbs stores ln P(v | the tokens so far) in dst[v] for every token v and returns dst.
	NextLogProbs(dst []float64) []float64
	// Push appends a token to the memory.
	Push(Token)
	// Clone returns an independent copy.
	Clone() State
}

// Score returns ln P(tokens[i] | BOS, tokens[:i]) for every i, in the fastest way that m offers. To
// include the end of the document, end tokens with BOS.
func Score(m Model, tokens []Token) []float64 {
	dst := make([]float64, len(tokens))
	if s, ok := m.(Scorer); ok {
		return s.Score(dst, tokens)
	}
	state := Start(m)
	probs := make([]float64, m.Vocab())
	for i, tok := range tokens {
		probs = state.NextLogProbs(probs)
		dst[i] = probs[tok]
		state.Push(tok)
	}
	return dst
}

// Start returns the state of m after BOS. A model that is not a Stepper gets the whole context each
// time.
func Start(m Model) State {
	if s, ok := m.(Stepper); ok {
		return s.Start()
	}
	return &replay{model: m}
}

// replay is the State of a Model that has none: it stores every token and passes all of them to the
// model.
type replay struct {
	model  Model
	tokens []Token
}

func (r *replay) NextLogProbs(dst []float64) []float64 {
	return r.model.NextLogProbs(dst, r.tokens)
}

func (r *replay) Push(t Token) {
	if t == BOS {
		r.tokens = r.tokens[:0]
		return
	}
	r.tokens = append(r.tokens, t)
}

func (r *replay) Clone() State {
	return &replay{model: r.model, tokens: append([]Token(nil), r.tokens...)}
}

// SinceBOS returns the part of context after its last BOS.
func SinceBOS(context []Token) []Token {
	for i := len(context) - 1; i >= 0; i-- {
		if context[i] == BOS {
			return context[i+1:]
		}
	}
	return context
}
