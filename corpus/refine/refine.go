package refine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"lmzoo/corpus"
	"lmzoo/format/atomic"
)

// Options configures a run. Input.Sources and Out are required.
type Options struct {
	Input
	Out       string // output directory
	Overwrite bool   // replace a refined corpus at Out

	Steps     []string // nil: all
	Rules     *Rules   // nil: DefaultRules
	Languages []string // ISO 639-3 codes of the languages to keep; nil: all
	Test      []string // sources of texts that the output must not contain

	// Trusted are sources of text of the quality that is wanted. With Fit the thresholds are fitted
	// on them; without, they replace the files that the rules name.
	Trusted []string
	Fit     bool

	Memory  int64 // approximate bound in bytes; 0: 1 GiB
	Threads int   // number of threads, 0: 1; changes no byte of the output

	// Watch is called with the number of documents so far; it may be nil.
	Watch func(pass, passes, documents int)
}

const (
	defaultMemory = 1 << 30
	minMemory     = 16 << 20
)

// RulesFile is the name of the rules file in a refined corpus.
const RulesFile = "rules.json"

// check completes the options, or reports the first invalid one.
func (o Options) check() (Options, error) {
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	if o.Memory < minMemory {
		return o, fmt.Errorf("memory bound is %d bytes; want at least %d", o.Memory, minMemory)
	}
	if o.Field == "" {
		o.Field = "text"
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = int(o.Memory / 64)
	}
	if o.Steps == nil {
		o.Steps = StepNames()
	}
	if o.Rules == nil {
		o.Rules = DefaultRules()
	}
	o.Threads = min(max(o.Threads, 1), 4*runtime.NumCPU())
	return o, nil
}

// Run refines the input and writes the directory Out: shards of text, the account and the rules. If
// it returns an error, it has written nothing.
func Run(ctx context.Context, o Options) (*Account, error) {
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	out, err := newOutput(o.Out, o.Overwrite)
	if err != nil {
		return nil, err
	}
	defer out.discard()
	temp, err := out.work()
	if err != nil {
		return nil, err
	}
	steps, err := o.prepare(ctx, temp)
	if err != nil {
		return nil, err
	}
	account, err := o.stream(ctx, steps, temp, out.add)
	if err != nil {
		return nil, err
	}
	if err := out.finish(); err != nil {
		return nil, err
	}
	if len(out.shards) == 0 {
		return account, account.empty()
	}
	account.Output = out.shards
	for name, v := range map[string]any{corpus.AccountFile: account, RulesFile: o.Rules} {
		err := atomic.WriteFile(filepath.Join(out.temp, name), func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			e.SetEscapeHTML(false)
			return e.Encode(v)
		})
		if err != nil {
			return nil, err
		}
	}
	return account, out.commit()
}

// prepare fits the rules, if they are to be fitted, and makes the steps.
func (o *Options) prepare(ctx context.Context, temp string) ([]Step, error) {
	if o.Fit {
		t, err := readTrusted(ctx, o.Input, o.Trusted, o.Memory)
		if err != nil {
			return nil, err
		}
		if o.Rules, err = fit(t, o.Rules, o.Trusted); err != nil {
			return nil, err
		}
	}
	return o.newSteps(ctx, temp)
}

// stream passes the input through steps to out.
func (o Options) stream(ctx context.Context, steps []Step, temp string,
	out func(*Document) error) (*Account, error) {
	a := &Account{Kind: corpus.AccountKind, Inputs: o.Sources, Notes: []string{}, Output: []Shard{}}
	r := &reader{Input: o.Input, ctx: ctx}
	a.step(reading)
	p := &pipeline{steps: steps, temp: temp, memory: o.Memory, threads: o.Threads, account: a,
		watch: o.Watch}
	if err := p.run(ctx, r.all(), out); err != nil {
		return nil, err
	}
	a.Notes, a.Files = r.notes.Lines(), r.files
	for _, s := range steps {
		if f, ok := s.(interface{ facts() []string }); ok {
			a.step(s.Name()).Facts = f.facts()
		}
	}
	return a, nil
}

// empty returns the error of a run without output.
func (a *Account) empty() error {
	if a.Documents == 0 {
		return fmt.Errorf("no text in %s; want text files, JSON lines, or text on standard input",
			strings.Join(a.Inputs, ", "))
	}
	last := a.Steps[0]
	for _, s := range a.Steps {
		if s.DocumentsIn > 0 {
			last = s
		}
	}
	return fmt.Errorf("no document of %d is left after the step %s; find the cause with fewer "+
		"steps, such as --steps %s", a.Documents, last.Name, Unicode)
}
