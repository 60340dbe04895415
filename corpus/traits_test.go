package corpus

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// unspoken is a tokenizer that does not declare its traits.
type unspoken struct{ Tokenizer }

// TestTraits checks that the tokenizers behave as their traits declare.
func TestTraits(t *testing.T) {
	docs := []Document{{Text: "the cat saw the dog"}, {Text: "the dog saw the cat"}}
	for _, name := range Tokenizers() {
		tok, err := Train(name, docs, 0)
		require.NoError(t, err)
		traits := TraitsOf(tok)
		text := "the cat saw the dog"
		ids := tok.Encode(nil, text)
		joined := ""
		for i, id := range ids {
			if i > 0 {
				joined += traits.Separator
			}
			joined += tok.Decode([]lm.Token{id})
		}
		require.Equal(t, text, joined, name)
		require.Equal(t, traits.Words, len(ids) < len(text), name)
		if traits.Unknown >= 0 {
			require.Equal(t, []lm.Token{traits.Unknown}, tok.Encode(nil, "unicorn"), name)
		}
		marked, err := WithSpecials(tok, "[MASK]")
		require.NoError(t, err)
		require.Equal(t, traits, TraitsOf(marked), name)
		require.Equal(t, Traits{Unknown: -1}, TraitsOf(unspoken{tok}), "nothing is known of it")
	}
}
