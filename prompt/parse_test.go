package prompt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/prompt"
)

// TestTranscript reads answers that end anywhere. Parse finds the same complete messages.
func TestTranscript(t *testing.T) {
	says := func(role prompt.Role, text string) prompt.Message {
		return prompt.Message{Role: role, Content: text}
	}
	call := says(prompt.Assistant, "let me see")
	call.Call = &prompt.Call{Tool: "f", Input: "x"}
	for text, want := range map[string][]prompt.Message{
		" yes .[END]": {says(prompt.Assistant, "yes .")},
		" let me see[CALL] f x[RESULT] y[DONE] a[END]": {call, says(prompt.Tool, "y"),
			says(prompt.Assistant, "a")},
		" yes":                            {says(prompt.Assistant, "yes")},
		"":                                {says(prompt.Assistant, "")},
		" let me[CALL] f":                 {says(prompt.Assistant, "let me f")},
		" let me see[CALL] f x[RESULT] y": {call, says(prompt.Tool, "y")},
		" let me see[CALL] f x[RESULT] y[DONE] a": {call, says(prompt.Tool, "y"),
			says(prompt.Assistant, "a")},
		" yes[USER] no[END]": {says(prompt.Assistant, "yes no")},
		" f x[RESULT] y":     {says(prompt.Assistant, "f x y")},
	} {
		s, l := newScript(t, text, 0)
		got, complete := l.Transcript(s.write)
		require.Equal(t, want, got, text)
		parsed, ok := l.Parse(s.write)
		require.Equal(t, ok, complete, text)
		require.Equal(t, len(text) > 4 && len(parsed) == len(want), ok, text)
	}
}
