package corpus

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf16 "golang.org/x/text/encoding/unicode"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Our own sentences, in the scripts of the encodings.
const (
	chinese      = "面包师汤姆有一只猫。猫吃了十二个蛋糕，然后睡觉了。\n"
	traditional  = "麵包師湯姆有一隻貓。貓吃了十二個蛋糕，然後睡覺了。\n"
	japaneseText = "パン屋のトムは猫を飼っています。猫はケーキを十二個食べました。\n"
	koreanText   = "제빵사 톰에게는 고양이가 한 마리 있습니다. 고양이는 케이크를 먹었습니다.\n"
	russian      = "Кот съел двенадцать пирогов и лёг спать на окне\n"
	french       = "le café naïf de l'élève a été fermé à côté de l'hôtel où il gèle\n"
)

func encoded(t testing.TB, e encoding.Encoding, text string) string {
	s, err := e.NewEncoder().String(text)
	require.NoError(t, err)
	return s
}

func TestEncodingsAreConverted(t *testing.T) {
	mark := utf16.UTF16(utf16.BigEndian, utf16.UseBOM)
	for _, c := range []struct {
		name, text string
		e          encoding.Encoding
	}{
		{"GB18030", chinese, simplifiedchinese.GB18030},
		{"GB18030", "你好世界", simplifiedchinese.GBK},
		{"GB18030", "hello 你好 world 世界\n", simplifiedchinese.GB18030},
		{"GB18030", strings.Repeat(chinese+"朱镕基喆鎔 👩 \n", 3000), simplifiedchinese.GB18030},
		{"Big5", traditional, traditionalchinese.Big5},
		{"Shift JIS", japaneseText, japanese.ShiftJIS},
		{"EUC-JP", japaneseText, japanese.EUCJP},
		{"EUC-KR", koreanText, korean.EUCKR},
		{"UTF-16", chinese, mark},
		{"UTF-16", french, utf16.UTF16(utf16.LittleEndian, utf16.IgnoreBOM)},
		{"UTF-16", "a plain text", utf16.UTF16(utf16.BigEndian, utf16.IgnoreBOM)},
	} {
		bytes := encoded(t, c.e, c.text)
		path := filepath.Join(write(t, map[string]string{"a": bytes}), "a")
		got, noted := loadNoted(t, Options{Source: path, Ratio: allTrain})
		require.Equal(t, c.text, everything(got.Split), c.name)
		require.Equal(t, []string{path + ": " + c.name + ", converted to UTF-8"}, noted)
		require.Equal(t, sha(c.text), got.SHA256, "the hash is that of the text")

		got, noted = loadNoted(t, Options{Source: path, Ratio: allTrain, Reading: AnyBytes})
		require.Equal(t, bytes, everything(got.Split))
		require.Empty(t, noted)
		if c.name != "UTF-16" {
			got, noted = loadNoted(t, Options{Source: path, Ratio: allTrain, Reading: TextBytes})
			require.Equal(t, bytes, everything(got.Split))
			require.Equal(t, []string{path + ": " + c.name +
				"; words are bytes in this encoding"}, noted)
		}
	}
}

// TestBytesAreKept covers texts that must not be converted: UTF-8, even damaged, and encodings of
// one byte per character, which are easily confused.
func TestBytesAreKept(t *testing.T) {
	for text, note := range map[string]string{
		chinese:                               "",
		french + "\xff\xfe":                   "",
		"\ufeffa mark":                        "",
		chinese[:len(chinese)-2]:              "",
		encoded(t, charmap.ISO8859_1, french): "not UTF-8",
		encoded(t, charmap.ISO8859_1, "café naïve\ncafé\n"):    "not UTF-8",
		encoded(t, charmap.Windows1251, russian):               "not UTF-8",
		encoded(t, charmap.Windows1251, "коту дали пирожок\n"): "not UTF-8",
		encoded(t, charmap.KOI8R, "коту дали пирожок\n"):       "not UTF-8",
	} {
		path := filepath.Join(write(t, map[string]string{"a": text}), "a")
		got, noted := loadNoted(t, Options{Source: path, Ratio: allTrain})
		require.Equal(t, text, everything(got.Split))
		if note == "" {
			require.Empty(t, noted, "%q", text)
		} else {
			require.ErrorContains(t, noteError(noted), note)
		}
	}
}

type noteError []string

func (n noteError) Error() string { return strings.Join(n, "\n") }

func FuzzDetect(f *testing.F) {
	f.Add([]byte(encoded(f, simplifiedchinese.GB18030, chinese)))
	f.Add([]byte("\xff\xfea\x00"))
	f.Fuzz(func(t *testing.T, head []byte) { detect(head) })
}
