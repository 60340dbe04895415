package suggest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/suggest"
)

var species = []string{"uniform", "unigram", "bigram", "cache", "ngram", "mlp", "rnn", "lstm",
	"gru", "gpt"}

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"gtp": "gpt", "GPT": "gpt", "ltsm": "lstm", "lst": "lstm", "n-gram": "ngram",
		"bigrma": "bigram", "gp": "gpt", "gru2": "gru",
		"markov": "", "": "", "x": "", "gp\xff": "gpt",
	} {
		require.Equal(t, want, suggest.Nearest(name, species), "%q", name)
	}
	require.Empty(t, suggest.Nearest("gpt", nil))
}

func ExampleUnknown() {
	species := []string{"ngram", "lstm", "gpt"}
	fmt.Println(suggest.Unknown("species", "gtp", species))
	fmt.Println(suggest.Unknown("species", "markov", species))
	// Output:
	// unknown species "gtp"; did you mean "gpt"?
	// unknown species "markov"; want one of: ngram lstm gpt
}
