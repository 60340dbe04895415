package refine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lmzoo/suggest"
)

// Step changes or removes one document at a time. It must be safe for concurrent use.
type Step interface {
	Name() string
	// Apply edits d by d.Edit, removes it by d.Remove, or leaves it unchanged.
	Apply(d *Document)
}

// Survey is a Step that must see all documents before it can judge one.
type Survey interface {
	Step
	// Keys appends the keys of a document to dst. Documents with a common key meet in a group.
	Keys(dst []uint64, d *Document) []uint64
	// Settle makes decisions from the groups. Apply is called only after Settle.
	Settle(ctx context.Context, groups *groups, docs *store) error
}

// Names of the steps, in the order in which they are applied. All steps that change a text come
// before all steps that judge it.
const (
	Mojibake      = "mojibake"
	Unicode       = "unicode"
	HTML          = "html"
	Language      = "language"
	Personal      = "personal"
	Lines         = "lines"
	Boilerplate   = "boilerplate"
	Filters       = "rules"
	Quality       = "quality"
	Exact         = "exact"
	Near          = "near"
	Contamination = "contamination"
)

// reading is the pseudo-step that accounts for input that could not be read as a document.
const reading = "read"

// StepNames returns the names of all steps in order.
func StepNames() []string {
	return []string{Mojibake, Unicode, HTML, Language, Personal, Lines, Boilerplate, Filters,
		Quality, Exact, Near, Contamination}
}

// ParseSteps reads a list such as "unicode,exact"; "" means all steps, "-html" all steps except
// html.
func ParseSteps(list string) ([]string, error) {
	if strings.TrimSpace(list) == "" {
		return StepNames(), nil
	}
	chosen, without := map[string]bool{}, false
	for i, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		rest, minus := strings.CutPrefix(name, "-")
		if !slices.Contains(StepNames(), rest) {
			return nil, suggest.Unknown("step", rest, StepNames())
		}
		if i > 0 && minus != without {
			return nil, fmt.Errorf("steps %q; want a list of steps, or a list of steps to leave "+
				"out, each with a -", list)
		}
		chosen[rest], without = true, minus
	}
	return slices.DeleteFunc(StepNames(), func(name string) bool {
		return chosen[name] == without
	}), nil
}
