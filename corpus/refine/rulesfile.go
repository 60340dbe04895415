package refine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"lmzoo/suggest"
)

// Rules holds every threshold of a run. It is fitted once and stored, so that a judgement does not
// depend on other documents of the run.
type Rules struct {
	Kind   string   `json:"lmzoo"`
	Fitted []string `json:"fitted,omitempty"` // what differs from the papers, and why

	// thresholds of the rules for documents
	Documents map[string]map[Group]float64 `json:"documents"`
	Lines     map[string]bool              `json:"lines"` // whether each rule for lines is on
	Repeats   RepeatRule                   `json:"repeated_lines"`
	Near      NearRule                     `json:"near_duplicates"`
	Leak      LeakRule                     `json:"contamination"`
	Quality   *QualityRule                 `json:"quality,omitempty"` // nil: no trusted text
}

// RepeatRule defines which lines are boilerplate.
type RepeatRule struct {
	Documents  int `json:"documents"`  // a line in more documents than this …
	Characters int `json:"characters"` // … and of at least this many characters
}

// NearRule defines which documents are near duplicates.
type NearRule struct {
	Similarity float64 `json:"similarity"` // minimum Jaccard similarity of shingles
	Hashes     int     `json:"hashes"`     // maximum length of a MinHash signature
}

// LeakRule defines which documents contain parts of the test text.
type LeakRule struct {
	Tokens int `json:"tokens"` // length of the n-grams
	// maximum share of a document's n-grams in the test text; 0: none
	Share float64 `json:"share"`
}

const rulesKind = "rules for refining"

// DefaultRules returns the thresholds of the papers.
func DefaultRules() *Rules {
	r := &Rules{Kind: rulesKind, Documents: map[string]map[Group]float64{},
		Lines: map[string]bool{}, Repeats: RepeatRule{Documents: 10, Characters: 20},
		Near: NearRule{Similarity: 0.8, Hashes: 128}, Leak: LeakRule{Tokens: 13}}
	for _, rule := range rules {
		if rule.usual != nil {
			r.Documents[rule.name] = map[Group]float64{}
			for g, x := range rule.usual {
				r.Documents[rule.name][g] = x
			}
		}
	}
	for _, rule := range lineRules {
		r.Lines[rule.name] = rule.usual
	}
	return r
}

// ReadRules reads a rules file.
func ReadRules(path string) (*Rules, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Rules{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("%s: %w; want a file that lmzoo refine --fit has written", path, err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// check reports the first invalid rule.
func (r *Rules) check() error {
	if r.Kind != rulesKind {
		return fmt.Errorf("not a rules file; want one that lmzoo refine --fit has written")
	}
	var documents, lines []string
	for _, rule := range rules {
		documents = append(documents, rule.name)
	}
	for _, rule := range lineRules {
		lines = append(lines, rule.name)
	}
	for name, groups := range r.Documents {
		if !slices.Contains(documents, name) {
			return suggest.Unknown("rule", name, documents)
		}
		for g := range groups {
			if !slices.Contains(Groups(), g) {
				return fmt.Errorf("rule %q is for the group %q; want one of: %v", name, g, Groups())
			}
		}
	}
	for name := range r.Lines {
		if !slices.Contains(lines, name) {
			return suggest.Unknown("rule for lines", name, lines)
		}
	}
	switch n, l, b := r.Near, r.Leak, r.Repeats; {
	case !(n.Similarity > 0 && n.Similarity <= 1):
		return fmt.Errorf("similarity is %g; want more than 0 and at most 1", n.Similarity)
	case n.Hashes < 1 || n.Hashes > 1<<14:
		return fmt.Errorf("hashes is %d; want 1 to %d", n.Hashes, 1<<14)
	case l.Tokens < 1 || l.Tokens > 1000:
		return fmt.Errorf("tokens is %d; want 1 to 1000", l.Tokens)
	case !(l.Share >= 0 && l.Share < 1):
		return fmt.Errorf("share is %g; want at least 0 and less than 1", l.Share)
	case b.Documents < 1 || b.Characters < 1:
		return fmt.Errorf("repeated_lines is %d documents and %d characters; want at least 1",
			b.Documents, b.Characters)
	}
	return nil
}
