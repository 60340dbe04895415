package refine

import "slices"

// Account records the fate of every document.
type Account struct {
	// Kind marks a directory as a refined corpus; see corpus.IsRefined.
	Kind      string   `json:"lmzoo"`
	Inputs    []string `json:"inputs"`
	Files     int      `json:"files"`
	Notes     []string `json:"notes"` // files left out, encodings
	Documents int      `json:"documents"`
	Bytes     int      `json:"bytes"`

	Steps  []*StepAccount `json:"steps"`
	Output []Shard        `json:"output"`
}

// StepAccount records the effects of one step.
type StepAccount struct {
	Name         string         `json:"name"`
	DocumentsIn  int            `json:"documents_in"`
	DocumentsOut int            `json:"documents_out"`
	BytesIn      int            `json:"bytes_in"`
	BytesOut     int            `json:"bytes_out"`
	Facts        []string       `json:"facts,omitempty"` // such as bands and rows
	Rules        []*RuleAccount `json:"rules,omitempty"`
}

// RuleAccount records the effects of one rule of a step.
type RuleAccount struct {
	Name     string    `json:"name"`
	Removed  int       `json:"removed"` // number of documents
	Changed  int       `json:"changed"` // number of documents
	Bytes    int       `json:"bytes"`   // number of bytes by which the rule shortened the text
	Examples []Example `json:"examples"`
}

// Shard is a file of the output.
type Shard struct {
	Name      string `json:"name"`
	Documents int    `json:"documents"`
	Bytes     int    `json:"bytes"`
	SHA256    string `json:"sha256"`
}

// MaxExamples is the maximum number of examples of a rule in an account.
const MaxExamples = 10

// step returns the account of a step.
func (a *Account) step(name string) *StepAccount {
	for _, s := range a.Steps {
		if s.Name == name {
			return s
		}
	}
	s := &StepAccount{Name: name}
	a.Steps = append(a.Steps, s)
	return s
}

func (s *StepAccount) rule(name string) *RuleAccount {
	for _, r := range s.Rules {
		if r.Name == name {
			return r
		}
	}
	r := &RuleAccount{Name: name, Examples: []Example{}}
	s.Rules = append(s.Rules, r)
	return r
}

// read records a document that was read or could not be read.
func (a *Account) read(d *Document) {
	s := a.step(reading)
	a.Documents++
	a.Bytes += d.bytes
	s.DocumentsIn++
	s.BytesIn += d.bytes
	if len(d.events) > 0 && d.events[0].step == reading {
		s.addEvent(d.events[0], false)
		return
	}
	s.DocumentsOut++
	s.BytesOut += d.bytes
}

// add records the effects of some steps on a document.
func (a *Account) add(d *Document, steps []Step) {
	bytes := len(d.Text) // length before the first step
	for _, e := range d.events {
		if !e.removed {
			bytes += e.before - e.after
		}
	}
	for _, s := range steps {
		account := a.step(s.Name())
		account.DocumentsIn++
		account.BytesIn += bytes
		removed := false
		for i, e := range d.events {
			if e.step != s.Name() {
				continue
			}
			account.addEvent(e, slices.ContainsFunc(d.events[:i], func(f event) bool {
				return f.step == e.step && f.rule == e.rule && f.removed == e.removed
			}))
			if removed = e.removed; !removed {
				bytes -= e.before - e.after
			}
		}
		if removed {
			return
		}
		account.DocumentsOut++
		account.BytesOut += bytes
	}
}

// addEvent records an event; again is true if the rule has already changed this document.
func (s *StepAccount) addEvent(e event, again bool) {
	r := s.rule(e.rule)
	r.Bytes += e.before - e.after
	if again {
		return
	}
	if e.removed {
		r.Removed++
	} else {
		r.Changed++
	}
	if len(r.Examples) < MaxExamples {
		r.Examples = append(r.Examples, e.example)
	}
}
