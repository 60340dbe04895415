package refine

import (
	"context"
	"fmt"
	"slices"
)

// newSteps returns the selected steps. The step quality needs a trusted text, and the step
// contamination needs a test text.
func (o Options) newSteps(ctx context.Context, temp string) ([]Step, error) {
	var steps []Step
	for _, name := range StepNames() {
		if !slices.Contains(o.Steps, name) {
			continue
		}
		s, err := o.newStep(ctx, name, temp, steps)
		if err != nil {
			return nil, err
		}
		if s != nil {
			steps = append(steps, s)
		}
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("no step is left; want at least one of: %v", StepNames())
	}
	return steps, nil
}

func (o Options) newStep(ctx context.Context, name, temp string, before []Step) (Step, error) {
	switch r := o.Rules; name {
	case Mojibake:
		return repairer{}, nil
	case Unicode:
		return normalizer{}, nil
	case HTML:
		return stripper{}, nil
	case Language:
		return newIdentifier(o.Languages), nil
	case Personal:
		return masker{}, nil
	case Lines:
		return newLiner(r), nil
	case Boilerplate:
		return &boilerplate{documents: r.Repeats.Documents, characters: r.Repeats.Characters,
			memory: o.Memory / 8, again: slices.Clone(before)}, nil
	case Filters:
		return filter{r}, nil
	case Quality:
		if r.Quality != nil {
			return o.newQuality(ctx)
		}
	case Exact:
		return &exact{}, nil
	case Near:
		return newNear(r.Near.Similarity, r.Near.Hashes, temp, o.Memory/8, o.Threads), nil
	case Contamination:
		if len(o.Test) > 0 {
			return newLeak(ctx, r.Leak, o.Test, o.Input, o.Memory)
		}
	}
	return nil, nil
}

// newQuality trains the models of the step quality again, on the text that its cut was fitted on.
func (o Options) newQuality(ctx context.Context) (Step, error) {
	rule := o.Rules.Quality
	sources := rule.Trusted
	if len(o.Trusted) > 0 {
		sources = o.Trusted
	}
	t, err := readTrusted(ctx, o.Input, sources, o.Memory)
	if err != nil {
		return nil, fmt.Errorf("%w; the rules were fitted on it: say with --trusted where it is, "+
			"or leave the step out with --steps -%s", err, Quality)
	}
	if t.sha != rule.SHA256 {
		return nil, fmt.Errorf("trusted text %v: SHA-256 %.12s…; the rules were fitted on %.12s…; "+
			"want the same text and --documents, or fit again", sources, t.sha, rule.SHA256)
	}
	return newQuality(t, rule.Cut)
}
