package lab

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"lmzoo/eval"
	"lmzoo/nn"
)

// Hops tests how many facts a network can join in one answer. A seed takes about 15 seconds on one
// core at full scale.
func Hops() Experiment {
	return Experiment{
		Name: "hops", Era: "LLM", Year: 2023,
		Topic: "emergence",
		Paper: "Press et al. 2023, Measuring and Narrowing the Compositionality Gap; Allen-Zhu " +
			"& Li 2024, part 3.2",
		Claim: "Networks that know every fact join few of them in one answer, deeper networks " +
			"more, and even one layer answers every chain if it is asked for one fact at a time.",
		Figures: []Figure{{
			Title: "Joining facts takes depth",
			Look: "Every network knows the facts (one hop); each further layer joins " +
				"more of them, and if they are asked one at a time, even one layer joins all.",
			Lines: []string{"network"}, Y: []string{"1", "2", "3", "4", "5", "6"},
			Mark: 1. / 16, MarkName: "a guess",
			XAxis: "hops", YAxis: "right answers",
		}},
		Measures: map[string]string{
			"right_L_K": "share of right answers to new questions of K hops by a network of L " +
				"layers",
			"reach_L": "number of hops up to which at least half of the answers are right",
			"deep_gain": "share of right answers to three hops of the deepest network less that " +
				"of one layer",
			"deep_low": "lower end of its 95 % interval, paired over the questions",
			"shuffled": "share of right answers of the deepest network to two and more hops if " +
				"the answers have nothing to do with the facts",
			"stepwise": "share of right answers of one layer to the longest chains, asked one " +
				"fact at a time",
		},
		Run: runHops,
	}
}

// The recipe, chosen on other seeds.
const (
	hopsRows     = 32
	hopsRate     = 0.004
	hopsChannels = 32
	hopsTest     = 4000 // rows, each of which may have new questions
)

// hopsRun is one network and its answers to the test.
type hopsRun struct {
	layers   int
	shuffled bool

	params   int
	marks    []mark
	stepwise []bool // right answers of the stepwise test, in the order of marks
}

// hopsOf returns the number of hops of a marked question.
func hopsOf(k mark) int { return k.at - 1 }

// train trains the network and tests it.
func (r *hopsRun) train(ctx context.Context, env *Env, seed uint64) error {
	hops, steps := pick(env, 6, 4), pick(env, 2500, 1500)
	k := newKinship(seed, r.shuffled)
	e := k.questions(hops, hopsRows, false, seed)
	m, err := decoder{
		layers: r.layers, channels: hopsChannels, heads: 2, vocab: kinVocab, window: e.length,
		seed: seed,
	}.new()
	if err != nil {
		return err
	}
	if err := practice(ctx, m, e, steps, hopsRate, 0, nil); err != nil {
		return err
	}
	test := k.questions(hops, 1, true, seed).unseen(hopsTest)
	r.params = nn.Count(m)
	single, seen := stepwise(m, test), map[string]bool{}
	for i, k := range marks(m, test) {
		asked := fmt.Sprint(test.X[k.row*test.T:][:k.at+1])
		if !seen[asked] { // rows draw some questions twice
			seen[asked] = true
			r.marks, r.stepwise = append(r.marks, k), append(r.stepwise, single[i])
		}
	}
	return nil
}

// rights returns 1 for each right answer to a question of the given number of hops and 0 for each
// wrong one.
func (r *hopsRun) rights(hops int, stepwise bool) (out []float64) {
	for i, k := range r.marks {
		if hopsOf(k) != hops {
			continue
		}
		x := 0.0
		if !stepwise && k.right || stepwise && r.stepwise[i] {
			x = 1
		}
		out = append(out, x)
	}
	return out
}

// share returns the mean of rights.
func (r *hopsRun) share(hops int, stepwise bool) float64 {
	m, _, _ := eval.Mean(r.rights(hops, stepwise))
	return m
}

func runHops(ctx context.Context, env *Env) (*Result, error) {
	hops := pick(env, 6, 4)
	table := Table{
		Title: "right answers to questions that were never read, by hops; a guess is right in 1 " +
			"of 16",
		Columns: []string{"seed", "network", "parameters"},
	}
	for k := range hops {
		table.Columns = append(table.Columns, fmt.Sprint(k+1))
	}
	res := &Result{}
	for _, seed := range env.Seeds {
		layers := pick(env, []int{1, 2, 4}, []int{1, 2})
		deepest := layers[len(layers)-1]
		runs := []*hopsRun{{layers: deepest, shuffled: true}}
		for _, l := range slices.Backward(layers) {
			runs = append(runs, &hopsRun{layers: l})
		}
		var done atomic.Int64
		err := each(ctx, env, len(runs), func(ctx context.Context, i int) error {
			env.say("hops, seed %d: %d of %d networks", seed, done.Load(), len(runs))
			defer done.Add(1)
			return runs[i].train(ctx, env, seed)
		})
		if err != nil {
			return nil, err
		}
		slices.Reverse(runs) // one layer first, the control last
		row := func(r *hopsRun, name string, stepwise bool) {
			cells := []string{fmt.Sprint(seed), name, fmt.Sprint(r.params)}
			for k := range hops {
				cells = append(cells, fmt.Sprintf("%.2f", r.share(k+1, stepwise)))
			}
			table.add(cells...)
		}
		for _, r := range runs {
			if r.shuffled {
				row(r, "shuffled facts", false)
			} else {
				row(r, fmt.Sprintf("%d-layer", r.layers), false)
			}
		}
		row(runs[0], "1-layer, one fact at a time", true)
		res.Seeds = append(res.Seeds, hopsVerdict(seed, hops, runs))
	}
	res.Tables = []Table{table}
	return res, nil
}

// hopsVerdict returns the verdict for one seed. runs holds the networks by depth, then the control.
func hopsVerdict(seed uint64, hops int, runs []*hopsRun) Verdict {
	m := map[string]float64{}
	held := true
	before := 0
	for _, r := range runs[:len(runs)-1] {
		reach := 0
		for k := 1; k <= hops; k++ {
			share := r.share(k, false)
			m[fmt.Sprintf("right_%d_%d", r.layers, k)] = share
			if reach == k-1 && share >= 0.5 {
				reach = k
			}
		}
		m[fmt.Sprintf("reach_%d", r.layers)] = float64(reach)
		held = held && reach > before && r.share(1, false) >= 0.95
		before = reach
	}
	flat, deep, control := runs[0], runs[len(runs)-2], runs[len(runs)-1]
	m["deep_gain"], m["deep_low"], _ = eval.Mean(minus(deep.rights(3, false),
		flat.rights(3, false)))
	var shuffled []float64
	for k := 2; k <= hops; k++ {
		shuffled = append(shuffled, control.rights(k, false)...)
	}
	m["shuffled"], _, _ = eval.Mean(shuffled)
	m["stepwise"] = flat.share(hops, true)
	held = held && m["deep_low"] > 0 && m["shuffled"] <= 0.15 && m["stepwise"] >= 0.95 &&
		m[fmt.Sprintf("right_%d_%d", flat.layers, hops)] < 0.5
	return Verdict{Seed: seed, Held: held, Measures: m}
}
