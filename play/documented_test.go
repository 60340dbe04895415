package play

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocumented compares the limits that docs/api.md states with DefaultLimits.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/api.md")
	require.NoError(t, err)
	l := DefaultLimits()
	for _, want := range []string{
		fmt.Sprintf("(default 10, at most %d)", maxTop),
		fmt.Sprintf("`alternatives` is at most %d", maxAlternatives),
		fmt.Sprintf("over up to %d tokens", maxRead),
		fmt.Sprintf("lists up to %d heads", maxAblated),
		fmt.Sprintf("has at most %d bytes and must be one token", maxWord),
		fmt.Sprintf("| prompt, text to compress | %d KiB |", l.PromptBytes>>10),
		fmt.Sprintf("| text to train on | %d MiB |", l.TextBytes>>20),
		fmt.Sprintf("generates in one request | %d |", l.Tokens),
		fmt.Sprintf("with an echoed prompt | %d |", l.Entries),
		fmt.Sprintf("at a time | %d, each for %.0f minutes |", l.Streams, l.StreamTime.Minutes()),
		fmt.Sprintf("| %d of each; further ones wait %.0f seconds and are then refused |",
			l.Requests, l.Patience.Seconds()),
		fmt.Sprintf("long bodies received at a time | %d of each;", maxHeavy),
		fmt.Sprintf("| time to send a body | %.0f seconds |", l.BodyTime.Seconds()),
		fmt.Sprintf("one event of a stream | %.0f seconds |", l.WriteTime.Seconds()),
		fmt.Sprintf("have not read yet | %d MiB in total", l.Unread>>20),
		fmt.Sprintf("| time to train one model | %.0f minutes |", l.TrainingTime.Minutes()),
		fmt.Sprintf("| jobs that wait | %d |", l.Jobs),
	} {
		require.Contains(t, string(page), want)
	}
	require.Equal(t, maxHeavy, maxUploads)
}
