package lab

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"lmzoo/eval"
)

// Jump tests whether a transition is sudden under every measure. A seed takes about 45 seconds on
// one core at full scale.
func Jump() Experiment {
	return Experiment{
		Name: "jump", Era: "LLM", Year: 2022,
		Topic: "emergence",
		Paper: "Wei et al. 2022; Nanda et al. 2023; Lee et al. 2024, Teaching Arithmetic to " +
			"Small Transformers",
		Claim: "Reversed addition comes as a jump, in the likelihood too: networks that differ " +
			"in their random seed alone end before it or after it, those that make it lose a " +
			"larger part of their loss in one twentieth of the steps than when they learn " +
			"answers by heart, and larger networks make it more often.",
		Figures: []Figure{{
			Title: "A jump that seeds make",
			Look: "Two networks that differ only in their random seed: one finds the rule of " +
				"addition, and the other does not.",
			X: "steps", Y: []string{"best: right", "worst: right", "by heart: right"},
			Where: map[string]string{"seed": "1"},
			XAxis: "training steps", YAxis: "sums right, seed 1",
		}, {
			Title: "Larger networks jump more often",
			Look:  "The share of networks that found the rule, for three sizes.",
			Table: 1, Lines: []string{"channels"},
			Y:     []string{"¼ of the steps", "½", "¾", "all"},
			XAxis: "part of the training", YAxis: "share of networks",
		}},
		Measures: map[string]string{
			"apart": "share of the networks of all sizes that end with at most 20 % or at least " +
				"70 % of the sums right",
			"made_C":      "share of the networks of C channels that end with at least 70 %",
			"made_C_half": "the same after half of the steps",
			"steepest_sum": "largest share of the loss that one twentieth of the steps takes " +
				"off, mean over the largest networks that made the jump",
			"steepest_heart": "the same for the same first weights and answers learned by heart",
			"steepest_gain":  "steepest_sum less steepest_heart",
			"steepest_low":   "lower end of its 95 % interval, paired by first weights",
			"early_sum": "share of the loss that has gone while at most 1 % of the sums are " +
				"right as a whole, mean over the same networks",
			"early_heart": "the same for answers learned by heart",
		},
		Run: runJump,
	}
}

// The recipe, chosen on other seeds.
const (
	jumpRows   = 64
	jumpSteps  = 1000
	jumpHeart  = 512 // answers to learn by heart
	jumpTest   = 500
	jumpPoints = 20  // points of a curve
	jumpBefore = 0.2 // at most this share of the sums is right before the jump
	jumpMade   = 0.7 // and at least this share after it
)

// jumpSizes lists the channels of the networks and the number of networks of each size at both
// scales. All have two layers. Networks of one size differ in their seed, which draws their initial
// weights and their sums.
var jumpSizes = []struct{ channels, full, quick int }{{8, 3, 2}, {16, 3, 0}, {32, 6, 6}}

// jumpLargest is the number of channels of the largest network.
const jumpLargest = 32

// jumpRun is one training run.
type jumpRun struct {
	channels, first int
	heart           bool
	curve
}

// train trains the network of the run and measures it at regular steps.
func (r *jumpRun) train(ctx context.Context, seed uint64) error {
	start := 1000*seed + 500 + uint64(r.first)
	m, err := decoder{
		layers: 2, channels: r.channels, heads: 2, vocab: sumVocab, window: sumLength, seed: start,
	}.new()
	if err != nil {
		return err
	}
	e := additions(jumpRows, start)
	if r.heart {
		e = byHeart(jumpHeart, jumpRows, start)
	}
	test := e.unseen(jumpTest) // questions from the list, if it is learned by heart
	rate := 0.004 * math.Sqrt(32/float64(r.channels))
	return practice(ctx, m, e, jumpSteps, rate, jumpSteps/jumpPoints, func(step int) {
		r.curve = append(r.curve, examine(m, test, step))
	})
}

func runJump(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{
		{
			Title: "two networks of the largest size that differ in their random seed: the " +
				"best and the worst at the end, and the best by heart",
			Columns: []string{"seed", "steps", "best: nats", "best: right", "worst: nats",
				"worst: right", "by heart: nats", "by heart: right"},
		},
		{
			Title: "share of networks with 70 % of the sums right",
			Columns: []string{"seed", "channels", "¼ of the steps", "½", "¾", "all",
				"sums right at the end"},
		},
	}}
	for _, seed := range env.Seeds {
		var runs []*jumpRun
		for _, size := range slices.Backward(jumpSizes) { // the long runs first
			for f := range pick(env, size.full, size.quick) {
				if size.channels == jumpLargest {
					runs = append(runs, &jumpRun{channels: jumpLargest, first: f, heart: true})
				}
				runs = append(runs, &jumpRun{channels: size.channels, first: f})
			}
		}
		var done atomic.Int64
		err := each(ctx, env, len(runs), func(ctx context.Context, i int) error {
			env.say("jump, seed %d: %d of %d networks", seed, done.Load(), len(runs))
			defer done.Add(1)
			return runs[i].train(ctx, seed)
		})
		if err != nil {
			return nil, err
		}
		res.Seeds = append(res.Seeds, jumpVerdict(seed, runs))
		addJumpRows(res.Tables, seed, runs)
	}
	return res, nil
}

// ofSize returns the curves of the runs of a size.
func ofSize(runs []*jumpRun, channels int, heart bool) (all []curve) {
	for _, r := range runs {
		if r.channels == channels && r.heart == heart {
			all = append(all, r.curve)
		}
	}
	return all
}

// made returns the share of curves that have made the jump after a fraction of the steps.
func made(all []curve, fraction float64) float64 {
	n := 0.0
	for _, c := range all {
		if c[int(fraction*float64(len(c)))-1].exact >= jumpMade {
			n++
		}
	}
	return n / float64(len(all))
}

// end returns the share of answers that are right at the end.
func (c curve) end() float64 { return c[len(c)-1].exact }

// jumpVerdict returns the verdict for one seed.
func jumpVerdict(seed uint64, runs []*jumpRun) Verdict {
	m := map[string]float64{}
	networks := 0.0
	for _, size := range jumpSizes {
		all := ofSize(runs, size.channels, false)
		if len(all) == 0 {
			continue
		}
		m[fmt.Sprintf("made_%d", size.channels)] = made(all, 1)
		m[fmt.Sprintf("made_%d_half", size.channels)] = made(all, 0.5)
		for _, c := range all {
			networks++
			if c.end() <= jumpBefore || c.end() >= jumpMade {
				m["apart"]++
			}
		}
	}
	m["apart"] /= networks
	hearts := ofSize(runs, jumpLargest, true)
	var steep, steepHeart, early, earlyHeart []float64
	for i, c := range ofSize(runs, jumpLargest, false) {
		if c.end() >= jumpMade {
			h := hearts[i] // the run with the same initial weights
			steep, steepHeart = append(steep, c.steepest()), append(steepHeart, h.steepest())
			early, earlyHeart = append(early, c.early()), append(earlyHeart, h.early())
		}
	}
	held := false
	if len(steep) > 1 {
		m["steepest_sum"], _, _ = eval.Mean(steep)
		m["steepest_heart"], _, _ = eval.Mean(steepHeart)
		m["steepest_gain"], m["steepest_low"], _ = eval.Mean(minus(steep, steepHeart))
		m["early_sum"], _, _ = eval.Mean(early)
		m["early_heart"], _, _ = eval.Mean(earlyHeart)
		smallest := ofSize(runs, jumpSizes[0].channels, false)
		held = m["apart"] >= 0.9 && m["steepest_low"] > 0 &&
			m[fmt.Sprintf("made_%d", jumpLargest)] > made(smallest, 1)
	}
	return Verdict{Seed: seed, Held: held, Measures: m}
}

// addJumpRows adds the rows of one seed to the tables.
func addJumpRows(tables []Table, seed uint64, runs []*jumpRun) {
	sum, heart := ofSize(runs, jumpLargest, false), ofSize(runs, jumpLargest, true)
	byEnd := func(x, y curve) int { return cmp.Compare(x.end(), y.end()) }
	best, worst := slices.MaxFunc(sum, byEnd), slices.MinFunc(sum, byEnd)
	learned := heart[slices.IndexFunc(sum, func(c curve) bool { return &c[0] == &best[0] })]
	for i := range best {
		row := []string{fmt.Sprint(seed), fmt.Sprint(best[i].step)}
		for _, c := range []curve{best, worst, learned} {
			row = append(row, fmt.Sprintf("%.2f", c[i].nats), fmt.Sprintf("%.2f", c[i].exact))
		}
		tables[0].add(row...)
	}
	for _, size := range jumpSizes {
		all := ofSize(runs, size.channels, false)
		if len(all) == 0 {
			continue
		}
		row := []string{fmt.Sprint(seed), fmt.Sprint(size.channels)}
		for _, fraction := range []float64{0.25, 0.5, 0.75, 1} {
			row = append(row, fmt.Sprintf("%.2f", made(all, fraction)))
		}
		ends := ""
		for _, one := range all {
			ends += fmt.Sprintf(" %.2f", one.end())
		}
		tables[1].add(append(row, ends[1:])...)
	}
}
