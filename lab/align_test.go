package lab

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/prompt"
	"lmzoo/train"
	"lmzoo/transformer"
	"lmzoo/zoo"
)

// tinyPupil returns an assistant with random weights, and its base. The tests share it, because
// only copies of a pupil are trained.
func tinyPupil(t *testing.T) *pupil {
	t.Helper()
	if thePupil == nil {
		thePupil = newTinyPupil(t)
	}
	return thePupil
}

var thePupil *pupil

func newTinyPupil(t *testing.T) *pupil {
	talk := world.NewTalk(3)
	docs := talk.Split(1, 60_000, 0, 0).Train
	words, err := corpus.Train("word", docs, 0)
	require.NoError(t, err)
	tok, err := corpus.WithSpecials(words, prompt.Default.Names()...)
	require.NoError(t, err)
	layout, err := prompt.Default.Layout(tok)
	require.NoError(t, err)
	model := func(vocab int) *transformer.Model {
		m, err := transformer.New(transformer.Config{VocabSize: vocab, NPositions: 64, NEmbd: 8,
			NLayer: 1, NHead: 1, InitializerRange: .1}, rand.New(rand.NewPCG(3, 1)))
		require.NoError(t, err)
		return m
	}
	c := train.Default()
	c.Batch, c.Context, c.Steps, c.Seed = 4, 64, 4, 3
	p := &pupil{base: &zoo.Run{Model: model(words.Vocab())}, seed: 3, model: model(tok.Vocab()),
		tok: tok, layout: layout, talk: talk, text: corpus.EncodeDocuments(tok, docs), config: c,
		tokens: 200}
	p.start, err = p.board(context.Background(), p.model, 1, 1)
	require.NoError(t, err)
	return p
}

// TestAlignment runs the three experiments with an assistant that knows nothing. The same seed
// gives the same numbers on any number of threads.
func TestAlignment(t *testing.T) {
	p := tinyPupil(t)
	dpo := dpoPlan{config: p.pairConfig(2, 1e-3), questions: 1, held: 8,
		runs: dpoRuns(Quick, align.DPOOptions{Beta: .5, NLL: .3, Rehearse: .5})}
	rlhf := rlhfPlan{teachers: teachers(Quick), runs: rlhfRuns, rollouts: 5, parts: 2,
		prompts: 2, samples: 2, questions: 1, held: 8}
	for i := range rlhf.teachers {
		x := &rlhf.teachers[i]
		x.pairs.written, x.pairs.asked, x.steps = 8, 0, 2
	}
	verifiable := verifiablePlan{runs: verifiableRuns(Full)[2:], rollouts: 2, parts: 2, prompts: 2,
		samples: 2, questions: 1, shown: 10, hidden: []*pupil{p}}
	for _, x := range []struct {
		experiment Experiment
		run        func(context.Context, *Env, []*pupil) (*Result, error)
	}{{DPO(), dpo.run}, {RLHF(), rlhf.run}} {
		var measures []map[string]float64
		for _, threads := range []int{1, 2} {
			env := quickEnv(t, "")
			env.Threads = threads
			res, err := x.run(context.Background(), env, []*pupil{p})
			require.NoError(t, err)
			require.Len(t, res.Seeds, 1)
			measures = append(measures, res.Seeds[0].Measures)
			res.Experiment = x.experiment
			if threads == 1 && x.experiment.Name == "dpo" {
				_, err = res.Plots()
				require.NoError(t, err)
			}
		}
		require.Equal(t, measures[0], measures[1], x.experiment.Name)
	}
	_, err := verifiable.learn(context.Background(), p, verifiable.runs[1])
	require.NoError(t, err)
}

// TestLearnPairs checks that a training on pairs starts with implicit rewards of 0, and that its
// measurements show the change.
func TestLearnPairs(t *testing.T) {
	p, ctx := tinyPupil(t), context.Background()
	pairs, err := p.preferences(ctx, preferenceSet{written: 40, faults: align.ConductFaults},
		world.ForPreferences, 1)
	require.NoError(t, err)
	plan := dpoPlan{config: p.pairConfig(12, 1e-2), questions: 1}
	checks, err := p.learnPairs(ctx, dpoRun{"", align.DPOOptions{Beta: .5}}, plan, pairs, pairs)
	require.NoError(t, err)
	require.Len(t, checks, dpoParts+1)
	require.Zero(t, checks[0].pairs.Margin)
	require.InDelta(t, 0.5, checks[0].pairs.Accuracy, 1e-9)
	require.Greater(t, checks[dpoParts].pairs.Margin, 0.1)
	require.Greater(t, checks[dpoParts].pairs.Accuracy, 0.8)
	only, err := p.learnPairs(ctx, dpoRun{"", align.DPOOptions{Beta: noBeta, NLL: 1}}, plan, pairs,
		pairs)
	require.NoError(t, err)
	require.Greater(t, only[dpoParts].pairs.LogChosen, only[0].pairs.LogChosen+1)
}

// TestLabellersOfPairs checks that a labeller without faults prefers the right answer, and that one
// who likes long answers prefers the longer one.
func TestLabellersOfPairs(t *testing.T) {
	p, ctx := tinyPupil(t), context.Background()
	s := preferenceSet{written: 100, faults: align.TalkFaults{world.Conduct: 1}}
	length := func(s preferenceSet) (chosen int) {
		pairs, err := p.preferences(ctx, s, world.ForPreferences, 1)
		require.NoError(t, err)
		for _, x := range pairs {
			if len(x.Chosen) >= len(x.Rejected) {
				chosen++
			}
		}
		return chosen
	}
	wordy := s
	wordy.lengthBias = 10
	require.Greater(t, length(wordy), length(s)+10)
}

// TestProxy checks that a reward model learns its pairs and that training a copy leaves it
// unchanged.
func TestProxy(t *testing.T) {
	p, ctx := tinyPupil(t), context.Background()
	x, err := p.taught(ctx, teacher{"", preferenceSet{written: 60,
		faults: align.TalkFaults{world.Broken: 1}}, 60})
	require.NoError(t, err)
	text := x.first[0].Prompt
	before, twin := x.Score(text), x.copy()
	require.Equal(t, before, twin.Score(text))
	require.NoError(t, twin.learn(ctx, x.first, p.pairConfig(5, 1e-2)))
	require.NotEqual(t, before, twin.Score(text))
	require.Equal(t, before, x.Score(text))
}

// TestBestOfExamined checks that the best answer by the checker is never worse than the best by
// another reward.
func TestBestOfExamined(t *testing.T) {
	p, ctx := tinyPupil(t), context.Background()
	e, err := p.examine(ctx, 1)
	require.NoError(t, err)
	for i := range e.gold {
		e.gold[i] = float64(i*7%5) - 2
	}
	top, err := e.best(ctx, known(e.gold))
	require.NoError(t, err)
	worst := slices.Clone(e.gold)
	for i := range worst {
		worst[i] = -worst[i]
	}
	low, err := e.best(ctx, known(worst))
	require.NoError(t, err)
	require.InDelta(t, top[0].gold, low[0].gold, 1e-9, "one answer is no choice")
	require.Zero(t, top[0].kl)
	last := len(choiceSizes) - 1
	require.InDelta(t, 2, top[last].gold, 1e-9)
	require.InDelta(t, -2, low[last].gold, 1e-9)
	require.Greater(t, top[last].kl, 1.0)
}

func TestAlignmentHeld(t *testing.T) {
	fails(t, map[string]float64{"anchors_gain_low": 0.2, "anchors_accuracy": 0.95,
		"no_anchors_accuracy": 0.95, "no_anchors_chosen": -5, "anchors_chosen": 1,
		"lead_low": 0.1}, dpoHeld, map[string]float64{"anchors_gain_low": -0.1,
		"anchors_accuracy": 0.6, "no_anchors_accuracy": 0.6, "no_anchors_chosen": 0,
		"anchors_chosen": -5, "lead_low": -0.1})
	fails(t, map[string]float64{"proxy_gain_low": 0.5, "fall_low": 0.1, "lead_penalty_low": 0.2,
		"lead_strong_low": 0.1, "lead_fresh_low": 0.1, "weak_accuracy": 0.95,
		"strong_accuracy": 0.9}, rlhfHeld,
		map[string]float64{"proxy_gain_low": -0.5, "fall_low": 0, "lead_penalty_low": 0,
			"lead_strong_low": -0.1, "lead_fresh_low": 0, "weak_accuracy": 0.8})
	fails(t, map[string]float64{"REINFORCE_gain_low": 0.1, "PPO_gain_low": 0.1,
		"GRPO_gain_low": 0.1, "REINFORCE_lead_low": 0.1, "PPO_lead_low": 0.1,
		"GRPO_lead_low": 0.1, "GRPO_idk": 0.9, "GRPO_refused": 0.9, "GRPO_never_shown_gold": 0.5},
		verifiableHeld, map[string]float64{"random_rewards_gain": 0.1,
			"REINFORCE_gain_low": 0, "PPO_lead_low": 0, "GRPO_refused": 0.1,
			"GRPO_never_shown_idk": 0.3, "GRPO_never_shown_refused": 0.3})
}

// TestFiguresOfRewards checks that the figures find their columns for any seed.
func TestFiguresOfRewards(t *testing.T) {
	kl := 1.0
	seen := judgement{[]float64{1}, []float64{1}}
	checks := []checkup{{board: &align.Scoreboard{}, judged: seen},
		{rollouts: 3, board: &align.Scoreboard{KL: &kl}, judged: seen}}
	rlhf := &Result{Experiment: RLHF(), Tables: rlhfTables()}
	rlhfPlan{}.addRows(&rlhf.Tables[0], 7, freeRun, checks)
	addFree(&rlhf.Tables[3], 7, checks)
	c := &class{&pupil{seed: 7}, nil, map[string][]selection{
		"checker": make([]selection, len(choiceSizes))}, nil}
	for i := range choiceSizes {
		c.choices["checker"][i].n = choiceSizes[i]
	}
	c.addRows(rlhf.Tables, nil)
	plots, err := rlhf.Plots()
	require.NoError(t, err)
	require.Len(t, plots[0].Series, 3)
	require.Equal(t, []float64{0, 1}, plots[0].Series[0].X)
	verifiable := &Result{Experiment: Verifiable(), Tables: verifiableTables()}
	for _, r := range verifiableRuns(Full) {
		verifiablePlan{prompts: 1, samples: 1}.addRows(&verifiable.Tables[0], 7, r.name, checks)
	}
	plots, err = verifiable.Plots()
	require.NoError(t, err)
	require.Len(t, plots[0].Series, 4)
	require.Len(t, plots[1].Series, 4)
}

// TestOveroptimised checks that the fall is measured on other questions than those that choose the
// best measurement.
func TestOveroptimised(t *testing.T) {
	at := func(kl, board, proxy, gold float64) checkup {
		return checkup{board: &align.Scoreboard{KL: &kl, Gold: board},
			judged: judgement{[]float64{proxy - 1, proxy + 1}, []float64{gold, gold}}}
	}
	m := map[string]float64{}
	overoptimised(m, []checkup{at(0, .5, -1, .5), at(.9, .8, 1, .7), at(1.5, .7, 2, .9),
		at(4, .2, 3, .1)})
	require.Equal(t, .8, m["best_gold"])
	require.InDelta(t, -1, m["proxy_start"], 1e-9)
	require.InDelta(t, 3, m["proxy_end"], 1e-9)
	require.InDelta(t, 4, m["proxy_gain_low"], 1e-9)
	require.InDelta(t, .6, m["fall"], 1e-9)
	require.InDelta(t, .6, m["fall_low"], 1e-9)
}

func TestSampledAt(t *testing.T) {
	at := func(kl, sampled float64) checkup {
		return checkup{board: &align.Scoreboard{KL: &kl, GoldSampled: sampled}}
	}
	checks := []checkup{at(0, 0), at(1, 0.5), at(3, 0.1)}
	require.InDelta(t, 0.25, sampledAt(checks, 0.5), 1e-9)
	require.InDelta(t, 0.3, sampledAt(checks, 2), 1e-9)
	require.InDelta(t, 0.1, sampledAt(checks, 9), 1e-9)
}
