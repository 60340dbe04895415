package lab

import (
	"context"
	"slices"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/train"
)

// teacher holds the recipe of a reward model: its pairs and its training steps.
type teacher struct {
	name  string
	pairs preferenceSet
	steps int
}

// teachers returns the teachers. The weak teacher's pairs hold only well-formed answers. The strong
// teacher has more pairs, which include near misses and broken text. The other two have the strong
// teacher's pairs, but labellers with faults.
func teachers(scale Scale) []teacher {
	written, asked, steps := 1600, 400, 800
	if scale == Quick {
		written, asked, steps = 800, 150, 200
	}
	strong := preferenceSet{written: written, faults: align.AllFaults, asked: asked, each: 3}
	noisy, wordy := strong, strong
	noisy.noise, wordy.lengthBias = .3, .5
	weak := preferenceSet{written: written / 4, asked: asked / 2, each: 1,
		faults: align.TalkFaults{world.Conduct: 1}}
	return []teacher{{"weak", weak, steps / 2}, {"strong", strong, steps},
		{"noisy labels", noisy, steps}, {"long answers", wordy, steps}}
}

const (
	rewardRate   = 5e-4 // learning rate of a reward model
	rewardCenter = .001 // weight of the mean square of its rewards
	rewardStream = 0x5e
)

// proxy is a reward model that can be trained further.
type proxy struct {
	teacher
	*align.Reward
	pupil *pupil
	first []align.Pair // pairs of its first training
	found []align.Pair // answers of a policy, labelled later
}

// taught trains a reward model on the pairs of a teacher.
func (p *pupil) taught(ctx context.Context, t teacher) (*proxy, error) {
	pairs, err := p.preferences(ctx, t.pairs, world.ForPreferences, rewardStream)
	if err != nil {
		return nil, err
	}
	r := align.NewReward(p.copy(), p.rng(rewardStream))
	r.Center = rewardCenter
	x := &proxy{teacher: t, Reward: r, pupil: p, first: pairs}
	return x, x.learn(ctx, pairs, p.pairConfig(t.steps, rewardRate))
}

// learn trains the reward model on pairs.
func (x *proxy) learn(ctx context.Context, pairs []align.Pair, c train.Config) error {
	src, err := x.pupil.pairsOf(pairs, 0)
	if err != nil {
		return err
	}
	_, err = train.Run[align.PairBatch](ctx, x.Reward, src, c)
	return err
}

// retrain labels the answers of a policy with the checker every few roll-outs, and trains the
// reward model on them and on an equal number of its first pairs.
func (x *proxy) retrain(samples int) func(context.Context, homework) error {
	return func(ctx context.Context, h homework) error {
		x.found = append(x.found, x.pupil.compared(h, samples, 2)...)
		if len(x.found) == 0 || h.number%relabelEvery != relabelEvery-1 {
			return nil
		}
		recent := x.found[max(0, len(x.found)-relabelled):]
		rng := x.pupil.rng(rewardStream + uint64(h.number) + 1)
		mixed := slices.Clone(recent)
		for range recent {
			mixed = append(mixed, x.first[rng.IntN(len(x.first))])
		}
		c := x.pupil.pairConfig(relabelSteps, rewardRate)
		c.MinLR, c.Warmup = c.LR, 0
		return x.learn(ctx, mixed, c)
	}
}

// Settings of the retraining: its interval in roll-outs, its steps, and the number of pairs that it
// keeps.
const (
	relabelEvery = 5
	relabelSteps = 20
	relabelled   = 1000
)

// copy returns a copy that can be trained independently.
func (x *proxy) copy() *proxy {
	twin := *x
	r := align.NewReward(align.Frozen(x.Body.(align.Policy)), x.pupil.rng(0))
	thaw(r.Body)
	copy(r.Head.Weight.Data, x.Head.Weight.Data)
	copy(r.Head.Bias.Data, x.Head.Bias.Data)
	r.Center = x.Center
	twin.Reward = r
	return &twin
}

// scorer returns the reward model as the reward of reinforcement learning.
func (x *proxy) scorer([]world.TalkQuestion) align.Scorer {
	return align.Complete{Scorer: x.Reward, Truncated: truncatedScore}
}

const truncatedScore = -3 // reward of an answer without an end

// accuracy returns the share of held-out pairs with a fault that the reward model ranks as the
// checker does.
func (x *proxy) accuracy(ctx context.Context, faults align.TalkFaults, n int) (float64, error) {
	pairs, err := x.pupil.preferences(ctx, preferenceSet{written: n, faults: faults},
		world.ForTest, rewardStream)
	if err != nil {
		return 0, err
	}
	src, err := x.pupil.pairsOf(pairs, 0)
	if err != nil {
		return 0, err
	}
	tallies, err := x.Rank(ctx, src)
	if err != nil {
		return 0, err
	}
	return tallies[0].Accuracy, nil
}

// selection is the outcome of taking the best of n answers by a reward.
type selection struct {
	n                      int
	kl, gold, reward, size float64 // KL in nats; mean rewards; tokens of an answer
}

// choiceSizes lists the numbers of answers to choose from.
var choiceSizes = []int{1, 2, 4, 8, 16, 32}

// examined holds many answers to held-out questions, with their gold rewards.
type examined struct {
	answers []align.Rollout
	gold    []float64
	samples int // answers to each question
}

// examine draws answers of the pupil to n questions of each kind.
func (p *pupil) examine(ctx context.Context, n int) (*examined, error) {
	questions := p.testQuestions(rewardStream+1, n)
	e := &examined{samples: slices.Max(choiceSizes)}
	var err error
	if e.answers, err = p.sampled(ctx, questions, e.samples); err == nil {
		e.gold, err = p.gold(questions).Rewards(ctx, e.answers)
	}
	return e, err
}

// best returns the outcome of taking the best of n answers by a reward, for every n in choiceSizes.
func (e *examined) best(ctx context.Context, by align.Scorer) (all []selection, err error) {
	rewards, err := by.Rewards(ctx, e.answers)
	if err != nil {
		return nil, err
	}
	sizes := make([]float64, len(rewards))
	for i := range sizes {
		sizes[i] = float64(len(e.answers[i].Answer()))
	}
	questions := float64(len(rewards) / e.samples)
	for _, n := range choiceSizes {
		c := selection{n: n}
		for lo := 0; lo < len(rewards); lo += e.samples {
			group := rewards[lo:][:e.samples]
			c.kl += align.MeasuredBestOfKL(group, n) / questions
			for _, sum := range []struct {
				of []float64
				to *float64
			}{{e.gold, &c.gold}, {rewards, &c.reward}, {sizes, &c.size}} {
				mean, err := align.ExpectedBest(group, sum.of[lo:][:e.samples], n)
				if err != nil {
					return nil, err
				}
				*sum.to += mean / questions
			}
		}
		all = append(all, c)
	}
	return all, nil
}

// known is a scorer that returns rewards computed earlier.
type known []float64

// Rewards implements align.Scorer.
func (k known) Rewards(context.Context, []align.Rollout) ([]float64, error) { return k, nil }
