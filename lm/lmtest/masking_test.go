package lmtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// leaky masks by replacing only the first token, so the others are still visible.
type leaky struct{ *toy }

func (l leaky) NextMasked(dst []float64, context []lm.Token, given int) []float64 {
	if given >= len(context) {
		return l.NextLogProbs(dst, context)
	}
	return l.NextLogProbs(dst, context[1:])
}

// honest reads the visible tokens as a document.
type honest struct{ *toy }

func (h honest) NextMasked(dst []float64, context []lm.Token, given int) []float64 {
	return h.NextLogProbs(dst, context[max(0, len(context)-given):])
}

func TestMasking(t *testing.T) {
	lmtest.Check(t, honest{newToy(5, "")}, 1e-12)
	w := &witness{TB: t}
	lmtest.Check(w, leaky{newToy(5, "")}, 1e-12)
	require.Len(t, w.said, 1)
	require.Contains(t, w.said[0], "depends on masked tokens")
}
