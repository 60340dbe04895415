package lab

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Mirage tests whether a jump is a property of the model or of the measure. It measures the
// networks of the scaling experiment, and a seed takes as long as in that experiment.
func Mirage() Experiment {
	return Experiment{
		Name: "mirage", Era: "LLM", Year: 2023,
		Topic: "emergence",
		Paper: "Schaeffer, Miranda & Koyejo 2023; Wei et al. 2022",
		Claim: "The same networks improve steadily with compute in the likelihood of the right " +
			"answer and suddenly in exams of ten questions that must all be right, which says " +
			"nothing more than accuracy to the power of ten.",
		Figures: []Figure{{
			Title: "Sudden, by one ruler",
			Look:  "Ten answers that must all be right: none for four budgets, then all.",
			X:     "operations", Y: []string{"accuracy", "ten of ten"},
			XAxis: "operations of the training", YAxis: "share of exams", LogX: true,
		}, {
			Title: "Steady, by another",
			Look:  "The same networks by the likelihood of the right answer: no budget stands out.",
			X:     "operations", Y: []string{"ln P of the answer"},
			XAxis: "operations of the training", YAxis: "ln P of the right answer", LogX: true,
		}},
		Measures: map[string]string{
			"likelihood_step": "share of the whole change of ln P that the steepest doubling of " +
				"the compute makes",
			"exam_step": "the same for the share of exams that are all right",
			"step_gain": "exam_step less likelihood_step",
			"step_low":  "lower end of its 95 % interval, paired, by the bootstrap over questions",
			"early": "share of the whole change of ln P that is made while at most 1 % of the " +
				"exams are all right",
			"power": "largest difference between the share of exams and accuracy to the power of " +
				"ten",
		},
		Run: runMirage,
	}
}

// The questions of an exam are contexts of these ranks: rare enough that small networks do not know
// the answers, and frequent enough that large networks do.
const (
	mirageFrom      = 256
	mirageTo        = 512
	mirageQuestions = 10   // questions in an exam
	mirageExams     = 5000 // number of exams, the same for every network
)

func runMirage(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{{
		Title: "one training, three rulers: the best network of each budget",
		Columns: []string{"seed", "operations", "hidden units", "ln P of the answer", "accuracy",
			"ten of ten"},
	}}}
	for _, seed := range env.Seeds {
		runs, err := scalingRuns(ctx, env, seed)
		if err != nil {
			return nil, err
		}
		var best []scalingRun
		for _, b := range byBudget(runs) {
			best = append(best, slices.MinFunc(b.runs, func(x, y scalingRun) int {
				return cmp.Compare(x.excess, y.excess)
			}))
		}
		r := rulersOf(best, everyQuestion())
		exams := exams(best, seed)
		for i, b := range best {
			res.Tables[0].add(fmt.Sprint(seed), fmt.Sprintf("%.2g", b.flops()),
				fmt.Sprint(b.hidden), fmt.Sprintf("%.3f", r.likelihood[i]),
				fmt.Sprintf("%.3f", r.accuracy[i]), fmt.Sprintf("%.3f", exams[i]))
		}
		res.Seeds = append(res.Seeds, mirageVerdict(seed, best, r, exams))
	}
	return res, nil
}

// rulers holds two measures of each network on the same questions.
type rulers struct{ likelihood, accuracy []float64 }

// everyQuestion returns the ranks of all questions.
func everyQuestion() (ranks []int) {
	for r := mirageFrom; r < mirageTo; r++ {
		ranks = append(ranks, r)
	}
	return ranks
}

// rulersOf measures networks on the questions of some ranks.
func rulersOf(best []scalingRun, ranks []int) (r rulers) {
	for _, b := range best {
		sure, right := 0.0, 0.0
		for _, q := range ranks {
			sure += b.sure[q]
			if b.right[q] {
				right++
			}
		}
		n := float64(len(ranks))
		r.likelihood, r.accuracy = append(r.likelihood, sure/n), append(r.accuracy, right/n)
	}
	return r
}

// exams returns the share of exams that each network passes without a mistake.
func exams(best []scalingRun, seed uint64) []float64 {
	passed := make([]float64, len(best))
	rng := rand.New(rand.NewPCG(seed, 14))
	for range mirageExams {
		var asked [mirageQuestions]int
		for i := range asked {
			asked[i] = mirageFrom + rng.IntN(mirageTo-mirageFrom)
		}
		for i, b := range best {
			if !slices.ContainsFunc(asked[:], func(q int) bool { return !b.right[q] }) {
				passed[i] += 1.0 / mirageExams
			}
		}
	}
	return passed
}

// power returns accuracy raised to the number of questions of an exam.
func power(accuracy []float64) []float64 {
	out := make([]float64, len(accuracy))
	for i, a := range accuracy {
		out[i] = math.Pow(a, mirageQuestions)
	}
	return out
}

// steepest returns the largest step of a curve as a share of its whole change.
func steepest(y []float64) float64 {
	step := 0.0
	for i := 1; i < len(y); i++ {
		step = max(step, y[i]-y[i-1])
	}
	return step / max(y[len(y)-1]-y[0], 1e-9)
}

// mirageVerdict returns the verdict for one seed.
func mirageVerdict(seed uint64, best []scalingRun, r rulers, exams []float64) Verdict {
	m := map[string]float64{
		"likelihood_step": steepest(r.likelihood), "exam_step": steepest(exams),
	}
	m["step_gain"] = m["exam_step"] - m["likelihood_step"]
	for i, e := range exams {
		if e <= 0.01 {
			last := len(exams) - 1
			m["early"] = (r.likelihood[i] - r.likelihood[0]) /
				(r.likelihood[last] - r.likelihood[0])
		}
		m["power"] = max(m["power"], math.Abs(e-power(r.accuracy)[i]))
	}
	const draws = 1000
	rng := rand.New(rand.NewPCG(seed, 15))
	all := everyQuestion()
	gains := make([]float64, draws)
	for i := range gains {
		drawn := make([]int, len(all))
		for j := range drawn {
			drawn[j] = all[rng.IntN(len(all))]
		}
		b := rulersOf(best, drawn)
		gains[i] = steepest(power(b.accuracy)) - steepest(b.likelihood)
	}
	slices.Sort(gains)
	m["step_low"] = stat.Quantile(0.025, stat.Empirical, gains, nil)
	held := m["step_low"] > 0 && m["early"] >= 0.25 && m["power"] <= 0.05
	return Verdict{Seed: seed, Held: held, Measures: m}
}
