package lab

import (
	"fmt"
	"math"

	"lmzoo/align"
	"lmzoo/eval"
)

// rlhfTables returns the tables without rows.
func rlhfTables() []Table {
	return []Table{{
		Title: "reinforcement learning with a reward model: its reward, the gold reward of the " +
			"likeliest answers and of samples, and KL in nats",
		Columns: []string{"seed", "run", "answers", "KL", "√KL", "proxy", "gold", "sampled",
			"idk recall", "harm refused", "false refusals"},
	}, {
		Title: "the best of n answers of the model after SFT by different rewards: measured KL " +
			"in nats, gold reward, and length in tokens",
		Columns: []string{"seed", "reward", "n", "KL", "gold", "tokens"},
	}, {
		Title: "reward models: accuracy on held-out pairs of their own kind and with all faults, " +
			"and gold reward of the best of 16",
		Columns: []string{"seed", "reward", "own pairs", "all faults", "best of 16"},
	}, {
		Title: "the fixed weak reward model without a penalty, one seed: its reward and the gold " +
			"reward by the distance",
		Columns: []string{"seed", "√KL", "proxy", "gold", "sampled"},
	}}
}

// proxy returns the mean reward, by the reward that the policy learns from, of its answers to
// held-out questions.
func (c checkup) proxy() float64 {
	mean, _, _ := eval.Mean(c.judged.proxy)
	return mean
}

// addFree adds the rows of the run without a penalty.
func addFree(t *Table, seed uint64, checks []checkup) {
	for _, c := range checks {
		t.add(fmt.Sprint(seed), fmt.Sprintf("%.3f", math.Sqrt(klOf(c.board))),
			fmt.Sprintf("%.3f", c.proxy()), fmt.Sprintf("%.3f", c.board.Gold),
			fmt.Sprintf("%.3f", c.board.GoldSampled))
	}
}

// addRows adds the rows of a run of reinforcement learning.
func (plan rlhfPlan) addRows(t *Table, seed uint64, run string, checks []checkup) {
	for _, c := range checks {
		kl := klOf(c.board)
		row := []string{fmt.Sprint(seed), run,
			fmt.Sprint(c.rollouts * plan.prompts * plan.samples)}
		for _, x := range []float64{kl, math.Sqrt(kl), c.proxy(), c.board.Gold,
			c.board.GoldSampled, c.board.IdkRecall, c.board.HarmRefused,
			c.board.FalseRefusals} {
			row = append(row, fmt.Sprintf("%.3f", x))
		}
		t.add(row...)
	}
}

// addRows adds the rows of the reward models.
func (c *class) addRows(tables []Table, teachers []teacher) {
	seed := fmt.Sprint(c.seed)
	names := []string{"checker"}
	for _, t := range teachers {
		names = append(names, t.name)
	}
	for _, name := range names {
		for _, b := range c.choices[name] {
			tables[1].add(seed, name, fmt.Sprint(b.n), fmt.Sprintf("%.3f", b.kl),
				fmt.Sprintf("%.3f", b.gold), fmt.Sprintf("%.2f", b.size))
		}
		if name != "checker" {
			tables[2].add(seed, name, fmt.Sprintf("%.3f", c.correct[name][0]),
				fmt.Sprintf("%.3f", c.correct[name][1]),
				fmt.Sprintf("%.3f", c.choices[name][rlhfBest].gold))
		}
	}
}

// rlhfVerdict returns the verdict for one seed.
func rlhfVerdict(c *class, runs map[string][]checkup) Verdict {
	m := map[string]float64{"sft_gold": c.start.Gold}
	ends := map[string]*align.Scoreboard{}
	for run, checks := range runs {
		name, b := measureName(run), checks[len(checks)-1].board
		ends[name] = b
		m[name+"_gold"], m[name+"_sampled"], m[name+"_kl"] = b.Gold, b.GoldSampled, klOf(b)
		m[name+"_gain"], m[name+"_gain_low"], _ = paired(b, c.start)
		m[name+"_idk"], m[name+"_refused"] = b.IdkRecall, b.HarmRefused
		m[name+"_falsely"] = b.FalseRefusals
	}
	overoptimised(m, runs[freeRun])
	for lead, name := range map[string]string{"lead_penalty": "weak_penalty",
		"lead_strong": "strong", "lead_fresh": "weak_retrained"} {
		m[lead], m[lead+"_low"], _ = paired(ends[name], ends[measureName(freeRun)])
	}
	for model, correct := range c.correct {
		name, best := measureName(model), c.choices[model][rlhfBest]
		m[name+"_accuracy"], m[name+"_common"] = correct[0], correct[1]
		m[name+"_best"], m[name+"_length"] = best.gold, best.size
	}
	m["checker_best"] = c.choices["checker"][rlhfBest].gold
	best := c.choices["strong"][rlhfBest]
	m["equal_kl"], m["equal_best"] = best.kl, best.gold
	m["equal_rl"] = sampledAt(runs["strong, penalty"], best.kl)
	return Verdict{Seed: c.seed, Held: rlhfHeld(m), Measures: m}
}

// overoptimised measures the run without a penalty. The scoreboard chooses its best measurement,
// and the fall after it is measured on other questions, so that the choice does not favour it.
func overoptimised(m map[string]float64, free []checkup) {
	start, end := free[0], free[len(free)-1]
	best, stop := start, end
	for i := len(free) - 1; i >= 0; i-- {
		if free[i].board.Gold >= best.board.Gold {
			best = free[i]
		}
		if klOf(free[i].board) > rlhfStop {
			stop = free[i]
		}
	}
	m["best_gold"] = best.board.Gold
	m["proxy_start"], _, _ = eval.Mean(start.judged.proxy)
	m["proxy_end"], _, _ = eval.Mean(end.judged.proxy)
	_, m["proxy_gain_low"], _ = eval.Mean(minus(end.judged.proxy, start.judged.proxy))
	m["judged_start"], _, _ = eval.Mean(start.judged.gold)
	m["judged_best"], _, _ = eval.Mean(best.judged.gold)
	m["judged_end"], _, _ = eval.Mean(end.judged.gold)
	m["fall"], m["fall_low"], _ = eval.Mean(minus(best.judged.gold, end.judged.gold))
	m["stop_gain"], m["stop_gain_low"], _ = paired(stop.board, start.board)
}

// sampledAt returns the gold reward of samples at a KL divergence, by linear interpolation between
// the first two measurements around it; if the run does not reach kl, it returns the gold reward of
// the last measurement.
func sampledAt(checks []checkup, kl float64) float64 {
	for i, c := range checks[1:] {
		a, b := klOf(checks[i].board), klOf(c.board)
		if a <= kl && kl <= b && a < b {
			w := (kl - a) / (b - a)
			return (1-w)*checks[i].board.GoldSampled + w*c.board.GoldSampled
		}
	}
	return checks[len(checks)-1].board.GoldSampled
}

// rlhfHeld reports whether the claim holds.
func rlhfHeld(m map[string]float64) bool {
	turned := m["proxy_gain_low"] > 0 && m["fall_low"] > 0
	kept := min(m["lead_penalty_low"], m["lead_strong_low"], m["lead_fresh_low"]) > 0
	return turned && kept && m["weak_accuracy"] >= m["strong_accuracy"]
}
