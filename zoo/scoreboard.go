package zoo

import (
	"context"
	"fmt"

	"lmzoo/align"
	"lmzoo/lm"
)

// Scoreboard evaluates a run on the questions of world-talk. For a run that only continues text,
// every score except the bits per byte is 0. The KL divergence is measured from the run's parent.
func (cat Catalogue) Scoreboard(
	ctx context.Context, r *Run, o align.EvalOptions,
) (*align.Scoreboard, error) {
	t := r.Config.Data.Talk()
	if t == nil {
		return nil, Misuse{fmt.Errorf("%s was trained on %s; want a run on %s, which has a world "+
			"to ask about", r.Dir, r.Config.Data.Corpus, TalkName)}
	}
	m, err := r.LM()
	if err != nil {
		return nil, err
	}
	var b *align.Scoreboard
	if r.Config.Chat == nil {
		b = &align.Scoreboard{BitsPerByte: align.BitsPerByte(m, r.Tokenizer, t, o)}
	} else {
		layout, err := r.Layout()
		if err != nil {
			return nil, err
		}
		if o.Parent, err = cat.parentModel(r); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Dir, err)
		}
		if b, err = align.Evaluate(ctx, m, layout, r.Tokenizer, t, o); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Dir, err)
		}
	}
	b.Run, b.Stage = r.Dir, "pre-training"
	if s := r.Config.Stage; s != nil {
		b.Stage = s.Kind
	}
	return b, nil
}

// parentModel opens the parent of a run, or returns nil if the parent cannot write answers.
func (cat Catalogue) parentModel(r *Run) (lm.Model, error) {
	if r.Config.Parent == nil {
		return nil, nil
	}
	o, err := cat.origin(*r.Config.Parent)
	if err != nil {
		return nil, err
	}
	if o.Run.Config.Chat == nil {
		return nil, nil
	}
	return o.Run.LM()
}
