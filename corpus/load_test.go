package corpus

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// write puts files into a new directory and returns it.
func write(t testing.TB, files map[string]string) string {
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func packed(t testing.TB, text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func everything(s Split) string { return joined(s.Train) + joined(s.Valid) + joined(s.Test) }

func TestLoadFile(t *testing.T) {
	dir := write(t, map[string]string{"a.txt": sample, "a.gz": packed(t, sample),
		"two.gz": packed(t, sample) + packed(t, "more")})
	for file, want := range map[string]string{"a.txt": sample, "a.gz": sample, "two.gz": sample +
		"more"} {
		for _, cut := range []Boundaries{"", Files, Lines, Paragraphs} {
			c, err := Load(t.Context(), Options{Source: filepath.Join(dir, file), Documents: cut})
			require.NoError(t, err)
			require.Equal(t, want, everything(c.Split))
			require.Equal(t, Input{Name: file, Source: filepath.Join(dir, file), Bytes: len(want),
				SHA256: sha(want)}, c.Input)
			require.Equal(t, Ratio{90, 5, 5}, c.Ratio)
		}
	}
}

// TestCorpusAsJSON checks the JSON that a run stores about its data.
func TestCorpusAsJSON(t *testing.T) {
	c, err := Load(t.Context(), Options{Source: "-", Stdin: strings.NewReader("a\nb\n"),
		Documents: Lines})
	require.NoError(t, err)
	data, err := json.Marshal(c)
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"stdin","source":"-","bytes":4,"sha256":"`+sha("a\nb\n")+
		`","documents":"lines","split":"90/5/5","shuffled":false}`, string(data))
	var again Corpus
	require.NoError(t, json.Unmarshal(data, &again))
	require.Equal(t, c.Ratio, again.Ratio)
	require.ErrorContains(t, json.Unmarshal([]byte(`{"split":"1/1/1"}`), &again), "adds up to 3")
}

func TestLoadStdin(t *testing.T) {
	c, err := Load(t.Context(), Options{Source: "-", Stdin: strings.NewReader(packed(t, "a\nb\n")),
		Documents: Lines, Ratio: Ratio{50, 50, 0}})
	require.NoError(t, err)
	require.Equal(t, "stdin", c.Name)
	require.Equal(t, []Document{{Text: "a", End: "\n"}}, c.Split.Train)
	require.Equal(t, []Document{{Text: "b", End: "\n"}}, c.Split.Valid)
}

func TestLoadDirectory(t *testing.T) {
	dir := write(t, map[string]string{"b.txt": "second", "a/z.txt": "first",
		"c.gz": packed(t, "third"), ".hidden": "no", ".git/x": "no", "empty": ""})
	// where links are allowed
	_ = os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "dangling"))
	c, err := Load(t.Context(), Options{Source: dir, Ratio: Ratio{100, 0, 0}})
	require.NoError(t, err)
	require.Equal(t, docsOf("first", "second", "third"), c.Split.Train)
	require.Equal(t, sha("firstsecondthird"), c.SHA256)
	require.Equal(t, 16, c.Bytes)
}

func TestLoadExplicitParts(t *testing.T) {
	dir := write(t, map[string]string{"train": strings.Repeat("a\n", 100), "valid": "v\n",
		"test": "t\n"})
	file := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		o           Options
		train       int
		valid, test string
		ratio       string
	}{
		{Options{}, 90, strings.Repeat("a\n", 5), strings.Repeat("a\n", 5), "90/5/5"},
		{Options{Valid: file("valid")}, 100, "v\n", "", "100/0/0"},
		{Options{Valid: file("valid"), Test: file("test")}, 100, "v\n", "t\n", "100/0/0"},
		{Options{Valid: file("valid"), Ratio: Ratio{80, 10, 10}}, 90, "v\n",
			strings.Repeat("a\n", 10), "90/0/10"},
		{Options{Test: file("test"), Ratio: Ratio{80, 15, 5}}, 85, strings.Repeat("a\n", 15), "t\n",
			"85/15/0"},
	} {
		c.o.Source, c.o.Documents = file("train"), Lines
		got, err := Load(t.Context(), c.o)
		require.NoError(t, err)
		require.Len(t, got.Split.Train, c.train)
		require.Equal(t, c.valid, joined(got.Split.Valid))
		require.Equal(t, c.test, joined(got.Split.Test))
		require.Equal(t, c.ratio, got.Ratio.String())
		require.Equal(t, c.o.Valid != "", got.Valid != nil)
		if got.Valid != nil {
			require.Equal(t, sha("v\n"), got.Valid.SHA256)
		}
	}
}

func TestLoadShuffles(t *testing.T) {
	const text = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n"
	dir := write(t, map[string]string{"x": text, "another name": text})
	load := func(name string, shuffle bool) string {
		c, err := Load(t.Context(), Options{Source: filepath.Join(dir, name), Documents: Lines,
			Shuffle: shuffle, Ratio: Ratio{50, 50, 0}})
		require.NoError(t, err)
		return everything(c.Split)
	}
	require.Equal(t, text, load("x", false))
	require.NotEqual(t, text, load("x", true))
	require.Equal(t, load("x", true), load("another name", true), "the order depends on nothing "+
		"but the text")
}

func TestLoadRefuses(t *testing.T) {
	dir := write(t, map[string]string{
		"empty": "", "empty.gz": packed(t, ""), "cut.gz": packed(t, sample)[:60],
		"flip.gz": "\x1f\x8b\x08 and nonsense",
		"nul":     "text\x00text", "noise": "\x01\x02\x03\x04\x05\x06", "text": "text",
		"sub/.hidden": "x", "pics/b.png": "\x89PNG\r\n\x1a\n\x00",
	})
	for _, c := range []struct {
		source, want string
		o            Options
	}{
		{"", "no corpus given; want a name, a file", Options{}},
		{"-", "standard input is not available", Options{}},
		{"missing", "missing: no such file or directory, and no corpus is named", Options{}},
		{"empty", "empty is empty", Options{}},
		{"empty.gz", "empty.gz is empty", Options{}},
		{"cut.gz", "a broken gzip file; get it again", Options{}},
		{"flip.gz", "a broken gzip file; get it again", Options{}},
		{"nul", "looks binary (a NUL byte at 4); want text, or the byte tokenizer", Options{}},
		{"noise", "looks binary (6 control characters in the first 6 bytes)", Options{}},
		{"pics", "none of its 1 files is text", Options{}},
		{"pics/b.png", "b.png: looks binary", Options{}},
		{"sub", "a directory without files", Options{}},
		{"text", `document boundaries "words"; want file`, Options{Documents: "words"}},
		{"text", "split \"1/2/3\": adds up to 6", Options{Ratio: Ratio{1, 2, 3}}},
		{"text", "no such file", Options{Valid: "missing"}},
		{"text", "no such file", Options{Test: "missing"}},
	} {
		c.o.Source = c.source
		if c.source != "" && c.source != "-" {
			c.o.Source = filepath.Join(dir, c.source)
		}
		got, err := Load(t.Context(), c.o)
		require.Nil(t, got)
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
	}
	c, err := Load(t.Context(), Options{Source: filepath.Join(dir, "nul"), Reading: AnyBytes})
	require.NoError(t, err)
	require.Equal(t, "text\x00text", everything(c.Split))
}

func TestLoadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endless := endlessReader{after: 10, do: cancel}
	_, err := Load(ctx, Options{Source: "-", Stdin: &endless})
	require.ErrorIs(t, err, context.Canceled)
	require.Greater(t, endless.after, -10, "it goes on reading")

	broken := errors.New("the disk is on fire")
	_, err = Load(t.Context(), Options{Source: "-",
		Stdin: io.MultiReader(strings.NewReader("some text"), failing{broken})})
	require.ErrorIs(t, err, broken)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// endlessReader does something after a number of reads, and does not stop soon by itself.
type endlessReader struct {
	after int
	do    func()
}

func (r *endlessReader) Read(p []byte) (int, error) {
	if r.after--; r.after == 0 {
		r.do()
	}
	if r.after < -1000 {
		return 0, io.EOF
	}
	return copy(p, "on and on "), nil
}
