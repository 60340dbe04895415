package corpus

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// loadNoted loads a corpus whole and as a stream, checks that both agree, and returns the notes.
func loadNoted(t *testing.T, o Options) (*Corpus, []string) {
	var noted, streamed []string
	o.Note = func(line string) { noted = append(noted, line) }
	c, err := Load(t.Context(), o)
	require.NoError(t, err)
	o.Note = func(line string) { streamed = append(streamed, line) }
	s, err := OpenStream(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, c.Input, s.Input)
	require.Equal(t, noted, streamed)
	docs, _ := together(t, s, Byte{})
	require.Equal(t, c.Split.Train, docs)
	return c, noted
}

var allTrain = Ratio{Train: 100}

func TestDirectoryLeavesOutWhatIsNotText(t *testing.T) {
	const png = "\x89PNG\r\n\x1a\n\x00"
	dir := write(t, map[string]string{
		"a.txt": "first", "b.png": png, "c.zip": "PK\x03\x04\x00\x00", "d.txt": "second",
		"e.tar.gz":   packed(t, "tar\x00"),
		"pics/1.png": png, "run/config.json": "{}", "run/tokenizer.json": "{}",
		"run/metrics.csv": "step",
	})
	c, noted := loadNoted(t, Options{Source: dir, Ratio: allTrain})
	require.Equal(t, docsOf("first", "second"), c.Split.Train)
	require.Equal(t, []string{"run: left out, a run of lmzoo", "b.png, c.zip, e.tar.gz and 1 " +
		"more: left out, not text"}, noted)

	c, noted = loadNoted(t, Options{Source: dir, Ratio: allTrain, Reading: AnyBytes})
	require.Len(t, c.Split.Train, 6, "bytes may be anything, but not the run")
	require.Len(t, noted, 1)
}

func TestDirectoryFollowsLinks(t *testing.T) {
	dir := write(t, map[string]string{"texts/a.txt": "first", "texts/sub/b.txt": "second"})
	other := write(t, map[string]string{"c.txt": "third"})
	if err := os.Symlink(other, filepath.Join(dir, "texts", "linked")); err != nil {
		t.Skip("this system has no symbolic links")
	}
	require.NoError(t, os.Symlink(filepath.Join(dir, "texts"), filepath.Join(dir, "texts", "sub",
		"up")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "texts"), filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "texts", "lost")))
	for _, source := range []string{"texts", "link"} {
		c, noted := loadNoted(t, Options{Source: filepath.Join(dir, source), Ratio: allTrain})
		require.Equal(t, docsOf("first", "third", "second"), c.Split.Train)
		require.Equal(t, []string{"lost: left out, a link to nowhere", filepath.Join("sub", "up") +
			": left out, a second link to the same directory"}, noted)
	}
}

func TestDevicesAndPipes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system has no device files")
	}
	_, err := Load(t.Context(), Options{Source: "/dev/zero", Reading: AnyBytes})
	require.ErrorContains(t, err, "a device may have no end")

	pipe := func() string {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		_, err = w.WriteString("a text")
		require.NoError(t, err)
		require.NoError(t, w.Close())
		t.Cleanup(func() { _ = r.Close() })
		return "/dev/fd/" + itoa(int(r.Fd()))
	}
	path := pipe()
	if _, err := os.Stat(path); err != nil {
		t.Skip("this system has no /dev/fd")
	}
	c, err := Load(t.Context(), Options{Source: path, Ratio: allTrain})
	require.NoError(t, err)
	require.Equal(t, docsOf("a text"), c.Split.Train)

	_, err = OpenStream(t.Context(), Options{Source: pipe()})
	require.ErrorIs(t, err, ErrNotStreamed)
	text := filepath.Join(write(t, map[string]string{"a": "a text"}), "a")
	s, err := OpenStream(t.Context(), Options{Source: text, Valid: pipe()})
	require.NoError(t, err, "and does not read the pipe, which can be read only once")
	require.Nil(t, s.Valid)
}

func TestGzipBombIsRefused(t *testing.T) {
	dir := write(t, map[string]string{"bomb.gz": packed(t, strings.Repeat("a b\n", 10<<20)),
		"small.gz": packed(t, strings.Repeat("a b\n", 1<<20))})
	bomb := filepath.Join(dir, "bomb.gz")
	_, err := Load(t.Context(), Options{Source: bomb})
	require.ErrorContains(t, err, "unpacks to more than")
	require.ErrorContains(t, err, "over 100 times its size")
	require.ErrorContains(t, err, "--memory")
	require.NotContains(t, err.Error(), "broken")

	s, err := OpenStream(t.Context(), Options{Source: bomb, Documents: Lines})
	require.NoError(t, err, "a stream takes no memory for it")
	require.Equal(t, 10<<20, s.Documents)
	_, err = Load(t.Context(), Options{Source: filepath.Join(dir, "small.gz")})
	require.NoError(t, err)
}

// A directory may contain a gzip bomb or a file that is too large: it is left out, like a picture.
func TestDirectoryLeavesOutWhatIsTooLarge(t *testing.T) {
	dir := write(t, map[string]string{"a.txt": "one\n", "z.txt": "two\n"})
	alone, err := Load(t.Context(), Options{Source: dir, Ratio: Ratio{Train: 100}})
	require.NoError(t, err)

	bomb := filepath.Join(dir, "bomb.gz")
	text := packed(t, strings.Repeat("a b\n", 10<<20))
	require.NoError(t, os.WriteFile(bomb, []byte(text), 0o666))
	var noted []string
	note := func(line string) { noted = append(noted, line) }
	c, err := Load(t.Context(), Options{Source: dir, Ratio: Ratio{Train: 100}, Note: note})
	require.NoError(t, err)
	require.Equal(t, []string{"bomb.gz: left out, unpacks to over 100 times its size"}, noted)
	require.Equal(t, alone.Split, c.Split)
	require.Equal(t, alone.Input, c.Input, "the hash is that of the files that were read")

	require.NoError(t, os.WriteFile(bomb, bytes.Repeat([]byte("long "), 200), 0o666))
	noted = nil
	c, err = Load(t.Context(),
		Options{Source: dir, Ratio: Ratio{Train: 100}, Note: note, limit: 999})
	require.NoError(t, err)
	require.Equal(t, []string{"bomb.gz: left out, larger than 999 bytes"}, noted)
	require.Equal(t, alone.Input, c.Input)

	require.NoError(t, os.WriteFile(bomb, bytes.Repeat([]byte("long "), 199), 0o666))
	_, err = Load(t.Context(), Options{Source: dir, limit: 999})
	require.ErrorContains(t, err, "more than 999 bytes", "no single file is too large")
}

func TestLoadIsBounded(t *testing.T) {
	dir := write(t, map[string]string{"text": strings.Repeat("a", 1000),
		"lines": strings.Repeat("\n", 900)})
	load := func(name string, o Options) error {
		o.Source, o.limit = filepath.Join(dir, name), 999
		_, err := Load(t.Context(), o)
		return err
	}
	require.ErrorContains(t, load("text", Options{}), "more than 999 bytes; take a part of it, "+
		"or count it in bounded memory with: lmzoo train ngram --memory")
	require.ErrorContains(t, load("lines", Options{Documents: Lines}),
		"900 bytes in 900 documents would take 58500 bytes of memory; take a part")
	require.NoError(t, load("lines", Options{Documents: Files}))
	endless := endlessReader{}
	_, err := Load(t.Context(), Options{Source: "-", Stdin: &endless, limit: 999})
	require.ErrorContains(t, err, "more than 999 bytes")
}
