package lab

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/prompt"
	"lmzoo/train"
	"lmzoo/zoo"
)

// pupil holds an assistant after SFT and everything that its further training needs. Experiments
// train copies of it in memory, so that they can measure them during the training and change the
// stages of the pipeline.
type pupil struct {
	base   *zoo.Run // run before SFT
	run    *zoo.Run
	zoo    zoo.Catalogue
	seed   uint64
	model  align.Policy // policy after SFT
	tok    corpus.Tokenizer
	layout *prompt.Layout
	talk   *world.Talk
	text   [][]lm.Token // pre-training text, for rehearsal
	config train.Config // settings of the pipeline's reinforcement learning
	tokens int          // number of tokens of documents for a scoreboard

	start *align.Scoreboard // scoreboard of the model after SFT
}

// pupils returns the assistant of every seed; it opens the runs that earlier calls trained. n is
// the number of questions of each kind on its scoreboard.
func (env *Env) pupils(ctx context.Context, n int) ([]*pupil, error) {
	all := make([]*pupil, len(env.Seeds))
	for i, seed := range env.Seeds {
		base, sft, err := env.assistant(ctx, seed)
		if err != nil {
			return nil, err
		}
		if all[i], err = env.newPupil(ctx, base, sft, seed); err != nil {
			return nil, err
		}
		if all[i].start, err = all[i].board(ctx, all[i].model, n, env.Threads); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// newPupil prepares a run after SFT.
func (env *Env) newPupil(
	ctx context.Context, base, sft *zoo.Run, seed uint64,
) (*pupil, error) {
	model, ok := sft.Model.(align.Policy)
	if !ok {
		return nil, fmt.Errorf("%T cannot be trained on answers; want a transformer", sft.Model)
	}
	layout, err := sft.Layout()
	if err != nil {
		return nil, err
	}
	info := zoo.PipelineInfo("rl")
	info.Seed = seed
	o, err := env.Store.catalogue.StageOrder(ctx, sft, info, nil, zoo.Input{})
	if err != nil {
		return nil, err
	}
	return &pupil{base: base, run: sft, zoo: env.Store.catalogue, seed: seed, model: model,
		tok: sft.Tokenizer, layout: layout, talk: sft.Config.Data.Talk(), config: *o.Settings.Train,
		text: corpus.EncodeDocuments(sft.Tokenizer, o.Split.Train), tokens: boardTokens}, nil
}

// recipe returns the training settings of a stage of the pipeline, for one thread.
func (p *pupil) recipe(ctx context.Context, info zoo.StageInfo) (train.Config, error) {
	info.Rehearse = 0 // the pupil already holds the text
	o, err := p.zoo.StageOrder(ctx, p.run, info, nil, zoo.Input{})
	if err != nil {
		return train.Config{}, err
	}
	c := *o.Settings.Train
	c.Seed, c.Threads = p.seed, 1
	return c, nil
}

// copy returns a copy of the assistant that can be trained.
func (p *pupil) copy() align.Policy {
	twin := align.Frozen(p.model)
	thaw(twin)
	return twin
}

// thaw makes the parameters of a copy trainable.
func thaw(model any) {
	for _, t := range nn.Params(model) {
		t.Tensor.Grad = make([]float32, len(t.Tensor.Data))
	}
}

// rng returns a stream of random numbers of the pupil.
func (p *pupil) rng(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(p.seed, stream)) }

// rehearsal returns batches of pre-training text.
func (p *pupil) rehearsal(rows int) (train.Source[corpus.Batch], error) {
	return corpus.NewWindows(p.text, rows, p.config.Context, p.seed)
}

// board returns the scoreboard of a policy, with n questions of each kind. The KL divergence is
// measured from the pupil.
func (p *pupil) board(
	ctx context.Context, m align.Policy, n, threads int,
) (*align.Scoreboard, error) {
	return align.Evaluate(ctx, align.Frozen(m), p.layout, p.tok, p.talk, align.EvalOptions{
		Questions: n, Tokens: p.tokens, Parent: align.Frozen(p.model), Seed: p.seed,
		Threads: threads,
	})
}

const boardTokens = 5000

// checkpoints returns an observer that calls visit before the first step and after each of parts
// equal parts of the steps.
func checkpoints(c train.Config, parts int, visit func(step int) error) train.Observer {
	return func(_ context.Context, _ *train.Trainer, e train.Event) error {
		switch {
		case e.Kind == train.Started:
			return visit(0)
		case e.Kind == train.Stepped && e.Stats.Step*parts%c.Steps < parts:
			return visit(e.Stats.Step)
		}
		return nil
	}
}

// paired returns the mean difference of the gold rewards of two scoreboards and its 95 % interval,
// question by question.
func paired(a, b *align.Scoreboard) (mean, low, high float64) {
	c := align.Scoreboard{Golds: a.Golds, Intervals: map[string][2]float64{}}
	c.Against(b)
	if c.GoldGain == nil {
		return 0, 0, 0
	}
	interval := c.Intervals["gold_gain"]
	return *c.GoldGain, interval[0], interval[1]
}

// winRate returns the share of questions to which a has the better answer; a tie counts half.
func winRate(a, b *align.Scoreboard) (share float64) {
	for i := range a.Golds {
		switch d := a.Golds[i] - b.Golds[i]; {
		case d > 0:
			share++
		case d == 0:
			share += 0.5
		}
	}
	return share / float64(max(len(a.Golds), 1))
}

// klOf returns the KL divergence of a scoreboard, or 0 if it has none.
func klOf(b *align.Scoreboard) float64 {
	if b.KL == nil {
		return 0
	}
	return max(*b.KL, 0)
}
