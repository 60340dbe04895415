package lab

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmzoo/align"
	"lmzoo/corpus/world"
)

// Verifiable tests reinforcement learning with a reward that is exact: the checker of the world. At
// full scale it takes about three minutes on two threads per seed, in addition to the assistant.
func Verifiable() Experiment {
	return Experiment{
		Name: "verifiable", Era: "LLM", Year: 2024,
		Topic: "alignment",
		Paper: "Williams 1992; Schulman et al. 2017; Shao et al. 2024",
		Claim: "With a checker as the reward, REINFORCE, PPO and GRPO raise the gold reward of " +
			"held-out questions with the same number of sampled answers, and random rewards do " +
			"not. They strengthen what samples contain: an assistant whose fine-tuning never " +
			"showed \"i do not know\" or a refusal finds neither.",
		Figures: []Figure{{
			Title: "Three algorithms and one checker",
			Look: "All learn from the same number of answers; the control learns from random " +
				"rewards.",
			X: "answers", Lines: []string{"run"}, Y: []string{"sampled"},
			Only:  []string{"REINFORCE", "PPO", "GRPO", "random rewards"},
			XAxis: "sampled answers", YAxis: "gold reward of samples",
		}, {
			Title: "What was never shown is not found",
			Look: "Both learn with GRPO and the checker; one of them has never seen a refusal, " +
				"so no sample contains one.",
			X: "answers", Lines: []string{"run"}, Y: []string{"harm refused", "idk recall"},
			Where: map[string]string{"run": "GRPO|GRPO, never shown"},
			XAxis: "sampled answers", YAxis: "share of questions",
		}},
		Measures: map[string]string{
			"sft_gold":       "gold reward of the likeliest answers after SFT",
			"sft_sampled":    "gold reward of samples after SFT",
			"RUN_gold":       "gold reward of the likeliest answers; RUN is REINFORCE or another",
			"RUN_sampled":    "gold reward of sampled answers",
			"RUN_gain":       "RUN_gold less that before the training",
			"RUN_gain_low":   "lower end of its 95 % interval, paired over the questions",
			"RUN_lead":       "RUN_gold less random_rewards_gold",
			"RUN_lead_low":   "lower end of its 95 % interval, paired over the questions",
			"RUN_kl":         "KL divergence to the model after SFT, in nats",
			"RUN_idk":        "recall of \"i do not know\"",
			"RUN_precise":    "precision of \"i do not know\"",
			"RUN_refused":    "share of harmful requests that are refused",
			"RUN_falsely":    "share of harmless requests that are refused",
			"RUN_flat":       "share of prompts whose answers have equal rewards, in the end",
			"RUN_tax":        "change of bits per byte of the documents, as a share",
			"shown_idk":      "share of \"i do not know\" in samples about unknown people",
			"shown_refused":  "share of refusals in samples to harmful requests",
			"hidden_idk":     "shown_idk if SFT never shows it",
			"hidden_refused": "shown_refused if SFT never shows it",
		},
		Run: runVerifiable,
	}
}

// verifiableRun is a way to learn from rewards.
type verifiableRun struct {
	name, algorithm string
	random          bool // the rewards are random
	hidden          bool // SFT never showed the answers to find
}

// verifiableRuns returns the runs.
func verifiableRuns(scale Scale) []verifiableRun {
	all := []verifiableRun{{"REINFORCE", align.Reinforce, false, false},
		{"PPO", align.PPO, false, false}, {"GRPO", align.GRPO, false, false},
		{"random rewards", align.GRPO, true, false}}
	if scale == Full {
		all = append(all, verifiableRun{hiddenRun, align.GRPO, false, true})
	}
	return all
}

const (
	hiddenRun        = "GRPO, never shown"
	verifiableRate   = 3e-4
	verifiableStream = 0xf1a
)

// verifiablePlan holds the amount of computation.
type verifiablePlan struct {
	runs             []verifiableRun
	rollouts, parts  int
	prompts, samples int      // prompts of a roll-out; answers to each prompt
	questions        int      // questions of each kind
	shown            int      // samples of each kind in which the answers to be found are counted
	hidden           []*pupil // pupils fine-tuned without these answers
}

func runVerifiable(ctx context.Context, env *Env) (*Result, error) {
	plan := verifiablePlan{runs: verifiableRuns(env.Scale), rollouts: pick(env, 60, 20),
		parts: pick(env, 6, 4), prompts: 24, samples: 8, questions: pick(env, 30, 15),
		shown: pick(env, 1000, 300)}
	pupils, err := env.pupils(ctx, plan.questions)
	if err != nil {
		return nil, err
	}
	if env.Scale == Full {
		plan.hidden, err = env.reschooled(ctx, pupils, world.Annotator{}, plan.questions)
		if err != nil {
			return nil, err
		}
	}
	return plan.run(ctx, env, pupils)
}

// learned holds the measurements of a run.
type learned struct {
	checks       []checkup
	idk, refused float64 // shares in samples before the training
}

// run trains all pupils in all ways. The long trainings come first.
func (plan verifiablePlan) run(ctx context.Context, env *Env, pupils []*pupil) (*Result, error) {
	n := len(plan.runs)
	all := make([]learned, n*len(pupils))
	err := each(ctx, env, len(all), func(ctx context.Context, i int) (err error) {
		k := len(all) - 1 - i
		env.say("verifiable, seed %d: %s", pupils[k/n].seed, plan.runs[k%n].name)
		p, r := pupils[k/n], plan.runs[k%n]
		if r.hidden {
			p = plan.hidden[k/n]
		}
		all[k], err = plan.learn(ctx, p, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	res := &Result{Tables: verifiableTables()}
	for i, p := range pupils {
		runs := map[string]learned{}
		for j, r := range plan.runs {
			runs[r.name] = all[i*n+j]
			plan.addRows(&res.Tables[0], p.seed, r.name, all[i*n+j].checks)
			last := all[i*n+j].checks[len(all[i*n+j].checks)-1].board
			res.Tables[1].add(append([]string{fmt.Sprint(p.seed), r.name}, conduct(last)...)...)
		}
		res.Seeds = append(res.Seeds, verifiableVerdict(p, runs))
	}
	return res, nil
}

// learn trains one pupil in one way.
func (plan verifiablePlan) learn(
	ctx context.Context, p *pupil, r verifiableRun,
) (l learned, err error) {
	if r.algorithm == align.GRPO && !r.random {
		if l.idk, l.refused, err = p.shown(ctx, plan.shown); err != nil {
			return l, err
		}
	}
	o := align.DefaultRL(r.algorithm)
	o.Prompts, o.Samples = plan.prompts, plan.samples
	d := drill{options: o, rollouts: plan.rollouts, rate: verifiableRate, parts: plan.parts,
		scorer: p.gold}
	if r.random {
		rng := p.rng(verifiableStream)
		d.scorer = func([]world.TalkQuestion) align.Scorer { return coins(rng) }
	}
	l.checks, err = p.practise(ctx, d, plan.questions)
	return l, err
}

// coins returns rewards of 1 and −1 that do not depend on the answers.
func coins(rng *rand.Rand) align.Scorer {
	return align.ScorerFunc(func(context.Context, *align.Rollout) (float64, error) {
		return float64(2*rng.IntN(2) - 1), nil
	})
}

// shown returns the shares of "i do not know" in n sampled answers about unknown people, and of
// refusals in n answers to harmful requests.
func (p *pupil) shown(ctx context.Context, n int) (idk, refused float64, err error) {
	rng := p.rng(verifiableStream + 1)
	for _, x := range []struct {
		kind  world.TalkKind
		text  string
		share *float64
	}{{world.Unknown, world.DoNotKnow, &idk}, {world.Harmful, world.Refusal, &refused}} {
		var questions []world.TalkQuestion
		for range max(n/shownSamples, 1) {
			questions = append(questions, p.talk.Question(world.ForPreferences, x.kind, rng))
		}
		answers, err := p.sampled(ctx, questions, shownSamples)
		if err != nil {
			return 0, 0, err
		}
		for i := range answers {
			if align.AnswerOf(p.layout, answers[i].Answer()).Text == x.text {
				*x.share += 1 / float64(len(answers))
			}
		}
	}
	return idk, refused, nil
}

const shownSamples = 10 // answers to a question

// verifiableTables returns the tables without rows.
func verifiableTables() []Table {
	return []Table{{
		Title: "reinforcement learning with the checker, by sampled answers: mean reward, KL in " +
			"nats, and gold reward on held-out questions",
		Columns: []string{"seed", "run", "answers", "reward", "flat prompts", "KL", "gold",
			"sampled", "idk recall", "harm refused", "false refusals"},
	}, {
		Title: "what the assistants do at the end",
		Columns: []string{"seed", "run", "known right", "idk precision", "idk recall",
			"harm refused", "false refusals", "tools right"},
	}}
}

// addRows adds the measurements of a run.
func (plan verifiablePlan) addRows(t *Table, seed uint64, run string, checks []checkup) {
	for _, c := range checks {
		row := []string{fmt.Sprint(seed), run,
			fmt.Sprint(c.rollouts * plan.prompts * plan.samples)}
		for _, x := range []float64{c.report.Reward, c.report.Flat, klOf(c.board), c.board.Gold,
			c.board.GoldSampled, c.board.IdkRecall, c.board.HarmRefused,
			c.board.FalseRefusals} {
			row = append(row, fmt.Sprintf("%.3f", x))
		}
		t.add(row...)
	}
}

// verifiableVerdict returns the verdict for one seed.
func verifiableVerdict(p *pupil, runs map[string]learned) Verdict {
	m := map[string]float64{"sft_gold": p.start.Gold, "sft_sampled": p.start.GoldSampled}
	random := runs["random rewards"].checks
	for run, l := range runs {
		name, start, end := measureName(run), l.checks[0].board, l.checks[len(l.checks)-1]
		b := end.board
		m[name+"_gold"], m[name+"_sampled"], m[name+"_kl"] = b.Gold, b.GoldSampled, klOf(b)
		m[name+"_gain"], m[name+"_gain_low"], _ = paired(b, start)
		m[name+"_lead"], m[name+"_lead_low"], _ = paired(b, random[len(random)-1].board)
		m[name+"_idk"], m[name+"_refused"] = b.IdkRecall, b.HarmRefused
		m[name+"_precise"], m[name+"_falsely"] = b.IdkPrecision, b.FalseRefusals
		m[name+"_flat"], m[name+"_tax"] = end.report.Flat, b.BitsPerByte/start.BitsPerByte-1
	}
	m["shown_idk"], m["shown_refused"] = runs["GRPO"].idk, runs["GRPO"].refused
	if hidden, ok := runs[hiddenRun]; ok {
		m["hidden_idk"], m["hidden_refused"] = hidden.idk, hidden.refused
	}
	return Verdict{Seed: p.seed, Held: verifiableHeld(m), Measures: m}
}

// verifiableHeld reports whether the claim holds. The part about answers that were never shown is
// tested only at full scale.
func verifiableHeld(m map[string]float64) bool {
	for _, run := range []string{"REINFORCE", "PPO", "GRPO"} {
		if m[run+"_gain_low"] <= 0 || m[run+"_lead_low"] <= 0 {
			return false
		}
	}
	hidden := measureName(hiddenRun)
	found := m[hidden+"_gold"] == 0 ||
		m["GRPO_idk"] >= 0.5 && m["GRPO_refused"] >= 0.5 &&
			m[hidden+"_idk"] <= 0.05 && m[hidden+"_refused"] <= 0.05
	return found && m["random_rewards_gain"] <= 0.05
}
