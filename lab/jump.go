package lab

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"lmzoo/eval"
)

// Jump tests whether a transition is sudden under every measure. A seed takes about a minute on one
// core at full scale.
func Jump() Experiment {
	return Experiment{
		Name: "jump", Era: "LLM", Year: 2022,
		Paper: "Wei et al. 2022; Nanda et al. 2023; Lee et al. 2024, Teaching Arithmetic to " +
			"Small Transformers",
		Claim: "Reversed addition comes as a jump in the likelihood too: one twentieth of the " +
			"steps takes off more of the loss than when the same network learns answers by " +
			"heart, and the share of networks that have made the jump grows with size and with " +
			"steps.",
		Measures: map[string]string{
			"steepest_sum": "largest share of the loss that one twentieth of the steps takes " +
				"off, largest network, mean over first weights",
			"steepest_heart": "the same for answers learned by heart",
			"steepest_gain":  "steepest_sum less steepest_heart",
			"steepest_low":   "lower end of its 95 % interval, paired by first weights",
			"early_sum": "share of the loss that has gone while at most 1 % of the sums are " +
				"right as a whole",
			"early_heart": "the same for answers learned by heart",
			"made_C":      "share of networks of C channels with 90 % of the sums right at the end",
			"made_C_half": "the same after half of the steps",
			"between": "share of all networks that end with 10 to 90 % of the sums right, " +
				"neither before nor after the jump",
		},
		Run: runJump,
	}
}

// The recipe, chosen on other seeds.
const (
	jumpRows   = 64
	jumpHeart  = 512 // answers to learn by heart
	jumpTest   = 500
	jumpPoints = 20 // of a curve
	jumpMade   = 0.9
)

// jumpSizes are the channels of the networks, which all have two layers.
var jumpSizes = []int{8, 16, 32}

// jumpRun is one training.
type jumpRun struct {
	channels, first int
	heart           bool
	curve
}

// train trains the network of the run and measures it at regular steps.
func (r *jumpRun) train(ctx context.Context, seed uint64, steps int) error {
	start := 1000*seed + uint64(r.first)
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
	test := e.unseen(jumpTest) // of the list, if it is learned by heart
	rate := 0.004 * math.Sqrt(32/float64(r.channels))
	return practice(ctx, m, e, steps, rate, steps/jumpPoints, func(step int) {
		r.curve = append(r.curve, examine(m, test, step))
	})
}

func runJump(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{
		{
			Title: "the largest network during its training, mean over first weights",
			Columns: []string{"seed", "steps", "sum: nats", "sum: right", "by heart: nats",
				"by heart: right"},
		},
		{
			Title: "networks with 90 % of the sums right",
			Columns: []string{"seed", "channels", "¼ of the steps", "½", "¾", "all",
				"sums right at the end"},
		},
	}}
	steps, firsts := pick(env, 1000, 800), pick(env, 4, 3)
	for _, seed := range env.Seeds {
		var runs []*jumpRun
		for _, c := range slices.Backward(jumpSizes) {
			for f := range firsts {
				if c == jumpSizes[len(jumpSizes)-1] {
					runs = append(runs, &jumpRun{channels: c, first: f, heart: true})
				}
				runs = append(runs, &jumpRun{channels: c, first: f})
			}
		}
		var done atomic.Int64
		err := each(ctx, env, len(runs), func(ctx context.Context, i int) error {
			env.say("jump, seed %d: %d of %d networks", seed, done.Load(), len(runs))
			defer done.Add(1)
			return runs[i].train(ctx, seed, steps)
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

// jumpVerdict returns the verdict for one seed.
func jumpVerdict(seed uint64, runs []*jumpRun) Verdict {
	m := map[string]float64{}
	largest, smallest := jumpSizes[len(jumpSizes)-1], jumpSizes[0]
	of := func(heart bool, number func(curve) float64) (out []float64) {
		for _, c := range ofSize(runs, largest, heart) {
			out = append(out, number(c))
		}
		return out
	}
	sum, heart := of(false, curve.steepest), of(true, curve.steepest)
	m["steepest_sum"], _, _ = eval.Mean(sum)
	m["steepest_heart"], _, _ = eval.Mean(heart)
	m["steepest_gain"], m["steepest_low"], _ = eval.Mean(minus(sum, heart))
	m["early_sum"], _, _ = eval.Mean(of(false, curve.early))
	m["early_heart"], _, _ = eval.Mean(of(true, curve.early))
	total := 0.0
	for _, c := range jumpSizes {
		all := ofSize(runs, c, false)
		m[fmt.Sprintf("made_%d", c)] = made(all, 1)
		m[fmt.Sprintf("made_%d_half", c)] = made(all, 0.5)
		for _, one := range all {
			total++
			if x := one[len(one)-1].exact; x > 0.1 && x < jumpMade {
				m["between"]++
			}
		}
	}
	m["between"] /= total
	final := m[fmt.Sprintf("made_%d", largest)]
	held := m["steepest_low"] > 0 && final >= 0.5 && final > m[fmt.Sprintf("made_%d", smallest)]
	return Verdict{Seed: seed, Held: held, Measures: m}
}

// addJumpRows adds the rows of one seed to the tables.
func addJumpRows(tables []Table, seed uint64, runs []*jumpRun) {
	largest := jumpSizes[len(jumpSizes)-1]
	sum, heart := ofSize(runs, largest, false), ofSize(runs, largest, true)
	for i := range sum[0] {
		row := []string{fmt.Sprint(seed), fmt.Sprint(sum[0][i].step)}
		for _, all := range [][]curve{sum, heart} {
			nats, exact := 0.0, 0.0
			for _, c := range all {
				nats += c[i].nats / float64(len(all))
				exact += c[i].exact / float64(len(all))
			}
			row = append(row, fmt.Sprintf("%.2f", nats), fmt.Sprintf("%.2f", exact))
		}
		tables[0].add(row...)
	}
	for _, c := range jumpSizes {
		all := ofSize(runs, c, false)
		row := []string{fmt.Sprint(seed), fmt.Sprint(c)}
		for _, fraction := range []float64{0.25, 0.5, 0.75, 1} {
			row = append(row, fmt.Sprintf("%.2f", made(all, fraction)))
		}
		ends := ""
		for _, one := range all {
			ends += fmt.Sprintf(" %.2f", one[len(one)-1].exact)
		}
		tables[1].add(append(row, ends[1:])...)
	}
}
