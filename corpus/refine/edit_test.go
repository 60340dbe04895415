package refine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
)

// edited returns what a step makes of a text.
func edited(s Step, text string) string {
	d := &Document{Text: text}
	if s.Apply(d); d.removed {
		return "(removed)"
	}
	return d.Text
}

func TestUnicode(t *testing.T) {
	for text, want := range map[string]string{
		"plain text\n":               "plain text",
		"a\r\nb\rc\u2028d\ve":        "a\nb\nc\nd\ne",
		"cafe\u0301":                 "caf\u00e9",
		"zero\u200bwidth \ufeffbom":  "zerowidth bom",
		"bell\a, del\x7f, c1\u0085x": "bell, del, c1\nx",
		"bad \xff\xfe bytes":         "bad  bytes",
		"a\n\n\n\nb  \n c":           "a\n\nb\n c",
		"no\u00a0break":              "no break",
		"\u202eright to left":        "right to left",
		"می\u200cخواهم":              "می\u200cخواهم", // the joiner is part of the word
		"，。！ＡＢ":                      "，。！ＡＢ",         // NFKC would rewrite these
		" \n \t ":                    "(removed)",
	} {
		require.Equal(t, want, edited(normalizer{}, text), "%q", text)
	}
}

// What was read in the wrong encoding is repaired, and nothing else.
func TestMojibake(t *testing.T) {
	for _, text := range []string{"café", "“quoted” – dash…", "Größe 5 €", "你好，世界", "naïve 😀"} {
		for _, wrong := range []*charmap.Charmap{charmap.Windows1252, charmap.ISO8859_1} {
			broken, err := wrong.NewDecoder().String(text)
			require.NoError(t, err)
			if strings.ContainsRune(broken, '\ufffd') {
				continue // a byte without a character was lost
			}
			require.Equal(t, text, edited(repairer{}, broken), "%q", broken)
		}
		require.Equal(t, text, edited(repairer{}, text))
	}
	for _, fine := range []string{"Ã", "SÃO PAULO", "Â", "â€", "Ã la carte", "æøå ÄÖÜ ß", "naïve"} {
		require.Equal(t, fine, edited(repairer{}, fine))
	}
}

func TestHTML(t *testing.T) {
	for text, want := range map[string]string{
		"<p>one</p><p>two &amp; three</p>":               "\none\n\ntwo & three\n",
		"a <b>bold</b> word":                             "a bold word",
		"line<br>break<br/>end":                          "line\nbreak\nend",
		"<script>if (a<b) x();</script>kept</p>":         "kept\n",
		"<style>p { }</style ><p>kept</p>":               "\nkept\n",
		"<svg><path d=\"M0\"/><text>no</text></svg>kept": "kept",
		"<!-- comment --><p>kept</p>":                    "\nkept\n",
		"<a href=\"x\" title='a > b'>link</a>":           "link",
		"before <script> has no end":                     "before <script> has no end",
		"<p>before <script> has no end":                  "\nbefore  has no end",
		"if a<b and c>d then":                            "if a<b and c>d then",
		"<p>if a<b and c>d</p>":                          "\nif a<b and c>d\n",
		"vector<int> x = a<i>b":                          "vector<int> x = a<i>b",
		"<s> and </s> mark sentences":                    "<s> and </s> mark sentences",
		"1 < 2 && 3 > 2":                                 "1 < 2 && 3 > 2",
		"AT&T; R&D; &nosuch; &copy; &#8212;":             "AT&T; R&D; &nosuch; © —",
		"write &lt;b&gt;bold&lt;/b&gt;":                  "write &lt;b&gt;bold&lt;/b&gt;",
		"&amp;amp;amp;lt; 5":                             "&lt; 5",
		"a &lt; b":                                       "a < b",
		"<p":                                             "<p",
		"<unknown>tag</unknown>":                         "<unknown>tag</unknown>",
	} {
		require.Equal(t, want, edited(stripper{}, text), "%q", text)
	}
}

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"mail jane.doe+x@mail.example.co.uk.":         "mail [EMAIL].",
		"<me@example.org>, you@example.org":           "<[EMAIL]>, [EMAIL]",
		"no@where, @handle, a@b, x@1.2":               "no@where, @handle, a@b, x@1.2",
		"call +49 30 1234567 now":                     "call [PHONE] now",
		"(555) 123-4567 or 555-123-4567":              "[PHONE] or [PHONE]",
		"手机13812345678，电话010-12345678":                "手机[PHONE]，电话[PHONE]",
		"card 4111 1111 1111 1111, 4111111111111111":  "card [CARD], [CARD]",
		"no card 4111 1111 1111 1112":                 "no card 4111 1111 1111 1112",
		"身份证11010519491231002X。":                      "身份证[ID]。",
		"id 440524188001010014 here":                  "id 440524188001010014 here", // born in 1880
		"id 110105194912310021 here":                  "id 110105194912310021 here", // wrong check
		"from 93.184.216.34 and 2001:4860:4860::8888": "from [IP] and [IP]",
		"local 127.0.0.1, 192.168.1.10, ::1, 10.0.0.1": "local 127.0.0.1, 192.168.1.10, ::1, " +
			"10.0.0.1",
		"at 12:30:45 on 2024-01-15, 15.01.2024":     "at 12:30:45 on 2024-01-15, 15.01.2024",
		"pi is 3.14159265358979, e 2.718281828":     "pi is 3.14159265358979, e 2.718281828",
		"population 1,412,600,000; 13 000 000 more": "population 1,412,600,000; 13 000 000 more",
		"ISBN 978-3-16-148410-0":                    "ISBN 978-3-16-148410-0",
		"order 20240115123456 of 1999-2004":         "order 20240115123456 of 1999-2004",
		"v1.2.3.4 and section 4.1.2.7":              "v1.2.3.4 and section 4.1.2.7",
	} {
		got, _ := Mask(text)
		require.Equal(t, want, got)
		again, found := Mask(got)
		require.Equal(t, got, again)
		require.Empty(t, found)
	}
	for _, f := range []Found{{Email, "jane@example.org"}, {Phone, "+49 30 1234567"}} {
		require.NotContains(t, f.hidden(), f.Text[3:len(f.Text)-2])
	}
}

func TestCheckDigits(t *testing.T) {
	require.True(t, luhn("79927398713")) // the example of the standard
	require.False(t, luhn("79927398710"))
	require.True(t, chineseID("11010519491231002X")) // the example of GB 11643
	require.False(t, chineseID("110105194912310020"))
}

func TestLines(t *testing.T) {
	l := newLiner(DefaultRules())
	require.Equal(t, "The town was founded in 1911.\nIt grew.", edited(l, "The town was founded"+
		"[1] in 1911.[citation needed]\nPlease enable JavaScript in your browser.\n"+
		"This page uses cookies.\nIt grew."))
	require.Equal(t, "JavaScript was written in ten days.\nx = a[1];",
		edited(l, "JavaScript was written in ten days.\nx = a[1];"))
	r := DefaultRules()
	r.Lines["terminal punctuation"], r.Lines["short lines"] = true, true
	require.Equal(t, "This line has an end of its own.",
		edited(newLiner(r), "Menu\nThis line has an end of its own.\nThis line has no end of "+
			"its own"))
}

// Rules made for English pages must not delete other languages: each of these passes them all.
func TestRulesKeepLanguages(t *testing.T) {
	for language, text := range map[string]string{
		"eng": "The bridge over the river was built by the people of the town, who had waited " +
			"for it with some patience. It is not large, but it has served them for a hundred " +
			"years, and nobody can imagine the valley without it. Every spring the children " +
			"paint the railing in another colour, and in the evening the old men stand there to " +
			"look at the water.",
		"cmn": "春天来的时候，村子里的人都在地里干活。孩子们放学以后，在河边玩水，有的还在树下看书。" +
			"我问一个老人，这座桥有多少年了，他说他也不知道，只记得小时候就有了。",
		"deu": "Die Brücke über den Fluss wurde vor hundert Jahren von den Leuten der Stadt " +
			"gebaut, die lange darauf gewartet hatten. Sie ist nicht groß, aber niemand kann " +
			"sich das Tal ohne sie vorstellen. Jeden Frühling streichen die Kinder das " +
			"Geländer in einer anderen Farbe, und abends stehen die alten " +
			"Männer dort und schauen auf das Wasser.",
		"rus": "Мост через реку построили сто лет назад жители города, которые долго его ждали. " +
			"Он небольшой, но никто не может представить себе долину без него. Каждую весну дети " +
			"красят перила в другой цвет, а вечером старики стоят там и смотрят на воду. Летом " +
			"под мостом купаются, зимой катаются на коньках, и каждый год кто-нибудь падает.",
		"jpn": "春になると、村の人たちはみんな畑で働きます。子どもたちは学校のあと、川のそばで遊びます。" +
			"木の下で本を読む子もいます。この橋はいつからあるのかと老人に聞くと、知らないと言いました。",
	} {
		d := &Document{Text: text}
		apply(d, []Step{repairer{}, normalizer{}, stripper{}, identifier{}, masker{},
			newLiner(DefaultRules()), filter{DefaultRules()}})
		require.Empty(t, d.events, language)
		require.Equal(t, language, d.Language)
	}
}

// Every rule of the table removes a document that breaks it.
func TestRules(t *testing.T) {
	sentence := "the people of this town have come to think that it will be with them. "
	words := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(" w" + strings.Repeat("xyz"[i%3:i%3+1], 2+i%7) + string(rune('a'+i%26)))
		}
		return b.String()
	}
	long := sentence + words(80) + ". " + strings.ToUpper(words(60)) + ". "
	for rule, text := range map[string]string{
		"words":               sentence,
		"word length":         sentence + strings.Repeat("a b c d e f g h i j. ", 8),
		"word length at most": sentence + words(20) + strings.Repeat(" incomprehensibilities", 60),
		"symbols":             long + strings.Repeat("# ", 40),
		"ellipses":            strings.ReplaceAll(long, ". ", "...\n"),
		"letters":             long + strings.Repeat("123 4567 890 ", 40),
		"stop words":          words(80) + ". a. b.",
		"bullets":             "- " + strings.ReplaceAll(strings.TrimSpace(long), ". ", ".\n- "),
		"sentences":           sentence + words(80),
		"lorem ipsum":         long + "Lorem ipsum dolor.",
		"duplicate lines":     "a line\na line\na line\n" + strings.ReplaceAll(long, ". ", ".\n"),
		"top 2-gram":          long + strings.Repeat("again and ", 40),
		"duplicate 10-grams":  long + sentence + sentence + "to be. " + sentence,
	} {
		d := &Document{Text: text, Language: "eng"}
		filter{DefaultRules()}.Apply(d)
		require.True(t, d.removed, rule)
		if !strings.HasPrefix(rule, "duplicate") && !strings.HasPrefix(rule, "word length at") {
			require.Equal(t, rule, d.events[0].rule)
		}
	}
	d := &Document{Text: long, Language: "eng"}
	filter{DefaultRules()}.Apply(d)
	require.False(t, d.removed, "%v", d.events)
}
