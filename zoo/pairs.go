package zoo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/prompt"
	"lmzoo/train"
)

// newReward returns the constructor of reward models over a base species.
func (s *postTraining) newReward(
	base *Species,
) func(any, corpus.Tokenizer, *rand.Rand) (any, error) {
	return func(config any, tok corpus.Tokenizer, rng *rand.Rand) (any, error) {
		m, err := base.Learning.New(config, tok, rng)
		if err != nil {
			return nil, err
		}
		body, ok := m.(nn.Encoder)
		if !ok {
			return nil, fmt.Errorf("%s has no hidden vectors; want a run of gpt or llama",
				base.Name)
		}
		r := align.NewReward(body, rng)
		r.Center = s.info.Center
		return r, nil
	}
}

// startReward prepares the training of a reward model (Bradley–Terry) on pairs of answers.
func (s *postTraining) startReward(
	m *align.Reward, layout *prompt.Layout, text *Text, c train.Config,
) (Training, error) {
	pairs, held, err := s.pairs(text.ctx, m, layout, text, c)
	if err != nil {
		return Training{}, err
	}
	src, err := newPairs(pairs, nil, text, c)
	if err != nil {
		return Training{}, err
	}
	tr, err := train.NewTrainer[align.PairBatch](m, src, c)
	t := Training{Trainer: tr, BestOf: s.bestOf(m, layout, c.Threads)}
	if err != nil || len(held) == 0 {
		return t, err
	}
	test, err := newPairs(held, nil, text, c)
	if err != nil {
		return Training{}, err
	}
	t.Validate = func(ctx context.Context) (float64, error) { return pairLoss(ctx, m, held) }
	t.Rank = func(ctx context.Context) ([]align.Tally, error) { return m.Rank(ctx, test) }
	return t, nil
}

// startDPO prepares direct preference optimization on pairs of answers. The policy still has the
// parent's weights, which are the reference.
func (s *postTraining) startDPO(
	policy align.Policy, layout *prompt.Layout, text *Text, c train.Config,
) (Training, error) {
	pairs, held, err := s.pairs(text.ctx, policy, layout, text, c)
	if err != nil {
		return Training{}, err
	}
	o := *s.info.DPO
	o.Rehearse = s.info.Rehearse
	var raw train.Source[corpus.Batch]
	if o.Rehearse > 0 {
		if raw, err = rehearsal(max(c.Batch/2, 1), text, c); err != nil {
			return Training{}, err
		}
	}
	src, err := newPairs(pairs, raw, text, c)
	if err != nil {
		return Training{}, err
	}
	d, err := align.NewDPO(text.ctx, policy, src, o)
	if err != nil {
		return Training{}, Misuse{err}
	}
	tr, err := train.NewTrainer[align.PairBatch](d, src, c)
	if err != nil || len(held) == 0 {
		return Training{Trainer: tr}, err
	}
	test, err := newPairs(held, nil, text, c)
	if err == nil {
		err = test.SetReference(text.ctx, policy)
	}
	return Training{Trainer: tr, Validate: func(ctx context.Context) (float64, error) {
		p, err := d.Measure(ctx, test)
		return p.Loss, err
	}}, err
}

func newPairs(
	pairs []align.Pair, raw train.Source[corpus.Batch], text *Text, c train.Config,
) (*align.Pairs, error) {
	p, err := align.NewPairs(pairs, raw, align.PairOptions{Batch: c.Batch, Context: c.Context,
		Seed: text.Seed})
	if err != nil {
		return nil, Misuse{err}
	}
	return p, nil
}

// pairs returns the encoded pairs to learn from and the held-out pairs.
func (s *postTraining) pairs(ctx context.Context, model any, layout *prompt.Layout, text *Text,
	c train.Config) (use, held []align.Pair, err error) {
	if use, err = encodePairs(s.file, layout, s.preferences, c.Context); err != nil {
		return nil, nil, err
	}
	own, err := s.ownPairs(ctx, model, layout, text, c)
	if err != nil {
		return nil, nil, err
	}
	use = append(use, own...)
	held, err = encodePairs(s.file, layout, s.heldPreferences, c.Context)
	return use, held, err
}

// encodePairs returns the tokens of preferences. Its errors name the line.
func encodePairs(file string, layout *prompt.Layout, all []prompt.Preference,
	context int) ([]align.Pair, error) {
	var out []align.Pair
	for _, p := range all {
		pair := align.EncodePair(layout, p.Prompt, p.Chosen, p.Rejected)
		pair.Kind = p.Kind
		for _, a := range []struct {
			field  string
			tokens []lm.Token
		}{{"chosen", pair.Chosen}, {"rejected", pair.Rejected}} {
			if n := 1 + len(pair.Prompt) + len(a.tokens); n > context { // BOS takes one position
				return nil, tooLong(file, p.Line, a.field, n, context)
			}
		}
		if err := pair.Validate(context); err != nil {
			return nil, Misuse{fmt.Errorf("%s: line %d: %w", file, p.Line, err)}
		}
		out = append(out, pair)
	}
	return out, nil
}

// pairLoss returns the mean of −ln σ(r_chosen − r_rejected) over pairs, in nats.
func pairLoss(ctx context.Context, m *align.Reward, pairs []align.Pair) (nats float64, err error) {
	var texts [][]lm.Token
	for _, p := range pairs {
		for _, answer := range [][]lm.Token{p.Chosen, p.Rejected} {
			texts = append(texts, append(p.Prompt[:len(p.Prompt):len(p.Prompt)], answer...))
		}
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	r := m.Scores(texts)
	for i := 0; i < len(r); i += 2 {
		nats += math.Log1p(math.Exp(r[i+1] - r[i]))
	}
	return nats / float64(len(pairs)), nil
}

// RewardModel returns the reward model of a run that lmzoo reward made.
func (r *Run) RewardModel() (*align.Reward, error) {
	m, ok := r.Model.(*align.Reward)
	if !ok {
		return nil, Misuse{fmt.Errorf("%s: %s is not a reward model; train one with: lmzoo reward "+
			"--from %s --data FILE.jsonl", r.Dir, r.Title(), r.Dir)}
	}
	return m, nil
}
