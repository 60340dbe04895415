package refine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"runtime"

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
	steps, err := o.newSteps(ctx, temp)
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
		return account, fmt.Errorf("no document of %d is left; find the cause with fewer "+
			"steps, such as --steps unicode", account.Documents)
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
