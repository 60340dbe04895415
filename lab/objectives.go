package lab

import (
	"context"
	"fmt"

	"lmzoo/corpus/world"
	"lmzoo/eval"
	"lmzoo/task"
)

// Objectives compares the objectives for learning from raw text.
func Objectives() Experiment {
	return Experiment{
		Name: "objectives", Era: "PLM", Year: 2019,
		Topic: "pre-training",
		Paper: "Devlin et al. 2019, §5.1; Wettig et al. 2023",
		Claim: "On the same number of tokens, hiding 40 % of them teaches BERT more than hiding " +
			"15 %, and predicting the next sentence adds nothing.",
		Figures: []Figure{{
			Title: "What the objective teaches",
			Look: "Compare the dots of one colour: 15 % and 40 % of the words hidden, the next " +
				"sentence predicted as well, and the next word alone.",
			X: "objective", Y: []string{"frozen", "fine-tuned", "senses"}, Dots: true,
			YAxis: "accuracy",
		}},
		Measures: map[string]string{
			"OBJECTIVE_frozen": "accuracy of a linear head over the frozen model with 200 " +
				"labels, mean over the draws",
			"OBJECTIVE_tuned": "accuracy after fine-tuning with 200 labels, mean over the draws",
			"OBJECTIVE_senses": "accuracy of a probe for the sense of a homonym with cues on the " +
				"right, last layer",
			"rate_gain": "40_frozen less 15_frozen",
			"rate_low": "lower end of its 95 % interval, paired over the draws of labels; " +
				"it ignores the luck of a pre-training",
			"nsp_gain":          "40_nsp_frozen less 40_frozen",
			"nsp_low, nsp_high": "its 95 % interval",
		},
		Run: runObjectives,
	}
}

// objective is one of the compared ways to pre-train.
type objective struct {
	name, species string
	values        map[string]any
}

// objectives lists the objectives. All see the same number of tokens, and their models have the
// same size.
var objectives = []objective{
	{"causal", "gpt", map[string]any{"n_embd": 128, "n_head": 4}},
	{"15", "bert", map[string]any{"mask_rate": 0.15}},
	{"40", "bert", map[string]any{"mask_rate": 0.40}},
	{"40_nsp", "bert", map[string]any{"mask_rate": 0.40, "nsp": true}},
}

// objectiveSteps is the number of steps of every objective. After 1,500 it was a matter of luck
// whether a BERT had learned the polarity of reviews.
const objectiveSteps = 5000

// pretraining returns the pre-training of the objective for a number of steps.
func (o objective) pretraining(seed uint64, env *Env, steps int) Pretraining {
	values := map[string]any{"steps": steps}
	for k, v := range o.values {
		values[k] = v
	}
	return pretrainedReviews(o.species, seed, 1, values)
}

// rightSense returns the accuracy of a probe on the last layer for cues on the right.
func (c contender) rightSense(ctx context.Context, env *Env, seed uint64) (float64, error) {
	body, err := c.body(seed)
	if err != nil {
		return 0, err
	}
	acc, err := c.probeSide(ctx, env, body, seed, world.Right)
	if err != nil {
		return 0, err
	}
	return acc[len(acc)-1], nil
}

func runObjectives(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{{
		Title: "what each objective is worth with 200 labels, and for the sense of a homonym " +
			"with cues on its right",
		Columns: []string{"seed", "objective", "frozen", "fine-tuned", "senses"},
	}}}
	steps, draws := pick(env, objectiveSteps, 300), pick(env, 5, 2)
	for _, seed := range env.Seeds {
		w, test := reviewTask(seed, world.Test)
		m, frozen := map[string]float64{}, map[string][]float64{}
		for _, o := range objectives {
			r, err := env.Store.Pretrained(ctx, env, o.pretraining(seed, env, steps))
			if err != nil {
				return nil, err
			}
			env.say("objectives, seed %d: measuring %s", seed, o.name)
			head := contender{name: o.name, run: r, frozen: true, pool: task.Mean, recipe: linear}
			tuned := contender{name: o.name, run: r, pool: task.Mean, recipe: fineTuning}
			got, err := fits(ctx, env, []contender{head, tuned}, w, test, 200, draws, seed)
			if err != nil {
				return nil, err
			}
			sense, err := head.rightSense(ctx, env, seed)
			if err != nil {
				return nil, err
			}
			frozen[o.name] = got[0]
			m[o.name+"_frozen"], _, _ = eval.Mean(got[0])
			m[o.name+"_tuned"], _, _ = eval.Mean(got[1])
			m[o.name+"_senses"] = sense
			res.Tables[0].add(fmt.Sprint(seed), o.name, meanText(got[0]), meanText(got[1]),
				fmt.Sprintf("%.3f", sense))
		}
		m["rate_gain"], m["rate_low"], _ = eval.Mean(minus(frozen["40"], frozen["15"]))
		nsp := minus(frozen["40_nsp"], frozen["40"])
		m["nsp_gain"], m["nsp_low"], m["nsp_high"] = eval.Mean(nsp)
		res.Seeds = append(res.Seeds, Verdict{seed, m["rate_low"] > 0 && m["nsp_low"] <= 0, m})
	}
	return res, nil
}
