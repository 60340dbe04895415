package corpus

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func everyTokenizer(t testing.TB) map[string]Tokenizer {
	toks := lossless(t)
	ws, err := Train("whitespace", docsOf(sample, "caf\xe9 back\\slash \\xe9 x\xffy"), 0)
	require.NoError(t, err)
	toks["whitespace"] = ws
	wd, err := Train("word", docsOf("caf\xe9 \\\\\\ \xff\xff caf\xe9 \\\\\\ \xff\xff"), 0)
	require.NoError(t, err)
	toks["word with escapes"] = wd
	return toks
}

func TestTokenizerSurvivesItsFile(t *testing.T) {
	for name, tok := range everyTokenizer(t) {
		t.Run(name, func(t *testing.T) {
			data, err := MarshalTokenizer(tok)
			require.NoError(t, err)
			again, err := LoadTokenizer(data)
			require.NoError(t, err)
			require.Equal(t, tok.Name(), again.Name())
			require.Equal(t, tok.Vocab(), again.Vocab())
			for _, s := range append(awkward, sample) {
				require.Equal(t, tok.Encode(nil, s), again.Encode(nil, s))
				require.Equal(t, tok.Decode(tok.Encode(nil, s)), again.Decode(tok.Encode(nil, s)))
			}
			twice, err := MarshalTokenizer(again)
			require.NoError(t, err)
			require.Equal(t, string(data), string(twice))
		})
	}
}

// TestTokenizerFileIsDeterministic checks that the hash of the file identifies the tokenizer.
func TestTokenizerFileIsDeterministic(t *testing.T) {
	for _, name := range Tokenizers() {
		var first []byte
		for range 5 {
			tok, err := Train(name, docsOf(sample, "x y z w v u"), 0)
			require.NoError(t, err)
			data, err := MarshalTokenizer(tok)
			require.NoError(t, err)
			if first == nil {
				first = data
			}
			require.Equal(t, string(first), string(data))
		}
	}
}

func TestLoadTokenizerRefuses(t *testing.T) {
	const head = `{"format":"lmzoo tokenizer","version":1,"tokenizer":`
	for data, want := range map[string]string{
		``:              "is cut short",
		`{`:             "is cut short",
		head:            "is cut short",
		`[1]`:           "cannot unmarshal",
		"\xff":          "is not UTF-8",
		`{"model":{}}`:  `has the format ""`,
		`{"format":""}`: `has the format ""`,
		`{"format":"lmzoo tokenizer","version":9,"tokenizer":"byte"}`: "version 9",
		head + `"byte"}{}`:                                 "trailing data",
		head + `"sentencepiece"}`:                          `unknown tokenizer "sentencepiece"`,
		head + `"byte","merges":[[1,2]]}`:                  "a byte tokenizer has no merges",
		head + `"char"}`:                                   "needs an alphabet",
		head + `"char","alphabet":"aba"}`:                  "occurs twice in the alphabet",
		head + `"char","alphabet":"a","words":["x"]}`:      "a char tokenizer has no words",
		head + `"char","alphabet":"a","colour":1}`:         "colour",
		head + `"word","alphabet":"ab","words":["a"]}`:     "cannot be a word",
		head + `"word","alphabet":"ab","words":[""]}`:      "cannot be a word",
		head + `"word","alphabet":"","words":["ab","ab"]}`: "twice",
		head + `"word","alphabet":"","words":["\\q"]}`:     "bad escape",
		head + `"word","alphabet":"","words":["\\xg0"]}`:   "bad escape",
		head + `"word","alphabet":"","words":["\\x0"]}`:    "bad escape",
		head + `"whitespace","words":["a b"]}`:             "cannot be a word",
		head + `"whitespace","words":["<unk>"]}`:           "cannot be a word",
		head + `"byte","specials":[""]}`:                   "the name is empty",
		head + `"byte","specials":["a","a"]}`:              "the name is taken",
		head + `"byte","specials":["\u001b"]}`:             "contains U+001B",
		head + `"bpe","merges":[[1]]}`:                     "joins 1 tokens",
		head + `"bpe","merges":[[0,1]]}`:                   "joins token 0",
		head + `"bpe","merges":[[1,257]]}`:                 "joins token 257",
		head + `"bpe","merges":[[1,-5]]}`:                  "joins token -5",
		head + `"bpe","merges":[[1,2],[1,2]]}`:             "occurs twice",
		head +
			`"bpe","merges":[[1,1],[257,257],[258,258],[259,259],[260,260],` +
			`[261,261],[262,262],[263,263],[264,264]]}`: "512 bytes",
	} {
		tok, err := LoadTokenizer([]byte(data))
		require.Nil(t, tok)
		require.ErrorContains(t, err, want, "%s", data)
		require.ErrorContains(t, err, "tokenizer.json")
		require.NotContains(t, err.Error(), "\n")
	}
}

// TestLoadTokenizerCutShort checks that every truncation of a valid file is refused.
func TestLoadTokenizerCutShort(t *testing.T) {
	for name, tok := range everyTokenizer(t) {
		data, err := MarshalTokenizer(tok)
		require.NoError(t, err)
		data = bytes.TrimSpace(data)
		for n := 0; n < len(data); n += 1 + n/50 {
			_, err := LoadTokenizer(data[:n])
			require.Error(t, err, "%s: %d bytes of %d", name, n, len(data))
		}
	}
}

func FuzzLoadTokenizer(f *testing.F) {
	f.Add(
		[]byte(`{"format":"lmzoo tokenizer","version":1,"tokenizer":"byte","specials":["[MASK]"]}`))
	for _, tok := range everyTokenizer(f) {
		data, err := MarshalTokenizer(tok)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := LoadTokenizer(data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("the error has several lines: %q", err)
			}
			return
		}
		if tok.Name() != "whitespace" {
			checkRoundTrip(t, tok, sample)
		}
		out, err := MarshalTokenizer(tok)
		require.NoError(t, err)
		again, err := LoadTokenizer(out)
		require.NoError(t, err)
		require.Equal(t, tok.Vocab(), again.Vocab())
	})
}
