package lmtest

import (
	"fmt"

	"lmzoo/lm"
)

// Steps tests that Score of a text, of one document or many, agrees with the State at every token.
// Use it for texts that are longer than those of Check and that a model may cut into parts.
func Steps(m lm.Model, tokens []lm.Token, tol float64) error {
	c := checker{m: m, tol: tol}
	state, probs := lm.Start(m), []float64(nil)
	for i, score := range lm.Score(m, tokens) {
		probs = state.NextLogProbs(probs)
		if !c.equal(score, probs[tokens[i]]) {
			return fmt.Errorf("ln P of tokens[%d] is %v by Score and %v by the State",
				i, score, probs[tokens[i]])
		}
		state.Push(tokens[i])
	}
	return nil
}
