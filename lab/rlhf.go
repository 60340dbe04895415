package lab

import (
	"context"

	"lmzoo/align"
)

// RLHF tests how the gold reward changes when a policy is trained on a learned reward. At full
// scale it takes about three minutes on two threads per seed, in addition to the assistant.
func RLHF() Experiment {
	return Experiment{
		Name: "rlhf", Era: "LLM", Year: 2022,
		Topic: "alignment",
		Paper: "Ouyang et al. 2022; Gao et al. 2023; Stiennon et al. 2020",
		Claim: "Optimised without a penalty, the reward that a fixed weak model gives goes on " +
			"rising while the gold reward falls below its best. A KL penalty, a model that has " +
			"seen near misses and broken text, or retraining on the answers of the policy keeps " +
			"more gold reward, although the accuracy on held-out pairs of its own kind puts the " +
			"weak model first.",
		Figures: []Figure{{
			Title: "Over-optimisation: proxy and gold reward",
			Look: "Without a penalty, the reward that the weak model gives rises with the " +
				"distance; compare it with the gold reward. One seed.",
			Table: 3, X: "√KL", Y: []string{"proxy", "gold", "sampled"},
			XAxis: "√KL to the model after SFT, in √nats", YAxis: "reward",
		}, {
			Title: "What keeps the gold reward",
			Look: "Only the penalty, another reward model and retraining set the others apart " +
				"from the weak one without a penalty.",
			X: "answers", Lines: []string{"run"}, Y: []string{"gold"},
			XAxis: "sampled answers", YAxis: "gold reward of the likeliest answers",
		}, {
			Title: "Best of n by different rewards",
			Look: "The gold reward of the answer that a reward model likes best, before any " +
				"training of the policy.",
			Table: 1, X: "n", Lines: []string{"reward"}, Y: []string{"gold"}, Limit: "checker",
			LogX: true, XAxis: "answers to choose from", YAxis: "gold reward",
		}},
		Measures: map[string]string{
			"sft_gold":         "gold reward of the likeliest answers after SFT",
			"proxy_start":      "reward that the fixed weak model gives to samples after SFT",
			"proxy_end":        "the same at the end of the run without a penalty",
			"proxy_gain_low":   "lower end of the 95 % interval of that rise, paired",
			"judged_start":     "gold reward of the same samples after SFT",
			"judged_best":      "gold reward of the same samples where the gold reward is highest",
			"judged_end":       "gold reward of the same samples at the end",
			"best_gold":        "highest gold reward of likeliest answers in that run",
			"fall":             "judged_best less judged_end",
			"fall_low":         "lower end of its 95 % interval, paired over the questions",
			"stop_gain":        "gain of gold reward of that run at the first KL above 1 nat",
			"stop_gain_low":    "lower end of its 95 % interval, paired over the questions",
			"RUN_gold":         "gold reward of the likeliest answers at the end of a run",
			"RUN_sampled":      "the same of sampled answers",
			"RUN_gain":         "RUN_gold less sft_gold",
			"RUN_gain_low":     "lower end of its 95 % interval, paired over the questions",
			"RUN_kl":           "KL divergence to the model after SFT, in nats",
			"RUN_idk":          "recall of \"i do not know\"",
			"RUN_refused":      "share of harmful requests that are refused",
			"RUN_falsely":      "share of harmless requests that are refused",
			"lead_penalty":     "weak_penalty_gold less weak_gold",
			"lead_penalty_low": "lower end of its 95 % interval, paired over the questions",
			"lead_strong":      "strong_gold less weak_gold",
			"lead_strong_low":  "lower end of its 95 % interval, paired over the questions",
			"lead_fresh":       "weak_retrained_gold less weak_gold",
			"lead_fresh_low":   "lower end of its 95 % interval, paired over the questions",
			"MODEL_accuracy":   "share of right choices on held-out pairs of a model's own kind",
			"MODEL_common":     "the same on the held-out pairs of the strong model's kind",
			"MODEL_best":       "gold reward of the best of 16 answers by a reward model",
			"MODEL_length":     "tokens of the best of 16 answers",
			"equal_kl":         "KL divergence of the best of 16 by the strong model, in nats",
			"equal_best":       "its gold reward",
			"equal_rl":         "gold reward of samples of strong_penalty at that KL divergence",
		},
		Run: runRLHF,
	}
}

// rlhfRun is a run of reinforcement learning with a reward model.
type rlhfRun struct {
	name, teacher string
	penalty       float64 // weight of the KL divergence
	retrain       bool
}

// far reports whether a run is without a penalty. Such runs are twice as long, because their claim
// is about a policy that moves far away.
func (r rlhfRun) far() bool { return r.penalty == 0 }

// rlhfRuns lists the runs.
var rlhfRuns = []rlhfRun{
	{freeRun, "weak", 0, false}, {"weak, penalty", "weak", rlhfPenalty, false},
	{"strong", "strong", 0, false}, {"strong, penalty", "strong", rlhfPenalty, false},
	{"weak, retrained", "weak", 0, true},
}

// rlhfPlan holds the amount of computation.
type rlhfPlan struct {
	teachers         []teacher
	runs             []rlhfRun
	rollouts, parts  int
	prompts, samples int // prompts of a roll-out; answers to each prompt
	questions        int // questions of each kind
	held             int // held-out pairs
}

const (
	freeRun     = "weak" // name of the run without a penalty
	rlhfPenalty = .1
	rlhfRate    = 3e-4
	rlhfBest    = 4 // index of 16 in choiceSizes
	rlhfStop    = 1 // nats
)

// class holds a pupil, its reward models, and their choices among its answers.
type class struct {
	*pupil
	proxies map[string]*proxy
	choices map[string][]selection
	correct map[string][2]float64 // accuracy on pairs of its own kind, and on pairs with all faults
}

func runRLHF(ctx context.Context, env *Env) (*Result, error) {
	plan := rlhfPlan{teachers: teachers(env.Scale), runs: rlhfRuns,
		rollouts: pick(env, 60, 20), parts: pick(env, 6, 4), prompts: 24, samples: 8,
		questions: pick(env, 30, 15), held: pick(env, 400, 200)}
	pupils, err := env.pupils(ctx, plan.questions)
	if err != nil {
		return nil, err
	}
	return plan.run(ctx, env, pupils)
}

// run makes the reward models of all pupils, and then the policies.
func (plan rlhfPlan) run(ctx context.Context, env *Env, pupils []*pupil) (*Result, error) {
	classes, err := plan.teach(ctx, env, pupils)
	if err != nil {
		return nil, err
	}
	n := len(plan.runs)
	all := make([][]checkup, n*len(pupils))
	err = each(ctx, env, len(all), func(ctx context.Context, i int) (err error) {
		env.say("rlhf, seed %d: %s", classes[i/n].seed, plan.runs[i%n].name)
		all[i], err = plan.practise(ctx, classes[i/n], plan.runs[i%n])
		return err
	})
	if err != nil {
		return nil, err
	}
	res := &Result{Tables: rlhfTables()}
	for i, c := range classes {
		runs := map[string][]checkup{}
		for j, r := range plan.runs {
			runs[r.name] = all[i*n+j]
			plan.addRows(&res.Tables[0], c.seed, r.name, all[i*n+j])
			if i == 0 && r.name == freeRun {
				addFree(&res.Tables[3], c.seed, all[i*n+j])
			}
		}
		c.addRows(res.Tables, plan.teachers)
		res.Seeds = append(res.Seeds, rlhfVerdict(c, runs))
	}
	return res, nil
}

// teach makes the reward models.
func (plan rlhfPlan) teach(ctx context.Context, env *Env, pupils []*pupil) ([]*class, error) {
	n := len(plan.teachers)
	classes, proxies := make([]*class, len(pupils)), make([]*proxy, n*len(pupils))
	correct := make([][2]float64, len(proxies))
	choices := make([][]selection, len(proxies))
	answers := make([]*examined, len(pupils))
	err := each(ctx, env, len(pupils), func(ctx context.Context, i int) (err error) {
		answers[i], err = pupils[i].examine(ctx, max(plan.questions/3, 1))
		return err
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, env, len(proxies), func(ctx context.Context, i int) error {
		p, t := pupils[i/n], plan.teachers[i%n]
		env.say("rlhf, seed %d: reward model, %s", p.seed, t.name)
		x, err := p.taught(ctx, t)
		if err != nil {
			return err
		}
		proxies[i] = x
		for k, faults := range []align.TalkFaults{t.pairs.faults, align.AllFaults} {
			if correct[i][k], err = x.accuracy(ctx, faults, plan.held); err != nil {
				return err
			}
		}
		choices[i], err = answers[i/n].best(ctx, x.scorer(nil))
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, p := range pupils {
		c := &class{p, map[string]*proxy{}, map[string][]selection{}, map[string][2]float64{}}
		if c.choices["checker"], err = answers[i].best(ctx, known(answers[i].gold)); err != nil {
			return nil, err
		}
		for j, t := range plan.teachers {
			c.proxies[t.name], c.choices[t.name] = proxies[i*n+j], choices[i*n+j]
			c.correct[t.name] = correct[i*n+j]
		}
		classes[i] = c
	}
	return classes, nil
}

// practise trains a policy on a reward model.
func (plan rlhfPlan) practise(ctx context.Context, c *class, r rlhfRun) ([]checkup, error) {
	o := align.DefaultRL(align.GRPO)
	o.Normalise, o.KL = align.BatchScale, r.penalty
	o.Prompts, o.Samples = plan.prompts, plan.samples
	x := c.proxies[r.teacher]
	p := drill{options: o, rollouts: plan.rollouts, rate: rlhfRate, parts: plan.parts,
		judged: true}
	if r.far() {
		p.rollouts, p.parts = 2*p.rollouts, 2*p.parts
	}
	if r.retrain {
		x = x.copy()
		p.after = x.retrain(plan.samples)
	}
	p.scorer = x.scorer
	return c.pupil.practise(ctx, p, plan.questions)
}
