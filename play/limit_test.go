package play

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/play/playtest"
)

// TestLimit checks the exact distribution shown beside the models: it marks the right answer if
// there is only one, and gives a reason instead of numbers after a text that the world never
// writes.
func TestLimit(t *testing.T) {
	_, ts := testServer(t, Options{})
	type reply struct{ Limit *nextAnswer }
	next := func(prompt string) *nextAnswer {
		body := fmt.Sprintf(`{"prompt":%q,"models":["uniform","letters"]}`, prompt)
		return playtest.OK[reply](t, "POST", ts.URL+"/api/next", body).Limit
	}
	for i, right := range []string{" the", " mild", " baker", " white", " six"} {
		l := next(starters[i].Text)
		require.Empty(t, l.Error)
		require.NotNil(t, l.Right, starters[i].Name)
		require.Equal(t, right, *l.Right, starters[i].Name)
		require.InDelta(t, 0, l.Entropy, 1e-9)
	}
	begin := next("")
	require.Equal(t, "limit", begin.Model, "it is no model, although it has the tokens of one")
	require.Equal(t, "limit", next("today in zzz").Model)
	require.Nil(t, begin.Right, "there are many ways to begin")
	require.Greater(t, begin.Entropy, 1.0)
	sum := 0.0
	for _, c := range begin.Next {
		sum += c.P
	}
	require.InDelta(t, 1, sum, 1e-9)
	require.False(t, math.IsNaN(begin.Entropy))

	typed := next("today in spr")
	require.Equal(t, "ing", *typed.Right, "an unfinished word is completed")
	require.Contains(t, next("today in spring , spring").Error, "impossible there in this world")
	require.Contains(t, next("today in the").Error, "the")
	require.NotEmpty(t, next("today in zzz").Error)
	require.Empty(t, next("today in zzz").Next)
}

// TestUsesContext checks which models predict the same after every text.
func TestUsesContext(t *testing.T) {
	s, _ := testServer(t, Options{})
	for _, m := range s.models.List() {
		require.Equal(t, m.ID != "uniform", m.UsesContext(), m.ID)
	}
}
