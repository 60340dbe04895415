package corpus

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// sample is our own text in three scripts, with everything that is awkward in it.
const sample = "tom is a baker .\ntom's cat isn't a baker , it is a cat .\r\n\r\n" +
	"  the  cat   ate 12 cakes & 345 buns!!! \t\n" +
	"面包师汤姆有一只猫。猫吃了十二个蛋糕。\n" +
	"Кот съел 12 пирогов. 👩‍🍳 bakes; 👩‍🍳 rests…\n" +
	"tom is a baker . the cat is a cat .\n"

// awkward are byte strings that must survive every lossless tokenizer.
var awkward = []string{
	"", " ", "  ", "\n", "\r\n", "\x00", "a\x00b", "\xff", "\xff\xfe\x80", "caf\xe9 au lait", "\xe2\x82", "\xf0\x9f\x91",
	"\ufffd", "\xed\xa0\x80", "👩‍🍳", "👩🏽‍🚀 ok", "面包", " 面", "e\u0301", "'s 't '", " 's", "it's we'll x'", "\u00a0\u3000x", "a  b", "a   ",
	"\t x", "12ab34", "...!?", strings.Repeat("a", 300), strings.Repeat("ab ", 50), "\x1f\x7f", "<unk> <s>", "½²Ⅷ٣",
}

func docsOf(texts ...string) []Document {
	var docs []Document
	for _, s := range texts {
		docs = append(docs, Document{Text: s})
	}
	return docs
}

// lossless trains every tokenizer that promises to lose nothing, on the sample and on nothing at all.
func lossless(t testing.TB) map[string]Tokenizer {
	out := map[string]Tokenizer{}
	for _, name := range []string{"byte", "char", "word", "bpe"} {
		for kind, docs := range map[string][]Document{"": docsOf(sample), " untrained": nil, " latin-1": docsOf("caf\xe9 caf\xe9 \xff\xff\xff\xff")} {
			tok, err := Train(name, docs, 0)
			require.NoError(t, err)
			out[name+kind] = tok
		}
	}
	tok, err := Train("char", docsOf(sample), 40)
	require.NoError(t, err)
	out["char of 40"] = tok
	return out
}

func checkRoundTrip(t testing.TB, tok Tokenizer, text string) {
	tokens := tok.Encode(nil, text)
	bytes := 0
	for _, id := range tokens {
		require.NotEqual(t, lm.BOS, id)
		require.True(t, id > 0 && int(id) < tok.Vocab(), "token %d of %d", id, tok.Vocab())
		require.NotEmpty(t, tok.Text(id))
		require.True(t, utf8.ValidString(tok.Text(id)))
		bytes += tok.Bytes(id)
	}
	require.Equal(t, text, tok.Decode(tokens))
	require.Equal(t, len(text), bytes, "the bytes of the tokens add up to the text")
	again := tok.Encode([]lm.Token{7}, text)
	require.Equal(t, lm.Token(7), again[0], "Encode appends")
	require.Equal(t, len(tokens), len(again)-1)
	if len(tokens) > 0 {
		require.Equal(t, tokens, again[1:])
	}
}

func TestLosslessRoundTrip(t *testing.T) {
	for name, tok := range lossless(t) {
		t.Run(name, func(t *testing.T) {
			checkRoundTrip(t, tok, sample)
			for _, s := range awkward {
				checkRoundTrip(t, tok, s)
			}
		})
	}
}

// TestDecodeAnything: no sequence of tokens makes Decode panic, and BOS and strangers say nothing.
func TestDecodeAnything(t *testing.T) {
	toks := lossless(t)
	ws, err := Train("whitespace", docsOf(sample), 0)
	require.NoError(t, err)
	toks["whitespace"] = ws
	for name, tok := range toks {
		t.Run(name, func(t *testing.T) {
			v := lm.Token(tok.Vocab())
			require.Empty(t, tok.Decode([]lm.Token{lm.BOS, -1, v, v + 1, 1<<31 - 1, -1 << 31}))
			for _, id := range []lm.Token{lm.BOS, -1, v, 1<<31 - 1, -1 << 31} {
				require.Zero(t, tok.Bytes(id))
				tok.Text(id)
			}
			require.Equal(t, "<bos>", tok.Text(lm.BOS))
			for a := range min(v, 300) {
				for _, b := range []lm.Token{0, 1, 16, 17, 32, 33, v - 1} {
					tok.Decode([]lm.Token{a, b})
				}
			}
		})
	}
}
