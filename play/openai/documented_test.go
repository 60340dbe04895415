package openai

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocumented compares the limits that docs/api.md states with those of this package.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	for _, want := range []string{
		fmt.Sprintf("a list of up to %d strings", maxPrompts),
		fmt.Sprintf("| `max_tokens` | default %d;", defaultTokens),
		fmt.Sprintf("choices per prompt, 1 to %d", maxChoices),
		fmt.Sprintf("up to %d strings of up to %d bytes", maxStops, maxStopBytes),
		fmt.Sprintf("likeliest tokens to report at each place, 0 to %d;", maxLogprobs),
		fmt.Sprintf("completions of more than %d tokens", briefTokens),
		fmt.Sprintf("up to %d messages", maxMessages),
		fmt.Sprintf("| `tools` | up to %d:", maxTools),
	} {
		require.Contains(t, string(page), want)
	}
}
