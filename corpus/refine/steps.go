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
