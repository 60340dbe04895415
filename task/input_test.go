package task

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/transformer"
)

func TestInput(t *testing.T) {
	plain, err := corpus.Train("word", []corpus.Document{{Text: "a b c d a b c d a b c d"}}, 0)
	require.NoError(t, err)
	with := func(names ...string) corpus.Tokenizer {
		tok, err := corpus.WithSpecials(plain, names...)
		require.NoError(t, err)
		return tok
	}
	spell := func(tok corpus.Tokenizer, tokens []lm.Token) (all []string) {
		for _, x := range tokens {
			all = append(all, tok.Text(x))
		}
		return all
	}
	single, pair := Example{Text: "a b c"}, Example{Text: "a b", Pair: "c d a b"}
	for _, c := range []struct {
		tok  corpus.Tokenizer
		e    Example
		room int
		want []string
		cut  bool
	}{
		{plain, single, 0, []string{"a", " b", " c"}, false},
		{with(transformer.SepName), pair, 0,
			[]string{"a", " b", "[SEP]", "c", " d", " a", " b"}, false},
		{with(transformer.MaskName, transformer.SepName), single, 0,
			[]string{"a", " b", " c", "[SEP]"}, false},
		{with(transformer.MaskName, transformer.SepName), pair, 6,
			[]string{"a", " b", "[SEP]", "c", " d", "[SEP]"}, true},
		{with(Delimiter, Extract), pair, 8,
			[]string{"a", " b", "[DELIMITER]", "c", " d", " a", " b", "[EXTRACT]"}, false},
		{with(Delimiter, Extract), single, 3, []string{"a", " b", "[EXTRACT]"}, true},
		{with(Delimiter, Extract), Example{Text: "a [EXTRACT]"}, 0, nil, false},
	} {
		got, cut := Input(c.tok, c.e, c.room)
		require.Equal(t, c.cut, cut)
		if c.want != nil {
			require.Equal(t, c.want, spell(c.tok, got))
			continue
		}
		require.Equal(t, "[EXTRACT]", c.tok.Text(got[len(got)-1]))
		for _, x := range got[:len(got)-1] {
			require.Less(t, int(x), plain.Vocab(), "a text that spells a mark is ordinary text")
		}
	}
}
