package prompt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/prompt"
)

// TestEncodeCall checks that a call and the request for its result are targets, and that the result
// is not.
func TestEncodeCall(t *testing.T) {
	tok, err := corpus.WithSpecials(corpus.Byte{}, prompt.Default.Names()...)
	require.NoError(t, err)
	layout, err := prompt.Default.Layout(tok)
	require.NoError(t, err)
	e := layout.Encode([]prompt.Message{
		{Role: prompt.System, Content: "s"},
		{Role: prompt.User, Content: "u"},
		{Role: prompt.Assistant, Call: &prompt.Call{Tool: "f", Input: "x"}},
		{Role: prompt.Tool, Content: "y"},
		{Role: prompt.Assistant, Content: "a"},
	})
	text, loss := "", ""
	for i, token := range e.Tokens {
		text += tok.Text(token)
		for range tok.Text(token) {
			if e.Loss[i] {
				loss += "+"
			} else {
				loss += "-"
			}
		}
	}
	require.Equal(t, "[SYSTEM] s[USER] u[ASSISTANT][CALL] f x[RESULT] y[DONE] a[END]", text)
	require.Equal(t, "-----------"+"-------"+"-----------"+"++++++++++++++++++"+"--------"+
		"+++++++", loss)
}
