package models

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/zoo"
)

// TestNames checks that every model has a name of its own, which shows no fingerprint.
func TestNames(t *testing.T) {
	bert, err := zoo.Standard().Find("bert")
	require.NoError(t, err)
	s := &Set{}
	for _, x := range [][3]string{
		{"demo/gpt", "world", "gpt"},
		{"demo/models/gpt-43f2ddc81f8d4310", "world-reviews", "gpt-world-reviews"},
		{"demo/models/gpt-53f2ddc81f8d4310", "world-reviews", "models-gpt-world-reviews"},
		{"demo/models/gpt-63f2ddc81f8d4310", "world-reviews", "models-gpt-world-reviews-2"},
		{"runs/a b", "world", "a-b"},
		{"demo/models/gpt-43f2ddc81f8d4310", "world-reviews", "gpt-world-reviews"},
	} {
		r := &zoo.Run{Dir: x[0], Species: bert, Tokenizer: corpus.Byte{}}
		r.Config.Data.Corpus = x[1]
		require.Equal(t, x[2], s.Add(r))
	}
	require.Len(t, s.all, 5)
}
