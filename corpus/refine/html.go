package refine

import (
	"html"
	"regexp"
	"strings"

	xhtml "golang.org/x/net/html"
)

// stripper is the step html: it removes the tags, scripts and comments of HTML and resolves its
// entities. "if a<b and c>d" is not changed: a tag must have the name of an element, and attributes
// with values, and a text must contain a closing tag before any of its tags is accepted.
type stripper struct{}

func (stripper) Name() string { return HTML }

func (stripper) Apply(d *Document) {
	if strings.IndexByte(d.Text, '<') >= 0 {
		if text := strip(d.Text); text != d.Text {
			d.Edit("tags", text)
		}
	}
	if text := unescape(d.Text); text != d.Text {
		d.Edit("entities", text)
	}
}

// closing matches an end tag, or a tag that needs none. A text with such a tag contains markup.
var closing = regexp.MustCompile(`(?i)</([a-z][a-z0-9]*)\s*>|<(br|p|hr)\s*/?>|<!doctype html`)

func hasMarkup(text string) bool {
	for {
		m := closing.FindStringSubmatchIndex(text)
		switch {
		case m == nil:
			return false
		case m[2] < 0 || elements[strings.ToLower(text[m[2]:m[3]])] != "":
			return true
		}
		text = text[m[1]:]
	}
}

// strip removes markup. Block elements end a line.
func strip(text string) string {
	if !hasMarkup(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	z := xhtml.NewTokenizer(strings.NewReader(text))
	at := 0   // number of bytes tokenized so far
	raw := "" // the open element whose content is not text
	last := rawEnd(text)
	for {
		kind := z.Next()
		source := string(z.Raw()) // copied before TagName changes it
		at += len(source)
		switch kind {
		case xhtml.ErrorToken:
			b.WriteString(text[min(at, len(text)):]) // an unterminated tag
			return b.String()
		case xhtml.TextToken:
			if raw == "" {
				b.WriteString(source)
			}
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken, xhtml.EndTagToken:
			name, ok := plausible(z)
			if kind == xhtml.StartTagToken && name != "script" && name != "style" || !ok {
				z.NextIsNotRawText()
			}
			switch {
			case raw != "":
				if kind == xhtml.EndTagToken && name == raw {
					raw = ""
				}
			case !ok:
				b.WriteString(source)
			case elements[name] == "block":
				b.WriteByte('\n')
			case elements[name] == "raw" && kind == xhtml.StartTagToken:
				if at < last[name] {
					raw = name
				} else {
					// the element has no end tag, so its content is kept as text
					z.NextIsNotRawText()
				}
			}
		}
	}
}

// rawEnd returns the offset of the last end tag of each element whose content is not text.
func rawEnd(text string) map[string]int {
	last, lower := map[string]int{}, strings.ToLower(text)
	if len(lower) != len(text) {
		return last // lower case changes the length of a letter, so treat all content as text
	}
	for name, kind := range elements {
		if kind == "raw" {
			last[name] = strings.LastIndex(lower, "</"+name)
		}
	}
	return last
}

// plausible returns the name of a tag, and whether it is an HTML tag.
func plausible(z *xhtml.Tokenizer) (string, bool) {
	tag, more := z.TagName()
	name := string(tag)
	if elements[name] == "" {
		return name, false
	}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if len(value) == 0 && !bare[string(key)] && !strings.HasPrefix(string(key), "data-") {
			return name, false
		}
	}
	return name, true
}

// elements holds the elements of HTML: blocks, which end a line; raw elements, whose content is not
// text; and inline elements. <s> is missing, because it also marks the beginning of a sentence.
var elements = func() map[string]string {
	all := map[string]string{}
	for kind, names := range map[string]string{
		"block": "html head body title meta link base div p br hr h1 h2 h3 h4 h5 h6 ul ol li dl " +
			"dt dd table thead tbody tfoot tr td th caption colgroup col section article aside " +
			"header footer main nav form fieldset legend address blockquote center pre figure " +
			"figcaption details summary iframe frame frameset noframes noscript option select " +
			"optgroup video audio canvas map area object param embed source track dialog",
		"inline": "a abbr acronym b big bdi bdo cite code data del dfn em font i img input ins " +
			"kbd " +
			"label mark meter output progress q rp rt ruby samp small span strike strong sub " +
			"sup time tt u var wbr button picture textarea nobr",
		"raw": "script style template svg math",
	} {
		for name := range strings.FieldsSeq(names) {
			all[name] = kind
		}
	}
	return all
}()

// bare holds the attributes that need no value.
var bare = func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq("async autofocus autoplay checked controls default defer " +
		"disabled hidden ismap itemscope loop multiple muted nomodule novalidate open " +
		"playsinline " +
		"readonly required reversed selected nowrap noshade compact allowfullscreen / alt") {
		names[name] = true
	}
	return names
}()

var (
	entity = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|` +
		`[A-Za-z][A-Za-z0-9]{1,31});`)
	ampersands = regexp.MustCompile(`&(?:amp;){2,}`) // text that was escaped several times
)

// unescape resolves entities. An escaped tag is text about markup and remains escaped.
func unescape(text string) string {
	if strings.IndexByte(text, '&') < 0 {
		return text
	}
	plain := entity.ReplaceAllStringFunc(ampersands.ReplaceAllString(text, "&amp;"),
		html.UnescapeString)
	if plain == text || !strings.ContainsAny(plain, "<") || strip(plain) == plain {
		return plain
	}
	return entity.ReplaceAllStringFunc(text, func(s string) string {
		if u := html.UnescapeString(s); u != "<" && u != ">" && u != "&" {
			return u
		}
		return s
	})
}
