package lab

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Scaling tests whether the loss follows a power law if its limit is known. A seed takes about
// forty seconds on one core at full scale.
func Scaling() Experiment {
	return Experiment{
		Name: "scaling", Era: "LLM", Year: 2020,
		Topic: "scale",
		Paper: "Kaplan et al. 2020; Hoffmann et al. 2022; Besiroglu et al. 2024",
		Claim: "The loss above a known limit falls as a power of the compute if size and data " +
			"grow together: budgets up to an eighth of the largest predict its excess within " +
			"15 %, better than a law without the limit and than a logarithm.",
		Figures: []Figure{{
			Title: "A power law",
			Look: "On logarithmic axes the excess over the limit is a straight line; the small " +
				"budgets predict it for the large ones.",
			Table: 1, X: "operations", Y: []string{"excess", "the line"}, Limit: "the line",
			XAxis: "operations of the training", YAxis: "nats above the limit",
			LogX: true, LogY: true,
		}, {
			Title: "Neither too large nor too small",
			Look: "Each line is a budget; its lowest point, near 1, is the best network size " +
				"for it.",
			Lines: []string{"operations"},
			Y:     []string{"0.35 ×", "0.6 ×", "1 ×", "1.7 ×", "2.8 ×"},
			XAxis: "size, as a multiple of the planned one", YAxis: "nats above the limit",
			LogY: true,
		}},
		Measures: map[string]string{
			"exponent": "slope of ln excess over ln compute, at the bottoms " +
				"of the valleys",
			"exponent_low, exponent_high": "its 95 % interval",
			"r2":                          "R² of that line",
			"held_out": "excess at the bottom of the largest budget's valley, " +
				"in nats",
			"error": "relative error of the line through the budgets up to an eighth of the " +
				"largest, at the largest",
			"error_no_limit":  "the same for a line through ln loss, as if the limit were 0",
			"error_logarithm": "the same for a line through the excess over ln compute",
			"fixed":           "excess of a network of one size at the largest budget",
			"size_exponent":   "slope of ln parameters over ln compute at the bottoms",
			"a, b":            "exponents of A/N^a + B/D^b through all runs",
			"a_low, a_high":   "95 % interval of a by the bootstrap over runs; also for b",
			"residual":        "root mean square of the residuals of ln excess under that law",
			"starts":          "share of the starts of the fit that end at the same exponents",
		},
		Run: runScaling,
	}
}

func runScaling(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{
		{
			Title: "the valley of each budget, by size as a multiple of the planned one: " +
				"hidden units and excess in nats",
			Columns: []string{
				"seed", "operations", "0.35 ×", "0.6 ×", "1 ×", "1.7 ×", "2.8 ×", "fixed size",
			},
		},
		{
			Title: "the bottoms of the valleys",
			Columns: []string{"seed", "operations", "parameters", "answers", "excess", "the line",
				"difference"},
		},
	}}
	for _, seed := range env.Seeds {
		runs, err := scalingRuns(ctx, env, seed)
		if err != nil {
			return nil, err
		}
		budgets := byBudget(runs)
		for _, b := range budgets {
			res.Tables[0].add(b.valleyRow(seed)...)
		}
		v := scalingVerdict(seed, budgets)
		addSurface(v.Measures, seed, runs)
		res.Seeds = append(res.Seeds, v)
		law := frontierLaw(budgets)
		for _, b := range budgets {
			line := math.Exp(law.at(math.Log(b.flops)))
			res.Tables[1].add(fmt.Sprint(seed), fmt.Sprintf("%.2g", b.flops),
				fmt.Sprintf("%.0f", b.params), fmt.Sprintf("%.0f", b.flops/6/b.params),
				fmt.Sprintf("%.4f", b.excess), fmt.Sprintf("%.4f", line),
				fmt.Sprintf("%+.1f %%", 100*(line/b.excess-1)))
		}
	}
	return res, nil
}

// budget holds the runs of one budget of operations and the bottom of the parabola through them.
type budget struct {
	runs           []scalingRun // in ascending order of size
	fixed          scalingRun
	flops          float64 // C
	params, excess float64 // parameters and excess at the bottom
	inside         bool    // whether the bottom lies between the smallest and the largest size
}

// byBudget groups runs and finds the bottom of each valley.
func byBudget(runs []scalingRun) (all []budget) {
	for i := 0; i < len(runs); i += scalingSizes + 1 {
		b := budget{runs: runs[i:][:scalingSizes], fixed: runs[i+scalingSizes]}
		var params, excess []float64
		for _, r := range b.runs {
			params, excess = append(params, r.params), append(excess, r.excess)
			// the number of steps is an integer, so the operations of the runs differ slightly
			b.flops += r.flops() / scalingSizes
		}
		b.params, b.excess, b.inside = valley(params, excess)
		all = append(all, b)
	}
	return all
}

// valleyRow returns the row of the budget in the first table.
func (b budget) valleyRow(seed uint64) []string {
	row := []string{fmt.Sprint(seed), fmt.Sprintf("%.2g", b.flops)}
	for _, r := range b.runs {
		row = append(row, fmt.Sprintf("%d: %.4f", r.hidden, r.excess))
	}
	return append(row, fmt.Sprintf("%d: %.4f", b.fixed.hidden, b.fixed.excess))
}

// column returns one number of each budget.
func column(all []budget, of func(budget) float64) []float64 {
	out := make([]float64, len(all))
	for i, b := range all {
		out[i] = of(b)
	}
	return out
}

// frontierLaw returns the line of ln excess over ln compute.
func frontierLaw(all []budget) line {
	return fitLine(logs(column(all, func(b budget) float64 { return b.flops })),
		logs(column(all, func(b budget) float64 { return b.excess })))
}

// scalingVerdict returns the verdict for one seed. The alternatives to the law are fitted to the
// same budgets.
func scalingVerdict(seed uint64, all []budget) Verdict {
	last := all[len(all)-1]
	small := all[:len(all)-3] // each budget is twice the previous one
	x := logs(column(small, func(b budget) float64 { return b.flops }))
	y := column(small, func(b budget) float64 { return b.excess })
	at, limit := math.Log(last.flops), zipfLimit()
	relative := func(predicted float64) float64 { return predicted/last.excess - 1 }

	total := append([]float64(nil), y...)
	floats.AddConst(limit, total)
	law := frontierLaw(all)
	size := fitLine(logs(column(all, func(b budget) float64 { return b.flops })),
		logs(column(all, func(b budget) float64 { return b.params })))
	m := map[string]float64{
		"exponent": law.slope, "exponent_low": law.low, "exponent_high": law.high, "r2": law.r2,
		"held_out":        last.excess,
		"error":           relative(math.Exp(fitLine(x, logs(y)).at(at))),
		"error_no_limit":  relative(math.Exp(fitLine(x, logs(total)).at(at)) - limit),
		"error_logarithm": relative(fitLine(x, y).at(at)),
		"fixed":           last.fixed.excess,
		"size_exponent":   size.slope,
	}
	held := math.Abs(m["error"]) <= 0.15 && m["fixed"] > m["held_out"] &&
		math.Abs(m["error"]) < math.Abs(m["error_no_limit"]) &&
		math.Abs(m["error"]) < math.Abs(m["error_logarithm"])
	for _, b := range all {
		held = held && b.inside
	}
	return Verdict{Seed: seed, Held: held, Measures: m}
}

// addSurface fits the law of size and data to all runs.
func addSurface(m map[string]float64, seed uint64, runs []scalingRun) {
	var n, d, excess []float64
	for _, r := range runs {
		n, d, excess = append(n, r.params), append(d, r.answers), append(excess, r.excess)
	}
	s := fitSurface(n, d, excess)
	a, b := surfaceIntervals(n, d, excess, seed)
	m["a"], m["a_low"], m["a_high"] = s.a, a[0], a[1]
	m["b"], m["b_low"], m["b_high"] = s.b, b[0], b[1]
	m["residual"], m["starts"] = s.rms, s.agree
}
