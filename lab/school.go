package lab

import (
	"context"

	"lmzoo/align"
	"lmzoo/corpus/world"
)

const (
	schoolConversations = 24_000
	schoolStream        = 0x5c
)

// reschooled returns pupils of the same bases that were fine-tuned on the answers of another
// annotator, with the settings of the pipeline. n is the number of questions of each kind on their
// scoreboards.
func (env *Env) reschooled(
	ctx context.Context, pupils []*pupil, by world.Annotator, n int,
) (all []*pupil, err error) {
	for _, p := range pupils {
		c := &classroom{env: env, seed: p.seed, talk: p.talk, base: p.base}
		lessons := align.TalkConversations(p.talk, by, p.rng(schoolStream), schoolConversations)
		run, err := c.teach(ctx, p.base, lessons, usual(p.run.Settings.Train.Steps))
		if err != nil {
			return nil, err
		}
		other, err := env.newPupil(ctx, p.base, run, p.seed)
		if err != nil {
			return nil, err
		}
		if other.start, err = other.board(ctx, other.model, n, env.Threads); err != nil {
			return nil, err
		}
		all = append(all, other)
	}
	return all, nil
}
