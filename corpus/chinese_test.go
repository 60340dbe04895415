package corpus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// textsOfTokens returns the printable forms of the tokens of a text.
func textsOfTokens(tok Tokenizer, text string) (out []string) {
	for _, t := range tok.Encode(nil, text) {
		out = append(out, tok.Text(t))
	}
	return out
}

func TestWordsOfChinese(t *testing.T) {
	text := strings.Repeat("汤姆有一只猫。 猫 sat on 12个mat, トムは寝た\n", 2)
	tok, err := Train("word", docsOf(text), 0)
	require.NoError(t, err)
	require.Equal(t, []string{"汤", "姆", "有", "一", "只", "猫", "。"}, textsOfTokens(tok, "汤姆有一只猫。"))
	require.Equal(t, []string{" 猫", " sat", " on", " 12", "个", "mat"},
		textsOfTokens(tok, " 猫 sat on 12个mat"))
	require.Equal(t, []string{"ト", "ム", "は", "寝", "た"}, textsOfTokens(tok, "トムは寝た"))
	checkRoundTrip(t, tok, text+"猫猫sat猫 猫\xe7\x8c")
}

// TestOldWordVocabulary checks that a vocabulary with words of several Chinese characters still
// cuts text as it did when its model was trained.
func TestOldWordVocabulary(t *testing.T) {
	old, err := LoadTokenizer(
		[]byte(
			`{"format":"lmzoo tokenizer","version":1,"tokenizer":"word",` +
				`"alphabet":"猫有","words":["有猫"]}`))
	require.NoError(t, err)
	require.Len(t, old.Encode(nil, "有猫"), 1)
	require.Len(t, old.Encode(nil, "有猫有猫"), 4)
}

func TestBPEHoldsTheAlphabet(t *testing.T) {
	var text strings.Builder
	for r := rune(0x4e00); r < 0x4e00+1500; r++ {
		text.WriteString(strings.Repeat(string(r), 2) + "\n")
	}
	text.WriteString("龍") // occurs once: not worth a token
	docs := docsOf(text.String())
	tok, err := Train("bpe", docs, 0)
	require.NoError(t, err)
	require.Greater(t, tok.Vocab(), 257+1400, "characters have tokens")
	require.LessOrEqual(t, tok.Vocab(), 257+1500)
	_, err = Train("bpe", docs, 1024)
	require.ErrorContains(t, err, "bpe tokenizer with a vocabulary of 1024: needs at least 1757, "+
		"one for each byte, 1500 characters of several bytes")
	tok, err = Train("bpe", docsOf(strings.Repeat("plain text of few letters, café ", 50)), 300)
	require.NoError(t, err)
	require.LessOrEqual(t, tok.Vocab(), 300)
	require.Equal(t, []lm.Token{1 + 'q'}, tok.Encode(nil, "q"))
}
