package zoo

import (
	"bytes"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/ngram"
)

// countLines trains an n-gram run on the lines of a text.
func countLines(t *testing.T, text, tokenizer string, order int) (*Run, []corpus.Document) {
	docs := corpus.Lines.Cut(text)
	tok, err := corpus.Train(tokenizer, docs, 0)
	require.NoError(t, err)
	species, err := Standard().Find("ngram")
	require.NoError(t, err)
	settings, err := species.Settings("")
	require.NoError(t, err)
	settings.Model.(*countConfig).Order = order
	r, err := Make(t.Context(), Order{
		Species: species, Settings: settings, Split: corpus.Split{Train: docs}, Tokenizer: tok,
		Dir:  t.TempDir(),
		Data: Data{Corpus: "lines", Documents: string(corpus.Lines)},
	})
	require.NoError(t, err)
	return r, docs
}

// export writes the ARPA file of a run.
func export(t *testing.T, r *Run) []byte {
	var b bytes.Buffer
	require.NoError(t, r.Model.(*ngram.Model).WriteARPA(&b, r.ARPAWords()))
	return b.Bytes()
}

func openFile(t *testing.T, name string, data []byte) (*Run, error) {
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return Standard().Open(path)
}

func evaluate(t *testing.T, r *Run, docs []corpus.Document) eval.Result {
	result, err := eval.Run(t.Context(), r.Model.(lm.Model), r.Tokenizer, docs, eval.Options{})
	require.NoError(t, err)
	return result.Result
}

// TestExportedWordsAreBytes scores texts with a run and with its own ARPA file; the perplexities
// are KenLM's.
func TestExportedWordsAreBytes(t *testing.T) {
	for _, c := range []struct {
		name, text string
		order      int
		perplexity float64
	}{
		{"zero-width joiners, soft hyphens, backslashes", "من کتاب\u200cها را می\u200cخوانم\nاو " +
			"کتاب\u200cها را می\u200cبرد\n" +
			"ما 👨\u200d👩\u200d👧 را می\u200cبینیم\nفایل C:\\temp\\a.txt را " +
			"می\u200cخوانم\nco\u00adoperate is a word\nwe co\u00adoperate daily\n", 3, 2.117},
		{"latin-1", "caf\xe9 na\xefve\ncaf\xe9\n", 2, 1.867},
		{"no-break space", "le prix est 10\u00a0000 euros\nle prix est 20\u00a0000 euros\nil a " +
			"10\u00a0000 euros\n", 2, 4.040},
		{"ideographic space", "你好\u3000世界 再见\n你好\u3000世界\n", 2, 1.867},
		{"backslash-x", "use \\x41 here\nuse A here\nuse \\x here\n", 2, 2.145},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, docs := countLines(t, c.text, "whitespace", c.order)
			own := evaluate(t, r, docs)
			read, err := openFile(t, "a.arpa", export(t, r))
			require.NoError(t, err)
			again := evaluate(t, read, docs)
			require.Equal(t, own.Nats, again.Nats)
			require.Equal(t, own.Tokens, again.Tokens)
			require.Zero(t, again.OOV)
			require.InDelta(t, c.perplexity, math.Exp(again.Nats/float64(again.Tokens)), 5e-4)
		})
	}
}

// TestExportedTokens exports the tokens of open tokenizers, which contain spaces and parts of
// characters.
func TestExportedTokens(t *testing.T) {
	for _, tokenizer := range []string{"byte", "char", "word", "bpe"} {
		r, docs := countLines(t, "tom has a cat \\ \\x20\nmilo , a b\u00a0c 猫 has  a cat\t<s> "+
			"<unk>\n\x80\xff \\\n", tokenizer, 3)
		read, err := openFile(t, "a.arpa", export(t, r))
		require.NoError(t, err, tokenizer)
		require.Equal(t, r.Tokenizer.Vocab()+1, read.Tokenizer.Vocab(), "and <unk>")
		for _, d := range docs {
			tokens := corpus.EncodeDocument(nil, r.Tokenizer, d)
			var text string
			for _, id := range tokens[:len(tokens)-1] {
				text += r.ARPAWords()(id) + " "
			}
			shifted := corpus.EncodeDocument(nil, read.Tokenizer, corpus.Document{Text: text})
			require.NotContains(t, shifted, corpus.Unk)
			require.Equal(t, lm.Score(r.Model.(lm.Model), tokens), lm.Score(read.Model.(lm.Model),
				shifted), tokenizer)
		}
	}
}

func TestARPANames(t *testing.T) {
	r, docs := countLines(t, "a b\nb a\n", "whitespace", 2)
	want := evaluate(t, r, docs).Nats
	plain := export(t, r)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(plain)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for _, name := range []string{"a.arpa", "a.lm", "a.arpa.gz", "a.lm.gz", "a", "a.txt"} {
		for _, data := range [][]byte{plain, packed.Bytes()} {
			read, err := openFile(t, name, data)
			require.NoError(t, err)
			require.Equal(t, want, evaluate(t, read, docs).Nats, name)
		}
	}
	tok, err := OpenTokenizer(filepath.Join(r.Dir, CountsFile))
	require.Nil(t, tok)
	require.ErrorContains(t, err, "is neither a run directory nor an ARPA file")

	dir := filepath.Join(t.TempDir(), "a.lm")
	require.NoError(t, os.Rename(r.Dir, dir))
	_, err = Standard().Open(dir)
	require.NoError(t, err, "a run directory may be named like an ARPA file")
	_, err = Standard().Open(filepath.Join(dir, "none.arpa"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
