package corpus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		cut  Boundaries
		text string
		want []Document
	}{
		{Files, "a\n\nb\n", []Document{{Text: "a\n\nb\n"}}},
		{Lines, "a\nb", []Document{{Text: "a", End: "\n"}, {Text: "b"}}},
		{Lines, "a\n\nb\n", []Document{{Text: "a", End: "\n"}, {End: "\n"},
			{Text: "b", End: "\n"}}},
		{Lines, "\n", []Document{{End: "\n"}}},
		{Lines, "a\r\nb\rc\r\n", []Document{{Text: "a", End: "\r\n"}, {Text: "b\rc", End: "\r\n"}}},
		{Paragraphs, "a\nb\n\nc", []Document{{Text: "a\nb", End: "\n\n"}, {Text: "c"}}},
		{Paragraphs, "a\n\nb\n", []Document{{Text: "a", End: "\n\n"}, {Text: "b", End: "\n"}}},
		{Paragraphs, "a\r\n\r\nb\r\n", []Document{{Text: "a", End: "\r\n\r\n"},
			{Text: "b", End: "\r\n"}}},
		{Paragraphs, "\n\na\n\n\n\nb", []Document{{Text: "\n\na", End: "\n\n"}, {Text: "\n\nb"}}},
		{Paragraphs, "a\n\n\n\n", []Document{{Text: "a", End: "\n\n\n\n"}}},
		{Paragraphs, "\n\r\n", []Document{{Text: "\n\r\n"}}},
	} {
		require.Equal(t, c.want, c.cut.Cut(c.text), "%s of %q", c.cut, c.text)
	}
	for _, cut := range []Boundaries{Files, Lines, Paragraphs} {
		require.Empty(t, cut.Cut(""))
	}
}

func TestParseBoundaries(t *testing.T) {
	b, err := ParseBoundaries("lines")
	require.NoError(t, err)
	require.Equal(t, Lines, b)
	_, err = ParseBoundaries("sentences")
	require.EqualError(t, err, `document boundaries "sentences"; want file, lines or paragraphs`)
}

func TestParseRatio(t *testing.T) {
	r, err := ParseRatio("90/10/0")
	require.NoError(t, err)
	require.Equal(t, Ratio{90, 10, 0}, r)
	require.Equal(t, "90/10/0", r.String())
	for s, want := range map[string]string{
		"": "has 1 parts", "90/10": "has 2 parts", "1/2/3/4": "has 4 parts",
		"90/5/4":    "adds up to 99",
		"110/-5/-5": `"110" is not a whole number`, "a/b/c": `"a" is not a whole number`,
		"99.5/0.5/0": `"99.5" is not`,
	} {
		_, err := ParseRatio(s)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "such as 90/5/5")
	}
}

func joined(docs []Document) string {
	var s strings.Builder
	for _, d := range docs {
		s.WriteString(d.Text + d.End)
	}
	return s.String()
}

// TestNothingIsLost checks that the parts, in order, are the text, whatever the bytes, the
// boundaries and the split.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringOfN(rapid.RuneFrom([]rune("a\n\n\r\n猫é ")), 0, 60, -1),
			rapid.StringOfN(rapid.RuneFrom([]rune("a\r\n")), 0, 6, -1),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		).Draw(t, "text")
		cut := rapid.SampledFrom([]Boundaries{Files, Lines, Paragraphs}).Draw(t, "cut")
		train := rapid.IntRange(0, 100).Draw(t, "train")
		valid := rapid.IntRange(0, 100-train).Draw(t, "valid")
		docs := cut.Cut(text)
		if joined(docs) != text {
			t.Fatalf("cut: %+q", joined(docs))
		}
		s := Ratio{train, valid, 100 - train - valid}.Split(docs)
		if joined(s.Train)+joined(s.Valid)+joined(s.Test) != text {
			t.Fatalf("split into %d, %d, %d", len(s.Train), len(s.Valid), len(s.Test))
		}
		bytes := 0
		for _, part := range [][]Document{s.Train, s.Valid, s.Test} {
			for _, d := range part {
				bytes += d.Bytes()
				if d.Cut && d.End != "" {
					t.Fatalf("a cut document with the end %q", d.End)
				}
			}
		}
		if bytes != len(text) {
			t.Fatalf("got %d of %d bytes", bytes, len(text))
		}
	})
}

func TestSplitByDocument(t *testing.T) {
	docs := Lines.Cut(strings.Repeat("line\n", 40))
	s := Ratio{90, 5, 5}.Split(docs)
	require.Equal(t, []int{36, 2, 2}, []int{len(s.Train), len(s.Valid), len(s.Test)})
	s = Ratio{90, 10, 0}.Split(docs)
	require.Equal(t, []int{36, 4, 0}, []int{len(s.Train), len(s.Valid), len(s.Test)})
	s = Ratio{100, 0, 0}.Split(docs)
	require.Len(t, s.Train, 40)
	_ = append(Ratio{90, 5, 5}.Split(docs).Train, Document{Text: "intruder"})
	require.Equal(t, "line", docs[36].Text)
}

// TestSplitByBytes is nanoGPT's split: data[:int(n*0.9)] for training, the rest for validation.
func TestSplitByBytes(t *testing.T) {
	text := strings.Repeat("0123456789", 3) + "abcde" // 35 bytes, 31.5 of them for training
	s := Ratio{90, 10, 0}.Split(Files.Cut(text))
	require.Equal(t, Split{
		Train: []Document{{Text: text[:31], Cut: true}},
		Valid: []Document{{Text: text[31:], Cut: true}},
	}, s)
	s = Ratio{50, 25, 25}.Split(Files.Cut(text))
	require.Equal(t, []string{text[:17], text[17:26], text[26:]},
		[]string{s.Train[0].Text, s.Valid[0].Text, s.Test[0].Text})
	require.Equal(t, []Document{{Text: text}}, Ratio{100, 0, 0}.Split(Files.Cut(text)).Train,
		"what is not split is not cut")

	s = Ratio{50, 50, 0}.Split(Files.Cut("猫猫猫"))
	require.Equal(t, "猫", s.Train[0].Text, "a character is not cut")
	s = Ratio{50, 50, 0}.Split(Files.Cut("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"))
	require.Len(t, s.Train[0].Text, 5, "where there are no characters, bytes are")

	s = Ratio{50, 50, 0}.Split(Files.Cut("é\x80\x80"))
	require.Equal(t, "é", s.Train[0].Text, "nor is the one before")

	s = Ratio{80, 10, 10}.Split(Lines.Cut("ab\r\n"))
	require.Equal(t, Lines.Cut("ab\r\n"), s.Train, "an end is not cut")
	s = Ratio{50, 50, 0}.Split(Lines.Cut("abcdefgh\n"))
	require.Equal(t, []Document{{Text: "abcd", Cut: true}}, s.Train)
	require.Equal(t, []Document{{Text: "efgh", End: "\n"}}, s.Valid, "an end that takes bytes is "+
		"predicted")
}

func TestShuffle(t *testing.T) {
	docs := docsOf("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
	one, two := Shuffle(docs, 1), Shuffle(docs, 2)
	require.ElementsMatch(t, docs, one)
	require.NotEqual(t, docs, one)
	require.NotEqual(t, one, two)
	require.Equal(t, one, Shuffle(docs, 1))
	require.Equal(t, "a", docs[0].Text)
}
