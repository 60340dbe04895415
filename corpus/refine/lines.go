package refine

import (
	"fmt"
	"regexp"
	"strings"
)

// lineRule removes a line, or a part of it.
type lineRule struct {
	name   string
	source string
	what   string
	usual  bool // whether it is on by default
	edit   func(d *Document, line string) (string, bool)
}

// lineRules lists C4's rules for lines, one per row. Rules that delete verse, dialogue and headings
// are off unless a rules file turns them on. C4 removes every line with the word "javascript"; here
// the line must also refer to the reader's browser.
var lineRules = []lineRule{
	{"javascript", c4, "lines that ask for JavaScript", true, dropLine(func(d *Document,
		line string) bool {
		return javascript.MatchString(line)
	})},
	{"policy", c4, "lines about terms of use, privacy or cookies", true, dropLine(func(d *Document,
		line string) bool {
		return policy.MatchString(line)
	})},
	{"citations", c4, "markers such as [1] and [citation needed]", true, func(d *Document,
		line string) (string, bool) {
		if strings.ContainsAny(line, "=;{}") {
			return line, true // the line is part of a program: a[1]
		}
		return citation.ReplaceAllString(line, ""), true
	}},
	{"short lines", c4, "lines of fewer than 5 words", false, dropLine(func(d *Document,
		line string) bool {
		return len(Words(nil, line)) < 5
	})},
	{"terminal punctuation", c4, "lines that do not end in sentence punctuation", false, dropLine(
		func(d *Document, line string) bool { return !terminal.MatchString(line) })},
}

var (
	javascript = regexp.MustCompile(`(?i)javascript.*` +
		`(enable|disable|browser|support|requir|turn)|` +
		`(enable|disable|browser|support|requir|turn).*javascript`)
	policy = regexp.MustCompile(`(?i)terms of use|privacy policy|cookie policy|uses cookies|` +
		`use of cookies|use cookies`)
	citation = regexp.MustCompile(`\[(?:\d{1,3}|edit|citation needed)\]`)
	terminal = regexp.MustCompile(`[.!?…。！？"'”’」]$`)
)

func dropLine(is func(*Document, string) bool) func(*Document, string) (string, bool) {
	return func(d *Document, line string) (string, bool) { return line, !is(d, line) }
}

// liner is the step lines.
type liner struct{ rules []lineRule }

func (liner) Name() string { return Lines }

func newLiner(r *Rules) liner {
	var l liner
	for _, rule := range lineRules {
		if r.Lines[rule.name] {
			l.rules = append(l.rules, rule)
		}
	}
	return l
}

func (l liner) Apply(d *Document) {
	for _, r := range l.rules {
		lines, changed, example := []string(nil), 0, ""
		for line := range strings.SplitSeq(d.Text, "\n") {
			if line == "" {
				lines = append(lines, line)
				continue
			}
			text, ok := r.edit(d, line)
			if text != line || !ok {
				if changed++; changed == 1 {
					example = line
				}
			}
			if ok {
				lines = append(lines, text)
			}
		}
		if changed > 0 {
			d.EditAs(r.name, tidy(strings.Join(lines, "\n")), Example{Text: excerpt(example),
				Why: fmt.Sprintf("%d lines", changed)})
		}
		if d.Text == "" {
			d.Remove("empty", "no line is left")
			return
		}
	}
}
