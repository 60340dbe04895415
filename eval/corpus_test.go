package eval_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
)

// TestEveryTokenizer checks that all lossless tokenizers count the same bytes, characters and words
// in any text, and that the classes include the cost of all tokens if an event ends with every
// word.
func TestEveryTokenizer(t *testing.T) {
	train := lines("the cat sat on the mat", "the dög sat on the log", "a\xffb 猫 the cat")
	var toks []corpus.Tokenizer
	for _, name := range corpus.Tokenizers() {
		tok, err := corpus.Train(name, train, 0)
		require.NoError(t, err)
		toks = append(toks, tok)
	}
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.OneOf(
			rapid.String(), rapid.StringMatching(`(the |cat |dög |猫| |\xff|sat)*`),
		), 1, 5).Draw(t, "texts")
		docs := lines(texts...)
		for i := range docs {
			docs[i].Truth = append(docs[i].Truth,
				corpus.Event{Bytes: len(docs[i].Text), Class: corpus.Fact}, corpus.Event{Bytes: 1,
					Class: corpus.Choice})
		}
		var want eval.Result
		for i, tok := range toks {
			r, err := eval.Run(ctx, lm.Uniform(tok.Vocab()), tok, docs, eval.Options{})
			require.NoError(t, err)
			got := r.Result
			got.Nats, got.Tokens, got.OOV, got.OOVNats = 0, 0, 0, 0
			if i == 0 {
				want = got
			}
			require.Equal(t, want, got, tok.Name())
			require.Equal(t, tok.Name() == "whitespace", r.Closed)
			sum := 0.0
			for _, c := range r.Classes {
				sum += c.Nats
				require.Equal(t, len(docs), c.Events)
			}
			require.InEpsilon(t, r.Nats, sum, 1e-9)
			require.InEpsilon(t, r.Nats*float64(len(docs))/float64(r.Tokens), r.Classes[0].Nats,
				1e-9, "%s: one end a document", tok.Name())
		}
	})
}
