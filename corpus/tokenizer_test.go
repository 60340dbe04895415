package corpus

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// sample is text of our own in three scripts, with awkward characters.
const sample = "tom is a baker .\ntom's cat isn't a baker , it is a cat .\r\n\r\n" +
	"  the  cat   ate 12 cakes & 345 buns!!! \t\n" +
	"面包师汤姆有一只猫。猫吃了十二个蛋糕。\n" +
	"Кот съел 12 пирогов. 👩‍🍳 bakes; 👩‍🍳 rests…\n" +
	"tom is a baker . the cat is a cat .\n"

// awkward lists byte strings that must survive every lossless tokenizer.
var awkward = []string{
	"", " ", "  ", "\n", "\r\n", "\x00", "a\x00b", "\xff", "\xff\xfe\x80", "caf\xe9 au lait",
	"\xe2\x82", "\xf0\x9f\x91",
	"\ufffd", "\xed\xa0\x80", "👩‍🍳", "👩🏽‍🚀 ok", "面包", " 面", "e\u0301", "'s 't '", " 's",
	"it's we'll x'", "\u00a0\u3000x", "a  b", "a   ",
	"\t x", "12ab34", "...!?", strings.Repeat("a", 300), strings.Repeat("ab ", 50), "\x1f\x7f",
	"<unk> <s>", "½²Ⅷ٣",
}

func docsOf(texts ...string) []Document {
	var docs []Document
	for _, s := range texts {
		docs = append(docs, Document{Text: s})
	}
	return docs
}

// lossless trains every lossless tokenizer, on the sample and on an empty corpus.
func lossless(t testing.TB) map[string]Tokenizer {
	out := map[string]Tokenizer{}
	for _, name := range []string{"byte", "char", "word", "bpe"} {
		for kind, docs := range map[string][]Document{"": docsOf(sample), " untrained": nil,
			" replaced": docsOf("a \ufffd b \ufffd"),
			" latin-1":  docsOf("caf\xe9 caf\xe9 \xff\xff\xff\xff")} {
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

// TestDecodeAnything checks that Decode never panics, and skips BOS and tokens out of range.
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

func FuzzLossless(f *testing.F) {
	toks := lossless(f)
	for _, s := range awkward {
		f.Add(s)
	}
	f.Add(sample)
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range toks {
			checkRoundTrip(t, tok, text)
		}
	})
}

func TestByte(t *testing.T) {
	tok, err := Train("byte", nil, 300)
	require.NoError(t, err)
	require.Equal(t, 257, tok.Vocab())
	require.Equal(t, []lm.Token{1, 98, 256}, tok.Encode(nil, "\x00a\xff"))
	require.Equal(t, `\xff`, tok.Text(256))
	require.Equal(t, `\n`, tok.Text(11))
}

func TestChar(t *testing.T) {
	tok, err := Train("char", docsOf("abb猫", "b"), 0)
	require.NoError(t, err)
	require.Equal(t, 1+32+3, tok.Vocab())
	require.Equal(t, []lm.Token{33, 34, 35}, tok.Encode(nil, "ba猫"), "the most frequent first")
	require.Equal(t, []lm.Token{5, 19, 1 + 15, 17 + 15}, tok.Encode(nil, "B\xff"),
		"two digits for what is unknown")
	require.Equal(t, "猫", tok.Text(35))
	require.Equal(t, `\x4_`, tok.Text(5))
	require.Equal(t, `\x_2`, tok.Text(19))
	require.Equal(t, []int{0, 0, 1, 1, 3}, []int{tok.Bytes(0), tok.Bytes(5), tok.Bytes(19),
		tok.Bytes(33), tok.Bytes(35)})
	require.Equal(t, "b", tok.Decode([]lm.Token{5, 33, 19}), "halves of a byte that do not meet")

	small, err := Train("char", docsOf("abb猫"), 34)
	require.NoError(t, err)
	require.Equal(t, 34, small.Vocab())
	require.Len(t, small.Encode(nil, "ba"), 3)
}

func TestWord(t *testing.T) {
	const text = "tom is a baker ."
	tok, err := Train("word", docsOf(text, text, "once"), 0)
	require.NoError(t, err)
	var words []string
	for _, id := range tok.Encode(nil, text) {
		words = append(words, tok.Text(id))
	}
	require.Equal(t, []string{"tom", " is", " a", " baker", " ."}, words)
	require.Len(t, tok.Encode(nil, "once"), 4, "a word that occurred once is spelled")
	require.Len(t, tok.Encode(nil, "z"), 2, "a character that did not occur is two digits")
	require.Equal(t, len(" baker"), tok.Bytes(tok.Encode(nil, " baker")[0]))

	one := tok.Vocab() - 4 // only the most frequent word; among equals, the first
	small, err := Train("word", docsOf(text, text, "once"), one)
	require.NoError(t, err)
	require.Equal(t, one, small.Vocab())
	require.Len(t, small.Encode(nil, " ."), 1)
	require.Len(t, small.Encode(nil, "tom"), 3)
}

func TestWhitespace(t *testing.T) {
	tok, err := Train("whitespace", docsOf("the cat\tsat <unk>", "the <s> mat </s>"), 0)
	require.NoError(t, err)
	require.Equal(t, 2+4, tok.Vocab())
	require.Equal(t, []lm.Token{2, Unk, 3, Unk}, tok.Encode(nil, " the dog\n cat </s> <unk>"))
	require.Equal(t, "the <unk> cat", tok.Decode([]lm.Token{2, Unk, lm.BOS, 3}))
	require.Equal(t, []int{0, -1, 3}, []int{tok.Bytes(lm.BOS), tok.Bytes(Unk), tok.Bytes(2)})
	small, err := Train("whitespace", docsOf("a a b"), 3)
	require.NoError(t, err)
	require.Equal(t, []lm.Token{2, Unk}, small.Encode(nil, "a b"))
}

func TestTrainRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		vocab int
		want  string
	}{
		{"wordpiece", 0,
			`unknown tokenizer "wordpiece"; want one of byte, char, bpe, word, whitespace`},
		{"char", -1, "vocabulary of -1"},
		{"byte", 256, "needs at least 257"},
		{"bpe", 256, "needs at least 257"},
		{"char", 32, "needs at least 33"},
		{"word", 40, "characters of the text"},
		{"whitespace", 1, "needs at least 2"},
	} {
		_, err := Train(c.name, docsOf(sample), c.vocab)
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestEncodeDocuments(t *testing.T) {
	docs := []Document{{Text: "ab", End: "\n"}, {End: "\n"}, {Text: "c", Cut: true}, {Cut: true}}
	require.Equal(t, [][]lm.Token{{98, 99, 0}, {0}, {100}, {}}, EncodeDocuments(Byte{}, docs))
	got := EncodeDocuments(Byte{}, docs)
	_ = append(got[0], 5)
	require.Equal(t, []lm.Token{0}, got[1], "one document cannot grow into the next")
}
