package refine

import "strings"

// Document is one text on its way through the steps.
type Document struct {
	Text     string
	Source   string // where the document was read, such as news.jsonl:17
	Language string // ISO 639-3 code, such as eng or cmn; "" before the step language

	bytes   int // length when it was read
	at      int // position among the documents of the previous pass
	keys    [][]uint64
	events  []event // the effects of the steps
	step    string  // the step being applied
	removed bool
	words   []string // cache of Words
	worded  bool
}

// event is the effect of one rule on a document.
type event struct {
	step, rule    string
	removed       bool
	before, after int // bytes
	example       Example
}

// Edit replaces the text. The account shows the first difference.
func (d *Document) Edit(rule, text string) {
	at := 0
	for at < len(text) && at < len(d.Text) && text[at] == d.Text[at] {
		at++
	}
	d.EditAs(rule, text, Example{Text: around(d.Text, at), Why: "now: " + around(text, at)})
}

// EditAs is Edit with an example of its own.
func (d *Document) EditAs(rule, text string, ex Example) {
	if text == d.Text {
		return
	}
	ex.Source = d.Source
	d.events = append(d.events, event{d.step, rule, false, len(d.Text), len(text), ex})
	d.Text, d.words, d.worded = text, nil, false
}

// Remove removes the document. why states the deciding numbers.
func (d *Document) Remove(rule, why string) {
	ex := Example{Source: d.Source, Text: excerpt(d.Text), Why: why}
	d.events = append(d.events, event{d.step, rule, true, len(d.Text), 0, ex})
	d.removed = true
}

// Lines returns the lines of the text that are not blank.
func (d *Document) Lines() []string {
	var lines []string
	for line := range strings.SplitSeq(d.Text, "\n") {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// Words returns the words of the text, as the function [Words] does.
func (d *Document) Words() []string {
	if !d.worded {
		d.words, d.worded = Words(d.words[:0], d.Text), true
	}
	return d.words
}

// note records an edit by a rule without changing the text.
func (d *Document) note(rule, why, text string) {
	d.events = append(d.events, event{step: d.step, rule: rule, before: len(d.Text),
		after: len(d.Text), example: Example{Source: d.Source, Text: text, Why: why}})
}

// replace sets the text after edits that were recorded by note; the last event accounts for the
// bytes.
func (d *Document) replace(text string) {
	d.events[len(d.events)-1].after = len(text)
	d.Text, d.words, d.worded = text, nil, false
}
