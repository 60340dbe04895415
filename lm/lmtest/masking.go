package lmtest

import (
	"fmt"
	"slices"

	"lmzoo/lm"
)

// masking tests that the prediction of a Masker is a distribution, does not depend on masked
// tokens, and equals the normal prediction if no token is masked.
func (c checker) masking(doc []lm.Token) error {
	m, ok := c.m.(lm.Masker)
	if !ok {
		return nil
	}
	other := slices.Clone(doc)
	for i, tok := range other {
		other[i] = c.another(tok)
	}
	for _, given := range []int{0, 1, 2, 5, len(doc), len(doc) + 1} {
		got := m.NextMasked(nil, doc, given)
		if err := c.distribution(got); err != nil {
			return fmt.Errorf("NextMasked of %d tokens: %w", given, err)
		}
		if given >= len(doc) {
			if v := c.differ(got, c.m.NextLogProbs(nil, doc)); v >= 0 {
				return fmt.Errorf(
					"ln P of token %d: NextMasked of all %d tokens is not "+
						"NextLogProbs", v, len(doc))
			}
			continue
		}
		visible := len(doc) - given
		mixed := slices.Concat(other[:visible], doc[visible:])
		if v := c.differ(got, m.NextMasked(nil, mixed, given)); v >= 0 {
			return fmt.Errorf("ln P of token %d: NextMasked of %d tokens depends on masked tokens",
				v, given)
		}
	}
	return nil
}
