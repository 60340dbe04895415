package lab

import (
	"context"
	"math/rand/v2"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/train"
)

// preferenceSet describes pairs of answers: who wrote them, and who chose between them.
type preferenceSet struct {
	written int              // pairs of a right answer and an answer with a fault
	faults  align.TalkFaults // shares of the faults
	asked   int              // questions that the assistant answers itself
	each    int              // maximum number of pairs of its answers to a question

	noise, lengthBias float64 // noise and length bias of the labeller
}

// preferences returns pairs of answers to questions of a part.
func (p *pupil) preferences(
	ctx context.Context, s preferenceSet, part world.Part, stream uint64,
) ([]align.Pair, error) {
	rng, judge := p.rng(stream), p.talk.Labeller(s.noise, s.lengthBias)
	var pairs []align.Pair
	for _, q := range p.talk.Questions(part, rng, s.written) {
		fault := drawFault(s.faults, rng)
		pair := p.judged(judge, q, q.Right(), p.talk.Rejected(q, fault, rng), rng)
		pair.Kind = string(fault)
		pairs = append(pairs, pair)
	}
	if s.asked == 0 {
		return pairs, nil
	}
	own, err := align.OnPolicyPairs(ctx, align.Frozen(p.model), p.layout, p.talk,
		align.OnPolicy{Prompts: s.asked, Samples: 8, PerPrompt: s.each, Labeller: judge,
			Seed: p.seed, Threads: 1})
	return append(pairs, own...), err
}

// judged returns two answers as a pair, in a labeller's order of preference.
func (p *pupil) judged(
	judge *world.Labeller, q world.TalkQuestion, a, b world.TalkAnswer, rng *rand.Rand,
) align.Pair {
	if !judge.Prefers(q, a, b, rng) {
		a, b = b, a
	}
	return align.EncodePair(p.layout, align.Asked(q), align.Answered(a), align.Answered(b))
}

// drawFault draws a fault with the shares of f.
func drawFault(f align.TalkFaults, rng *rand.Rand) world.Fault {
	x := rng.Float64()
	for _, fault := range world.Faults() {
		if x -= f[fault]; x < 0 {
			return fault
		}
	}
	return world.Conduct
}

// pairsOf returns batches of pairs; rehearse is the number of rows of text in each.
func (p *pupil) pairsOf(pairs []align.Pair, rehearse int) (*align.Pairs, error) {
	o := align.PairOptions{Batch: pairRows, Context: p.config.Context, Seed: p.seed}
	if rehearse == 0 {
		return align.NewPairs(pairs, nil, o)
	}
	raw, err := p.rehearsal(rehearse)
	if err != nil {
		return nil, err
	}
	return align.NewPairs(pairs, raw, o)
}

const pairRows = 32

// pairConfig returns the settings of a training on pairs.
func (p *pupil) pairConfig(steps int, lr float64) train.Config {
	c := p.config
	c.Batch, c.Steps, c.LR, c.MinLR, c.Warmup, c.Threads = pairRows, steps, lr, lr/10, 10, 1
	c.Warmup = min(c.Warmup, steps/2)
	return c
}
