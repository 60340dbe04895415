package corpus

import (
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
)

// together joins the fragments of a stream into documents, and returns the tokens that a model
// would count.
func together(t require.TestingT, s *Stream, tok Tokenizer) (docs []Document, tokens []lm.Token) {
	var text strings.Builder
	for f, err := range s.Train() {
		require.NoError(t, err)
		text.WriteString(f.Text)
		tokens = tok.Encode(tokens, f.Text)
		if f.Last {
			docs = append(docs, Document{Text: text.String(), End: f.End, Cut: f.Cut})
			if text.Reset(); !f.Cut {
				tokens = append(tokens, lm.BOS)
			}
		}
	}
	require.Zero(t, text.Len(), "a document that does not end")
	return docs, tokens
}

// However a text is cut, its stream has the same documents and the same tokens as the text in
// memory.
func TestStreamIsTheCorpus(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		bits := []string{"\n", "\n", "\n\n", "\r\n", "\r", " ", "  ", "\u00a0", "\u2028", "a", "ab",
			"it's", "'", ".", "7", "é", "漢", "\xe6\xbc", "\xa2", "\x80\x80\x80\x80\x80"}
		path := filepath.Join(dir, "text")
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 1, 40).Draw(t, "text"), "")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		train := rapid.IntRange(0, 100).Draw(t, "train")
		valid := rapid.IntRange(0, 100-train).Draw(t, "valid")
		o := Options{
			Source: path, Reading: AnyBytes, Ratio: Ratio{train, valid, 100 - train - valid},
			Documents: rapid.SampledFrom([]Boundaries{Files, Lines, Paragraphs}).Draw(t,
				"documents"),
		}
		c, err := Load(context.Background(), o)
		require.NoError(t, err)
		s, err := openStream(context.Background(), o, rapid.IntRange(1, 12).Draw(t, "chunk"))
		require.NoError(t, err)
		require.Equal(t, c.Input, s.Input)
		require.Equal(t, len(o.Documents.Cut(text)), s.Documents)
		for _, name := range Tokenizers() {
			want, err := Train(name, c.Split.Train, 0)
			require.NoError(t, err)
			tok, err := TrainStream(name, s, 0)
			require.NoError(t, err)
			wantJSON, err := MarshalTokenizer(want)
			require.NoError(t, err)
			gotJSON, err := MarshalTokenizer(tok)
			require.NoError(t, err)
			require.Equal(t, string(wantJSON), string(gotJSON))
			docs, tokens := together(t, s, tok)
			require.Equal(t, append([]Document(nil), c.Split.Train...), docs)
			var all []lm.Token
			for _, d := range c.Split.Train {
				all = EncodeDocument(all, want, d)
			}
			require.Equal(t, all, tokens, name)
		}
	})
}

// TestStreamDirectory checks that a directory with compressed files streams its files in order.
func TestStreamDirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), []byte("one two\n\nthree\n\n\n"),
		0o600))
	f, err := os.Create(filepath.Join(dir, "b.gz"))
	require.NoError(t, err)
	z := gzip.NewWriter(f)
	_, err = z.Write([]byte(strings.Repeat("four five six\n\n", 50)))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())
	o := Options{Source: dir, Documents: Paragraphs}
	c, err := Load(context.Background(), o)
	require.NoError(t, err)
	s, err := openStream(context.Background(), o, 16)
	require.NoError(t, err)
	require.Equal(t, c.Input, s.Input)
	tok, err := TrainStream("word", s, 0)
	require.NoError(t, err)
	docs, _ := together(t, s, tok)
	require.Equal(t, c.Split.Train, docs)
}

func TestStreamErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "text")
	open := func(text string, o Options) (*Stream, error) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		o.Source = path
		return OpenStream(context.Background(), o)
	}
	_, err := open("", Options{})
	require.ErrorContains(t, err, "is empty")
	_, err = open("a\x00b", Options{})
	require.ErrorContains(t, err, "looks binary")
	_, err = open("\x1f\x8b\x08rest", Options{})
	require.ErrorContains(t, err, "broken gzip file")
	_, err = open("a text", Options{Shuffle: true})
	require.ErrorIs(t, err, ErrNotStreamed)
	_, err = open("a text", Options{Valid: filepath.Join(dir, "nothing")})
	require.ErrorContains(t, err, "no such file")
	s, err := open("a text of some words", Options{Ratio: Ratio{100, 0, 0}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte("a text"), 0o600))
	_, err = TrainStream("char", s, 0)
	require.ErrorContains(t, err, "changed while it was read")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = OpenStream(ctx, Options{Source: path})
	require.ErrorIs(t, err, context.Canceled)
}
