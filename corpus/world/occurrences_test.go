package world

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOccurrences(t *testing.T) {
	r := NewReviews(DefaultSeed)
	for _, pool := range []Pool{Train, Dev, Test} {
		h := r.lexicon.pool(pool)
		require.Len(t, h.homonyms, len(r.lexicon.homonyms)/3)
		count, words := map[Side]map[Domain]int{Left: {}, Right: {}, Both: {}}, map[string]bool{}
		for _, o := range r.Occurrences(1, pool, 200) {
			all := strings.Fields(o.Text)
			require.Equal(t, o.Word, all[o.At])
			require.True(t, h.homonyms[o.Word])
			words[o.Word] = true
			count[o.Cues][o.Sense]++

			before, err := r.Posterior(strings.Join(all[:o.At+1], " "))
			require.NoError(t, err)
			whole, err := r.Posterior(o.Text)
			require.NoError(t, err)
			sense := float64(o.Sense) // P(food) for a reader who knows it
			require.InDelta(t, sense, whole.Food, 1e-12, o.Text)
			if o.Cues == Right {
				require.InDelta(t, .5, before.Food, 1e-12, o.Text)
			} else {
				require.InDelta(t, sense, before.Food, 1e-12, o.Text)
			}
			tells := func(word string) bool { return h.cues[word] }
			require.Equal(t, o.Cues != Right, slices.ContainsFunc(all[:o.At], tells), o.Text)
			require.Equal(t, o.Cues != Left, slices.ContainsFunc(all[o.At+1:], tells), o.Text)
			for i, word := range all {
				require.False(t, h.others[word], "%q of another pool in %q", word, o.Text)
				require.Equal(t, i == o.At, h.homonyms[word], o.Text)
			}
		}
		require.Len(t, words, len(h.homonyms))
		for _, side := range Sides() {
			require.Equal(t, map[Domain]int{Gadget: 100, Food: 100}, count[side])
		}
	}
	require.Equal(t, r.Occurrences(5, Dev, 4), NewReviews(DefaultSeed).Occurrences(5, Dev, 4))
}
