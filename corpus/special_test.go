package corpus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
)

var specialNames = []string{"[MASK]", "[SEP]", "<|user|>"}

// withSpecials returns every tokenizer of everyTokenizer with special tokens.
func withSpecials(t testing.TB) map[string]Tokenizer {
	toks := everyTokenizer(t)
	for name, tok := range toks {
		s, err := WithSpecials(tok, specialNames...)
		require.NoError(t, err)
		toks[name] = s
	}
	return toks
}

func TestSpecialTokens(t *testing.T) {
	for name, base := range everyTokenizer(t) {
		tok, err := WithSpecials(base, specialNames...)
		require.NoError(t, err)
		require.Equal(t, base.Name(), tok.Name(), name)
		require.Equal(t, base.Vocab()+3, tok.Vocab(), name)
		require.Equal(t, specialNames, Specials(tok))
		for i, special := range specialNames {
			id, ok := Special(tok, special)
			require.True(t, ok)
			require.Equal(t, lm.Token(base.Vocab()+i), id)
			require.Equal(t, special, tok.Text(id))
			require.Zero(t, tok.Bytes(id))
			require.Empty(t, tok.Decode([]lm.Token{id}))
			_, ok = Special(base, special)
			require.False(t, ok)
		}
		_, ok := Special(tok, "[CLS]")
		require.False(t, ok)
		require.Equal(t, base.Decode(base.Encode(nil, sample)), tok.Decode(tok.Encode(nil, sample)))
	}
}

func TestDecodeSkipsSpecialTokens(t *testing.T) {
	for name, tok := range withSpecials(t) {
		tokens := tok.Encode(nil, "a cat")
		mask, _ := Special(tok, "[MASK]")
		marked := append(append([]lm.Token{mask}, tokens...), mask, mask)
		require.Equal(t, tok.Decode(tokens), tok.Decode(marked), name)
	}
}

func TestSpecialTokensAccumulate(t *testing.T) {
	once, err := WithSpecials(Byte{}, "[MASK]")
	require.NoError(t, err)
	twice, err := WithSpecials(once, "[SEP]")
	require.NoError(t, err)
	require.Equal(t, []string{"[MASK]"}, Specials(once), "the tokenizer it was made from does "+
		"not change")
	require.Equal(t, []string{"[MASK]", "[SEP]"}, Specials(twice))
	id, ok := Special(twice, "[SEP]")
	require.True(t, ok)
	require.Equal(t, lm.Token(258), id)
	none, err := WithSpecials(Byte{})
	require.NoError(t, err)
	require.Equal(t, Byte{}, none)
}

func TestWithSpecialsRefuses(t *testing.T) {
	for want, names := range map[string][]string{
		"the name is empty":            {""},
		"the name is taken":            {"[MASK]", "[MASK]"},
		"document boundary":            {"<bos>"},
		"is not valid UTF-8":           {"\xff"},
		"contains U+001B":              {"\x1b[31m"},
		"contains U+000A":              {"a\nb"},
		"takes 65 bytes":               {strings.Repeat("a", 65)},
		"special token \"[MASK]\": th": {"[SEP]", "[MASK]", "[MASK]"},
	} {
		_, err := WithSpecials(Byte{}, names...)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
}

// checkNoSpecial checks that a text encodes as it does without special tokens.
func checkNoSpecial(t require.TestingT, tok Tokenizer, text string) {
	base := tok.(*special).base
	tokens := tok.Encode(nil, text)
	for _, id := range tokens {
		require.True(t, id > lm.BOS && int(id) < base.Vocab(), "%q encodes to token %d, %q", text,
			id, tok.Text(id))
	}
	require.Equal(t, base.Encode(nil, text), tokens)
}

func TestEncodeNeverYieldsSpecialTokens(t *testing.T) {
	toks := withSpecials(t)
	part := rapid.OneOf(rapid.SampledFrom(append(awkward, specialNames...)), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(part).Draw(t, "parts"),
			rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
		for _, tok := range toks {
			checkNoSpecial(t, tok, text)
		}
	})
}

// TestTrainedOnSpecialNames covers the most error-prone case: the names are words of the training
// text and have tokens of their own in the base vocabulary.
func TestTrainedOnSpecialNames(t *testing.T) {
	text := strings.Repeat("[MASK] [SEP] <|user|> ", 20)
	for _, name := range Tokenizers() {
		base, err := Train(name, docsOf(text), 0)
		require.NoError(t, err)
		tok, err := WithSpecials(base, specialNames...)
		require.NoError(t, err)
		checkNoSpecial(t, tok, text)
		checkNoSpecial(t, tok, "[MASK]")
	}
}

func FuzzEncodeNeverYieldsSpecialTokens(f *testing.F) {
	toks := withSpecials(f)
	for _, s := range append(awkward, specialNames...) {
		f.Add(s)
	}
	f.Add("a [MASK] b[SEP]<|user|>")
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range toks {
			checkNoSpecial(t, tok, text)
		}
	})
}

func TestSpecialTokensSurviveTheirFile(t *testing.T) {
	for name, tok := range withSpecials(t) {
		data, err := MarshalTokenizer(tok)
		require.NoError(t, err)
		again, err := LoadTokenizer(data)
		require.NoError(t, err, name)
		require.Equal(t, tok.Vocab(), again.Vocab())
		require.Equal(t, Specials(tok), Specials(again))
		require.Equal(t, tok.Encode(nil, sample), again.Encode(nil, sample))
		twice, err := MarshalTokenizer(again)
		require.NoError(t, err)
		require.Equal(t, string(data), string(twice))

		plain, err := MarshalTokenizer(tok.(*special).base)
		require.NoError(t, err)
		require.NotContains(t, string(plain), "special", "a tokenizer without special tokens "+
			"keeps its file")
	}
}
