package ngram

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// Every successor of every history, big or small, is found, and no other token is.
func TestFindEverySuccessor(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	docs := make([][]lm.Token, 300)
	for i := range docs {
		docs[i] = make([]lm.Token, 30)
		for j := range docs[i][:29] {
			// low tokens are frequent and have many successors
			docs[i][j] = 1 + r.Int32N(1+r.Int32N(199))
		}
	}
	m, _, err := Train(docs, Config{Order: 3, Vocab: 3000})
	require.NoError(t, err)
	bigOnes, small := 0, 0
	for k := 1; k < m.Order; k++ {
		table := &m.tables[k-1]
		for x := range uint32(m.Grams[k-1]) {
			lo, hi := m.successors(k, x)
			want := map[uint32]uint32{}
			for i := lo; i < hi; i++ {
				want[table.wordAt(i)] = i
			}
			asked := uint32(200)
			if hi-lo > big {
				asked = 3000 // absent tokens collide with the slots of others
			}
			for w := range asked {
				i, ok := want[w]
				if !ok {
					i = none
				}
				if got, found := table.find(lo, hi, w); found != ok || got != i {
					t.Fatalf("order %d, history %d, token %d: %d, %v; want %d, %v", k+1, x, w, got,
						found, i, ok)
				}
			}
			if hi-lo > big {
				bigOnes++
			} else {
				small++
			}
		}
	}
	require.Greater(t, bigOnes, 50)
	require.Greater(t, small, 50)

	for i := range m.tables[0].index {
		m.tables[0].index[i] = 0xff
	}
	exercise(m) // a search in a damaged table without an empty slot still ends
}
