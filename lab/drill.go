package lab

import (
	"context"
	"slices"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/train"
)

// drill describes a run of reinforcement learning with a pupil.
type drill struct {
	options  align.RLOptions
	rollouts int
	rate     float64
	parts    int // number of measurements during the training
	// scorer returns the reward of answers to the questions.
	scorer func(questions []world.TalkQuestion) align.Scorer
	// after, if not nil, is called after every roll-out.
	after  func(ctx context.Context, h homework) error
	judged bool // measure the reward of answers to held-out questions, too
}

// homework holds the answers of a roll-out.
type homework struct {
	questions []world.TalkQuestion
	answers   []align.Rollout
	number    int // number of the roll-out
}

// checkup is a measurement of a policy in reinforcement learning.
type checkup struct {
	rollouts int // roll-outs so far
	report   align.Report
	board    *align.Scoreboard
	judged   judgement
}

// judgement holds the mean rewards of sampled answers to held-out questions, one per question: the
// reward that the policy learns from, and the gold reward of the same answers. The questions and
// the random numbers are the same at every measurement, and the scoreboard has others.
type judgement struct{ proxy, gold []float64 }

const (
	promptQuestions = 2000
	promptStream    = 0x4f
)

// practise trains a copy of the pupil and measures it during the training with n questions of each
// kind.
func (p *pupil) practise(ctx context.Context, x drill, n int) (all []checkup, err error) {
	o := x.options
	o.Seed, o.Max = p.seed, answerTokens
	c := p.config
	c.Steps, c.LR, c.MinLR, c.Threads = x.rollouts*o.Inner, x.rate, x.rate/10, 1
	c.Warmup = min(c.Warmup, c.Steps/4)
	questions := p.talk.Questions(world.ForPreferences, p.rng(promptStream), promptQuestions)
	policy := p.copy()
	raw, err := p.rehearsal(c.Batch)
	if err != nil {
		return nil, err
	}
	rl, err := align.NewRL(ctx, align.RLTask{Policy: policy, Raw: raw,
		Prompts: align.TalkPrompts(p.layout, questions), Scorer: x.scorer(questions),
		Ends: []lm.Token{p.layout.End}, Result: p.layout.Result,
		Insert: align.InsertTools(p.layout, align.TalkTools(p.talk))}, o, c)
	if err != nil {
		return nil, err
	}
	tr, err := train.NewTrainerOf(rl, c)
	if err != nil {
		return nil, err
	}
	watch := func(ctx context.Context, _ *train.Trainer, e train.Event) error {
		report, fresh := rl.Report()
		if e.Kind != train.Stepped || !fresh {
			return nil
		}
		if report.Rollout == 0 { // drawn before the first step
			all[0].report = report
		}
		if x.after == nil {
			return nil
		}
		answers, _ := rl.Rollouts()
		return x.after(ctx, homework{questions, answers, report.Rollout})
	}
	measure := checkpoints(c, x.parts, func(step int) error {
		check := checkup{rollouts: step / o.Inner, board: p.start}
		check.report, _ = rl.Report()
		if step > 0 {
			check.board, err = p.board(ctx, policy, n, 1)
		}
		if x.judged && err == nil {
			check.judged, err = p.judge(ctx, policy, x.scorer)
		}
		all = append(all, check)
		return err
	})
	_, err = tr.Run(ctx, watch, measure)
	return all, err
}

const (
	judgedStream  = 0x70
	judgedOf      = 15 // questions of each kind
	judgedSamples = 4  // answers to each
)

// judge draws answers of a policy to held-out questions and scores them.
func (p *pupil) judge(ctx context.Context, policy align.Policy,
	scorer func([]world.TalkQuestion) align.Scorer) (j judgement, err error) {
	questions := p.testQuestions(judgedStream, judgedOf)
	answers, err := p.sampledBy(ctx, policy, questions, judgedSamples)
	if err != nil {
		return j, err
	}
	if j.proxy, err = perQuestion(ctx, scorer(questions), answers, judgedSamples); err != nil {
		return j, err
	}
	j.gold, err = perQuestion(ctx, p.gold(questions), answers, judgedSamples)
	return j, err
}

// perQuestion returns the mean reward of the answers to each question, of which there are samples.
func perQuestion(
	ctx context.Context, by align.Scorer, answers []align.Rollout, samples int,
) (means []float64, err error) {
	rewards, err := by.Rewards(ctx, answers)
	for group := range slices.Chunk(rewards, samples) {
		mean, _, _ := eval.Mean(group)
		means = append(means, mean)
	}
	return means, err
}

// testQuestions draws n questions of each kind but Novel from the held-out part.
func (p *pupil) testQuestions(stream uint64, n int) (all []world.TalkQuestion) {
	rng := p.rng(stream)
	for _, kind := range world.TalkKinds() {
		for range n {
			if kind != world.Novel {
				all = append(all, p.talk.Question(world.ForTest, kind, rng))
			}
		}
	}
	return all
}

const answerTokens = 40

// gold returns the checker of the world as a scorer.
func (p *pupil) gold(questions []world.TalkQuestion) align.Scorer {
	return align.TalkScorer(p.talk, p.layout, questions)
}

// sampled draws n answers of the pupil to each question.
func (p *pupil) sampled(
	ctx context.Context, questions []world.TalkQuestion, n int,
) ([]align.Rollout, error) {
	return p.sampledBy(ctx, p.model, questions, n)
}

// sampledBy draws n answers of a policy to each question.
func (p *pupil) sampledBy(
	ctx context.Context, policy align.Policy, questions []world.TalkQuestion, n int,
) ([]align.Rollout, error) {
	prompts := make([][]lm.Token, len(questions))
	for i, x := range align.TalkPrompts(p.layout, questions) {
		prompts[i] = x.Tokens
	}
	return align.Sample(ctx, align.Frozen(policy), prompts, align.Sampling{Samples: n,
		Max: answerTokens, Window: p.config.Context, Ends: []lm.Token{p.layout.End},
		Result: p.layout.Result, Seed: p.seed, Threads: 1,
		Insert: align.InsertTools(p.layout, align.TalkTools(p.talk))})
}

// complete reports whether an answer ends with [END].
func (p *pupil) complete(r *align.Rollout) bool {
	return r.Tokens[len(r.Tokens)-1] == p.layout.End
}

// compared returns at most n pairs of answers to each question, ordered by the checker.
func (p *pupil) compared(h homework, samples, n int) (pairs []align.Pair) {
	for group := range slices.Chunk(h.answers, samples) {
		q, found := h.questions[group[0].Prompt], 0
		for i := range group {
			for j := range i {
				a, b := &group[i], &group[j]
				if found == n || !p.complete(a) || !p.complete(b) {
					continue
				}
				x := p.talk.Check(q, align.AnswerOf(p.layout, a.Answer()))
				y := p.talk.Check(q, align.AnswerOf(p.layout, b.Answer()))
				if x == y {
					continue
				}
				if x < y {
					a, b = b, a
				}
				pairs = append(pairs, align.Pair{
					Prompt: slices.Clone(a.Tokens[:a.Start]), Kind: "own answers",
					Chosen: slices.Clone(a.Answer()), ChosenLoss: slices.Clone(a.Own),
					Rejected: slices.Clone(b.Answer()), RejectedLoss: slices.Clone(b.Own)})
				found++
			}
		}
	}
	return pairs
}
