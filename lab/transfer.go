package lab

import (
	"context"
	"fmt"

	"lmzoo/corpus/world"
	"lmzoo/eval"
	"lmzoo/task"
)

// Transfer compares ways to transfer pre-training to a task, and amounts of pre-training.
func Transfer() Experiment {
	return Experiment{
		Name: "transfer", Era: "PLM", Year: 2018,
		Topic: "pre-training",
		Paper: "Radford et al. 2018, §3 and §5; Peters, Ruder & Smith 2019, To Tune or Not to " +
			"Tune?",
		Claim: "With 200 labels GPT-1 is better fine-tuned than frozen, more pre-training makes " +
			"it " +
			"better, and the auxiliary language-model loss makes no difference.",
		Figures: []Figure{{
			Title: "More pre-training, better transfer",
			Look: "The task has the same 200 labels everywhere; the horizontal axis is the part " +
				"of the pre-training that came before it.",
			X: "pre-training, %", Y: []string{"frozen", "fine-tuned", "fine-tuned, λ = 0.5"},
			XAxis: "part of the pre-training, %", YAxis: "accuracy", LogX: true,
		}},
		Measures: map[string]string{
			"SHARE_frozen": "accuracy of a linear head over the frozen model after that part of " +
				"the pre-training, in per cent",
			"SHARE_tuned": "accuracy after fine-tuning it with λ = 0",
			"tuning_gain": "100_tuned less 100_frozen",
			"tuning_low":  "lower end of its 95 % interval, paired over the draws",
			"more_gain":   "100_tuned less the same after the first part",
			"more_low":    "lower end of its 95 % interval",
			"aux_gain":    "accuracy with λ = 0.5 less that with λ = 0",
			"aux_low":     "lower end of its 95 % interval",
			"aux_high":    "upper end of its 95 % interval",
		},
		Run: runTransfer,
	}
}

// transferShares lists the measured fractions of the pre-training, in per cent.
var transferShares = []int{5, 15, 40, 100}

func runTransfer(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{{
		Title: "accuracy of GPT-1 with 200 labels by the part of the pre-training, mean over the " +
			"draws ± 95 %",
		Columns: []string{
			"seed", "pre-training, %", "tokens", "frozen", "fine-tuned", "fine-tuned, λ = 0.5",
		},
	}}}
	scale, draws := pick(env, 0.5, 0.1), pick(env, 5, 2)
	for _, seed := range env.Seeds {
		w, test := reviewTask(seed, world.Test)
		m := map[string]float64{}
		var first, frozen, tuned, aux []float64
		for _, share := range transferShares {
			p := pretrainedReviews("gpt", seed, scale*float64(share)/100, nil)
			r, err := env.Store.Pretrained(ctx, env, p)
			if err != nil {
				return nil, err
			}
			env.say("transfer, seed %d: measuring %d %%", seed, share)
			got, err := fits(ctx, env, []contender{
				{name: "frozen", run: r, frozen: true, pool: task.Mean, recipe: linear},
				{name: "fine-tuned", run: r, pool: task.Mean, recipe: fineTuning},
				{name: "auxiliary", run: r, pool: task.Mean, recipe: fineTuning, lambda: 0.5},
			}, w, test, 200, draws, seed)
			if err != nil {
				return nil, err
			}
			frozen, tuned, aux = got[0], got[1], got[2]
			if first == nil {
				first = tuned
			}
			m[fmt.Sprintf("%d_frozen", share)], _, _ = eval.Mean(frozen)
			m[fmt.Sprintf("%d_tuned", share)], _, _ = eval.Mean(tuned)
			tokens := fmt.Sprint(r.Config.Result.Tokens)
			res.Tables[0].add(fmt.Sprint(seed), fmt.Sprint(share), tokens,
				meanText(frozen), meanText(tuned), meanText(aux))
		}
		m["tuning_gain"], m["tuning_low"], _ = eval.Mean(minus(tuned, frozen))
		m["more_gain"], m["more_low"], _ = eval.Mean(minus(tuned, first))
		m["aux_gain"], m["aux_low"], m["aux_high"] = eval.Mean(minus(aux, tuned))
		held := m["tuning_low"] > 0 && m["more_low"] > 0 && m["aux_low"] <= 0
		res.Seeds = append(res.Seeds, Verdict{seed, held, m})
	}
	return res, nil
}
