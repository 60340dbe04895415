package word2vec

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Vectors are read back bit for bit in both formats, whatever the bytes of the words.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SliceOfN(
			rapid.Byte().Filter(func(c byte) bool { return !strings.ContainsRune(space, rune(c)) }),
			1, maxWord)
		words := rapid.SliceOfNDistinct(rapid.Map(word, func(b []byte) string { return string(b) }),
			1, 9, rapid.ID[string]).Draw(t, "words")
		dim := rapid.IntRange(1, 5).Draw(t, "dim")
		v := &Vectors{Words: words, Dim: dim,
			Data: rapid.SliceOfN(rapid.Float32Range(-1e30, 1e30), len(words)*dim,
				len(words)*dim).Draw(t, "data")}
		var text, bin bytes.Buffer
		require.NoError(t, v.WriteText(&text))
		require.NoError(t, v.WriteBinary(&bin))
		for _, file := range []string{text.String(), bin.String()} {
			got, err := Read(strings.NewReader(file))
			require.NoError(t, err, "%q", file)
			require.Equal(t, v, got)
		}
	})
}

// A binary file may lack the newline after each vector, and a text file may lack the last newline.
func TestReadOfOtherTools(t *testing.T) {
	want := &Vectors{Words: []string{"a", "bc"}, Dim: 2, Data: []float32{1, 2, 3, 4}}
	for _, file := range []string{
		"2 2\na \x00\x00\x80\x3f\x00\x00\x00\x40bc \x00\x00\x40\x40\x00\x00\x80\x40",
		"2 2\na \x00\x00\x80\x3f\x00\x00\x00\x40\nbc \x00\x00\x40\x40\x00\x00\x80\x40\n",
		"2 2\na 1 2\nbc 3 4",
		"2 2\na 1.0 2.0 \nbc 3e0 4 \n",
		"2 2\r\na 1 2\r\nbc 3 4\r\n",
	} {
		got, err := Read(strings.NewReader(file))
		require.NoError(t, err, "%q", file)
		require.Equal(t, want, got)
	}
}

func TestReadRefuses(t *testing.T) {
	for file, why := range map[string]string{
		"":                                "no header",
		"a 1 2\n":                         "header",
		"2 0\n":                           "header",
		"1 99999999\n":                    "header",
		"3 2\na 1 2\nb 3 4\n":             "vector 3 of 3: the file ends early",
		"1 2\na 1 2\nb 3 4\n":             "data follows the 1 vectors",
		"2 2\na 1 2\nb 3\n":               "vector 2 of 2: the line has 2 fields",
		"2 2\na 1 2\nb 3 x\n":             `number 2 of "b"`,
		"2 2\na 1 2\na 3 4\n":             "occurs twice",
		"2 2\na 1 2\nb NaN 4\n":           "finite",
		"999999999 2\na \x00\x00\x80\x3f": "cut short",
		"1 1\na \x00\x00\x80\x7f":         "not finite",
		"1 1\n \x00\x00\x80\x3f":          "empty word",
	} {
		_, err := Read(strings.NewReader(file))
		require.ErrorContains(t, err, why, "%q", file)
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, word := range []string{"", "a b", "a\tb", "new\nline", strings.Repeat("x", 50)} {
		v := &Vectors{Words: []string{word}, Dim: 1, Data: []float32{1}}
		var b bytes.Buffer
		require.Error(t, v.WriteText(&b), "%q", word)
		require.Error(t, v.WriteBinary(&b), "%q", word)
		require.Zero(t, b.Len(), "nothing is written of what is refused")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("2 2\na 1 2\nbc 3 4\n"))
	f.Add([]byte("1 1\na \x00\x00\x80\x3f\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Read(bytes.NewReader(data))
		if err == nil {
			require.Len(t, v.Data, len(v.Words)*v.Dim)
		}
	})
}
