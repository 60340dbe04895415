package refine

import (
	"context"
	"fmt"
	"slices"

	"lmzoo/corpus"
)

// leak is the step contamination: it removes a document that contains n-grams of the test text
// (Brown et al. 2020, appendix C: n-grams of 13 words, in lower case and without punctuation; the
// paper removes only the surrounding text, this step the whole document).
type leak struct {
	tokens int
	share  float64
	test   []uint64 // sorted
}

// newLeak reads the test text.
func newLeak(
	ctx context.Context, r LeakRule, test []string, in Input, memory int64,
) (*leak, error) {
	l := &leak{tokens: r.Tokens, share: r.Share}
	in.Sources = test
	if in.Documents == "" {
		in.Documents = corpus.Files
	}
	docs := &reader{Input: in, ctx: ctx}
	for d, err := range docs.all() {
		if err != nil {
			return nil, fmt.Errorf("test text: %w", err)
		}
		if d.removed {
			return nil, fmt.Errorf("test text %s: %s", d.Source, d.events[0].example.Why)
		}
		apply(d, []Step{repairer{}, normalizer{}, stripper{}})
		l.test = append(l.test, l.grams(d.Text)...)
		if int64(len(l.test))*16 > memory/4 {
			return nil, fmt.Errorf("test text: more than %d n-grams do not fit into memory; raise "+
				"the memory bound, or give a smaller test text", len(l.test))
		}
	}
	if len(l.test) == 0 {
		return nil, fmt.Errorf("test text %v is empty; want some text", test)
	}
	slices.Sort(l.test)
	l.test = slices.Compact(l.test)
	return l, nil
}

// grams returns the n-grams of a text, or the whole text if it is shorter.
func (l *leak) grams(text string) []uint64 {
	tokens := Tokens(nil, text)
	if len(tokens) == 0 {
		return nil
	}
	return ngrams(nil, tokens, min(l.tokens, len(tokens)))
}

func (*leak) Name() string { return Contamination }

func (l *leak) Apply(d *Document) {
	grams, n := l.grams(d.Text), 0
	for _, g := range grams {
		if _, ok := slices.BinarySearch(l.test, g); ok {
			n++
		}
	}
	if n > 0 && float64(n) > l.share*float64(len(grams)) {
		d.Remove("in the test text", fmt.Sprintf("%d of %d n-grams of %d tokens", n, len(grams),
			l.tokens))
	}
}
