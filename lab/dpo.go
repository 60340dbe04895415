package lab

import (
	"context"
	"fmt"
	"strings"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/train"
	"lmzoo/zoo"
)

// DPO tests what direct preference optimization changes in an assistant, and what its anchors do.
// At full scale it takes about two minutes on two threads per seed, in addition to the assistant.
func DPO() Experiment {
	return Experiment{
		Name: "dpo", Era: "LLM", Year: 2023,
		Topic: "alignment",
		Paper: "Rafailov et al. 2023; Razin et al. 2024; Pang et al. 2024",
		Claim: "Pairs of answers teach an assistant to admit what it does not know and to refuse " +
			"harm, about names that no stage has seen, and so raise the gold reward of its " +
			"answers. Without the anchors and with a weak β, DPO separates held-out pairs as " +
			"well, but the chosen answers become less likely, too, and gold reward is lost.",
		Figures: []Figure{{
			Title: "Direct preference optimization, with and without anchors",
			Look:  "All runs learn from the same pairs; without anchors, the answers get worse.",
			X:     "step", Lines: []string{"run"}, Y: []string{"gold"},
			XAxis: "training step", YAxis: "gold reward of the likeliest answers",
		}, {
			Title: "Likelihood displacement",
			Look: "Without anchors, the margin between the answers of a held-out pair grows " +
				"because both become less likely, the rejected one faster.",
			X: "step", Lines: []string{"run"}, Y: []string{"chosen", "rejected"},
			Where: map[string]string{"run": "anchors|no anchors"},
			XAxis: "training step", YAxis: "ln P of an answer, in nats",
		}},
		Measures: map[string]string{
			"sft_gold":     "gold reward of the likeliest answers after SFT",
			"RUN_gold":     "the same after DPO; RUN is anchors, no_anchors and others",
			"RUN_gain":     "RUN_gold less sft_gold",
			"RUN_gain_low": "lower end of its 95 % interval, paired over the questions",
			"RUN_sampled":  "gold reward of sampled answers",
			"RUN_win":      "share of questions with a better answer than after SFT; a tie is half",
			"RUN_kl":       "KL divergence of an answer to the model after SFT, in nats",
			"RUN_accuracy": "share of held-out pairs whose chosen answer has more implicit reward",
			"RUN_chosen":   "change of ln P of the chosen answer of held-out pairs, in nats",
			"RUN_rejected": "the same for the rejected answer",
			"RUN_margin":   "RUN_chosen less RUN_rejected",
			"RUN_known":    "share of right answers about known people",
			"RUN_idk":      "recall of \"i do not know\"",
			"RUN_refused":  "share of harmful requests that are refused",
			"RUN_falsely":  "share of harmless requests that are refused",
			"RUN_tax":      "change of bits per byte of the documents, as a share",
			"lead":         "anchors_gold less no_anchors_gold",
			"lead_low":     "lower end of its 95 % interval, paired over the questions",
			"contrast":     "anchors_gold less chosen_only_gold",
			"contrast_low": "lower end of its 95 % interval, paired over the questions",
		},
		Run: runDPO,
	}
}

// dpoRun is a way to learn from the pairs.
type dpoRun struct {
	name string
	align.DPOOptions
}

// dpoRuns returns the runs. The run "chosen only" is a control: if the rejected answers taught
// nothing, it would be as good as "anchors".
func dpoRuns(scale Scale, recipe align.DPOOptions) []dpoRun {
	weak, only := recipe, recipe
	weak.Beta, only.Beta = weakBeta, noBeta
	all := []dpoRun{{"anchors", recipe}, {"no anchors", align.DPOOptions{Beta: weakBeta}},
		{"chosen only", only}}
	if scale == Full {
		all = append(all, dpoRun{"no anchors, strong", align.DPOOptions{Beta: recipe.Beta}},
			dpoRun{"anchors, weak", weak})
	}
	return all
}

const (
	weakBeta  = .1
	noBeta    = 1e-6 // gives the pairs almost no weight, so only the anchors count
	dpoParts  = 6    // measurements during a training
	dpoStream = 0xd90
)

// dpoPairs describes the pairs of the pipeline.
var dpoPairs = preferenceSet{written: 4000, faults: align.ConductFaults, asked: 300, each: 2}

// dpoPlan holds the amount of computation.
type dpoPlan struct {
	config    train.Config
	runs      []dpoRun
	questions int // questions of each kind
	held      int // held-out pairs
}

// dpoCheck is a measurement of a policy.
type dpoCheck struct {
	step  int
	board *align.Scoreboard
	pairs align.Preference // measures of the held-out pairs
}

// learnPairs trains a copy of the pupil and measures it during the training.
func (p *pupil) learnPairs(
	ctx context.Context, r dpoRun, plan dpoPlan, pairs, held []align.Pair,
) (checks []dpoCheck, err error) {
	rehearse := 0
	if r.Rehearse > 0 {
		rehearse = plan.config.Batch / 2
	}
	src, err := p.pairsOf(pairs, rehearse)
	if err != nil {
		return nil, err
	}
	test, err := p.pairsOf(held, 0)
	if err != nil {
		return nil, err
	}
	policy := p.copy()
	if err := test.SetReference(ctx, policy); err != nil {
		return nil, err
	}
	d, err := align.NewDPO(ctx, policy, src, r.DPOOptions)
	if err != nil {
		return nil, err
	}
	watch := checkpoints(plan.config, dpoParts, func(step int) error {
		check := dpoCheck{step: step, board: p.start}
		if step > 0 {
			if check.board, err = p.board(ctx, policy, plan.questions, 1); err != nil {
				return err
			}
		}
		check.pairs, err = d.Measure(ctx, test)
		checks = append(checks, check)
		return err
	})
	_, err = train.Run[align.PairBatch](ctx, d, src, plan.config, watch)
	return checks, err
}

func runDPO(ctx context.Context, env *Env) (*Result, error) {
	plan := dpoPlan{questions: pick(env, 60, 30), held: pick(env, 500, 200)}
	pupils, err := env.pupils(ctx, plan.questions)
	if err != nil {
		return nil, err
	}
	stage := zoo.PipelineInfo("dpo")
	if plan.config, err = pupils[0].recipe(ctx, stage); err != nil {
		return nil, err
	}
	plan.config.Steps = pick(env, plan.config.Steps, plan.config.Steps/4)
	recipe := *stage.DPO
	recipe.Rehearse = stage.Rehearse
	plan.runs = dpoRuns(env.Scale, recipe)
	return plan.run(ctx, env, pupils)
}

// run trains all pupils in all ways.
func (plan dpoPlan) run(ctx context.Context, env *Env, pupils []*pupil) (*Result, error) {
	n := len(plan.runs)
	all := make([][]dpoCheck, n*len(pupils))
	err := each(ctx, env, len(all), func(ctx context.Context, i int) error {
		p, r := pupils[i/n], plan.runs[i%n]
		env.say("dpo, seed %d: %s", p.seed, r.name)
		pairs, err := p.preferences(ctx, dpoPairs, world.ForPreferences, dpoStream)
		if err != nil {
			return err
		}
		held, err := p.preferences(ctx, preferenceSet{written: plan.held,
			faults: align.ConductFaults}, world.ForTest, dpoStream)
		if err == nil {
			all[i], err = p.learnPairs(ctx, r, plan, pairs, held)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	res := &Result{Tables: dpoTables()}
	for i, p := range pupils {
		checks := map[string][]dpoCheck{}
		for j, r := range plan.runs {
			checks[r.name] = all[i*n+j]
			addDPORows(res.Tables, p, r.name, all[i*n+j])
		}
		res.Seeds = append(res.Seeds, dpoVerdict(p.seed, p.start, checks))
	}
	return res, nil
}

// dpoTables returns the tables without rows.
func dpoTables() []Table {
	return []Table{{
		Title: "direct preference optimization, by training step: gold reward of the likeliest " +
			"answers and of samples, KL in nats, and ln P of the answers of held-out pairs",
		Columns: []string{"seed", "run", "step", "gold", "sampled", "win rate", "KL", "chosen",
			"rejected", "accuracy", "bits per byte"},
	}, {
		Title: "what the assistants do at the end",
		Columns: []string{"seed", "run", "known right", "idk precision", "idk recall",
			"harm refused", "false refusals", "tools right"},
	}}
}

// addDPORows adds the rows of one run.
func addDPORows(tables []Table, p *pupil, name string, checks []dpoCheck) {
	seed := fmt.Sprint(p.seed)
	for _, c := range checks {
		b := c.board
		tables[0].add(seed, name, fmt.Sprint(c.step), fmt.Sprintf("%.3f", b.Gold),
			fmt.Sprintf("%.3f", b.GoldSampled), fmt.Sprintf("%.3f", winRate(b, p.start)),
			fmt.Sprintf("%.2f", klOf(b)), fmt.Sprintf("%.2f", c.pairs.LogChosen),
			fmt.Sprintf("%.2f", c.pairs.LogRejected), fmt.Sprintf("%.3f", c.pairs.Accuracy),
			fmt.Sprintf("%.4f", b.BitsPerByte))
	}
	if len(tables[1].Rows) == 0 || tables[1].Rows[len(tables[1].Rows)-1][0] != seed {
		tables[1].add(append([]string{seed, "SFT"}, conduct(p.start)...)...)
	}
	tables[1].add(append([]string{seed, name}, conduct(checks[len(checks)-1].board)...)...)
}

// conduct returns table cells that describe how an assistant behaves.
func conduct(b *align.Scoreboard) (cells []string) {
	for _, x := range []float64{b.Right[world.Known], b.IdkPrecision, b.IdkRecall, b.HarmRefused,
		b.FalseRefusals, b.ToolRight} {
		cells = append(cells, fmt.Sprintf("%.3f", x))
	}
	return cells
}

// dpoVerdict returns the verdict for one seed.
func dpoVerdict(seed uint64, start *align.Scoreboard, runs map[string][]dpoCheck) Verdict {
	m := map[string]float64{"sft_gold": start.Gold}
	ends := map[string]*align.Scoreboard{}
	for run, checks := range runs {
		first, end := checks[0].pairs, checks[len(checks)-1]
		name, b := measureName(run), end.board
		ends[name] = b
		m[name+"_gold"], m[name+"_sampled"] = b.Gold, b.GoldSampled
		m[name+"_gain"], m[name+"_gain_low"], _ = paired(b, start)
		m[name+"_win"], m[name+"_kl"] = winRate(b, start), klOf(b)
		m[name+"_accuracy"] = end.pairs.Accuracy
		m[name+"_chosen"] = end.pairs.LogChosen - first.LogChosen
		m[name+"_rejected"] = end.pairs.LogRejected - first.LogRejected
		m[name+"_margin"] = m[name+"_chosen"] - m[name+"_rejected"]
		m[name+"_known"], m[name+"_idk"] = b.Right[world.Known], b.IdkRecall
		m[name+"_refused"], m[name+"_falsely"] = b.HarmRefused, b.FalseRefusals
		m[name+"_tax"] = b.BitsPerByte/start.BitsPerByte - 1
	}
	m["lead"], m["lead_low"], _ = paired(ends["anchors"], ends["no_anchors"])
	m["contrast"], m["contrast_low"], _ = paired(ends["anchors"], ends["chosen_only"])
	return Verdict{Seed: seed, Held: dpoHeld(m), Measures: m}
}

// measureName returns the name of a run as a part of the name of a measure.
func measureName(run string) string {
	return strings.ReplaceAll(strings.ReplaceAll(run, ",", ""), " ", "_")
}

// dpoHeld reports whether the claim holds.
func dpoHeld(m map[string]float64) bool {
	learned := m["anchors_gain_low"] > 0 && m["anchors_accuracy"] >= 0.9
	displaced := m["no_anchors_accuracy"] >= 0.9 && m["no_anchors_chosen"] <= -1 &&
		m["anchors_chosen"] > m["no_anchors_chosen"]+1
	return learned && displaced && m["lead_low"] > 0
}
