package lab

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"

	"lmzoo/eval"
	"lmzoo/lm"
)

// ChainOfThought tests how written steps help a network to answer, as training data and as a
// prompt. At full scale it takes about half a minute on two threads per seed.
func ChainOfThought() Experiment {
	return Experiment{
		Name: "chain-of-thought", Era: "LLM", Year: 2022,
		Topic: "in-context learning",
		Paper: "Wei et al. 2022, \"Chain-of-Thought Prompting\"; Nye et al. 2021; Wang et al. " +
			"2023; Lanham et al. 2023",
		Claim: "A network that writes the result of every step solves problems of several " +
			"steps, and one that answers at once, after fillers or after the steps of another " +
			"problem does not; its answer follows what it wrote. If texts of both kinds were " +
			"read, examples in the prompt decide with the same weights whether it writes steps " +
			"and is right, and a vote over samples finds the answers that steps agree on.",
		Figures: []Figure{{
			Title: "Learning to answer, with and without written steps",
			Look: "Only the network that writes the steps of the problem itself learns problems " +
				"of several steps; one step is learned at once.",
			Lines: []string{"operations", "trained on"}, Mark: 0.1, MarkName: "a guess",
			XAxis: "training step", YAxis: "right answers",
		}},
		Measures: map[string]string{
			"right_WAY": "share of fresh problems that a network trained on solutions of a kind " +
				"answers: steps, at_once, fillers, steps_of_another_problem",
			"gain": "right_steps less the best of the others",
			"low":  "lower end of its 95 % interval, paired over the problems",
			"right_at_once_N": "the same for answers at once to problems of N operations by a " +
				"network trained on these",
			"follow":  "share of answers that follow from a step overwritten with a wrong digit",
			"stay":    "share of answers that are right in spite of it",
			"noise":   "share of right answers if all steps are overwritten with random digits",
			"steps":   "share of right answers, after exemplars with steps",
			"at_once": "the same weights and problems after exemplars without steps",
			"none":    "the same without exemplars",
			"wrong":   "the same after exemplars with steps of other problems",
			"untaught": "right answers after exemplars with steps of a network that has read " +
				"answers at once only",
			"one_WAY":  "share of right answers in one sample, after exemplars of a kind",
			"vote_WAY": "the same for the most frequent answer of ten samples",
			"vote_gain": "vote_none less one_none: without exemplars, the samples are a mixture " +
				"of both kinds",
			"vote_low": "lower end of its 95 % interval, paired over the problems",
		},
		Run: runChainOfThought,
	}
}

// The recipe, chosen on other seeds.
const (
	thoughtRate      = 2e-3
	thoughtRows      = 64
	thoughtExemplars = 2
	thoughtChains    = 10
)

// thinker is the shape of all networks of the experiment.
var thinker = shape{"thinker", "gpt", 2, 2, 64, false}

// thoughtPlan holds the amount of computation.
type thoughtPlan struct {
	operations, steps int // number of operations; training steps on one way of writing
	problems          int // number of test problems
	short             []int
	mixed             int // number of operations of the problems in prompts
	mixedSteps        int // training steps on texts of both kinds
	questions         int // number of questions in the tests with prompts
}

func newThoughtPlan(env *Env) thoughtPlan {
	return thoughtPlan{
		operations: pick(env, 6, 4), steps: pick(env, 600, 500), problems: pick(env, 2000, 500),
		short: pick(env, []int{1, 2, 3}, []int{1}),
		mixed: pick(env, 4, 3), mixedSteps: pick(env, 1000, 500), questions: pick(env, 300, 100),
	}
}

// taught lists the ways in which networks learn to write solutions.
var taught = []solution{inSteps, atOnce, withDots, offTopic}

// learn trains a network on texts of the given length.
func (w worksheet) learn(
	ctx context.Context, tokens, steps int, seed uint64, watch func(n *network, step int),
) (*network, error) {
	n, err := thinker.build(calcVocab, tokens, seed)
	if err != nil {
		return nil, err
	}
	s := schooling{rows: thoughtRows, steps: steps, lr: thoughtRate, decay: 0.25}
	return n, n.teach(ctx, s, tokens, w.draw, seed, func(step int) {
		if watch != nil && step > 0 && step%(steps/thoughtPoints) == 0 {
			watch(n, step)
		}
	})
}

const thoughtPoints = 5 // measurements during a training

// thoughtRun is one network and its tests.
type thoughtRun struct {
	worksheet
	prompted bool // whether it reads several problems in a text

	curve   []float64 // share of right answers during the training
	right   []float64 // 1 for each problem with a right answer, otherwise 0
	forced  []forced
	prompts []prompted
	course  []prompted // answers after exemplars with steps during the training
}

// jobs returns the networks of one seed, the long trainings first.
func (p thoughtPlan) jobs() (runs []*thoughtRun) {
	for _, ways := range [][]solution{{atOnce, inSteps}, {atOnce}} {
		runs = append(runs, &thoughtRun{worksheet: worksheet{p.mixed, ways}, prompted: true})
	}
	for _, way := range taught {
		runs = append(runs, &thoughtRun{worksheet: worksheet{p.operations, []solution{way}}})
	}
	for _, n := range p.short {
		runs = append(runs, &thoughtRun{worksheet: worksheet{n, []solution{atOnce}}})
	}
	return runs
}

// run trains and tests the network.
func (r *thoughtRun) run(ctx context.Context, p thoughtPlan, seed uint64) (err error) {
	if r.prompted {
		return r.runPrompted(ctx, p, seed)
	}
	brief := r.ask(200, 0, r.ways[0], seed)
	n, err := r.learn(ctx, r.ways[0].length(r.operations), p.steps, seed,
		func(n *network, _ int) {
			solutions := solve(n.body, brief, r.operations+1, greedily)
			m, _, _ := eval.Mean(rightOf(brief, solutions))
			r.curve = append(r.curve, m)
		})
	if err != nil {
		return err
	}
	test := r.ask(p.problems, 0, r.ways[0], seed+1<<32)
	r.right = rightOf(test, solve(n.body, test, r.operations+1, greedily))
	if r.ways[0] == inSteps {
		r.forced = overwrite(n.body, test, seed)
	}
	return nil
}

// forced holds the answers of a network whose written steps were overwritten.
type forced struct {
	step            int // the overwritten step; 0: all
	follows, stands float64
}

// overwrite lets a network solve problems with one step replaced by a wrong digit, or with all
// steps replaced by random digits.
func overwrite(m lm.Model, test []asked, seed uint64) (all []forced) {
	operations := len(test[0].results)
	for step := range operations {
		rng := rand.New(rand.NewPCG(seed, 33+uint64(step)))
		end := make([]lm.Token, len(test)) // the answers that follow from the wrong steps
		solutions := solve(m, test, operations+1, func(row, at int, p []float64) lm.Token {
			q := test[row]
			if at >= operations-1 || step > 0 && at != step-1 {
				return best(p)
			}
			digit := lm.Token(calcDigit + rng.IntN(10))
			for step > 0 && digit == q.results[at] {
				digit = lm.Token(calcDigit + rng.IntN(10))
			}
			end[row] = digit
			for _, op := range q.problem[at+2 : operations+1] {
				end[row] = calculate(end[row], op)
			}
			return digit
		})
		f := forced{step: step}
		for i, q := range test {
			if final(solutions[i]) == end[i] {
				f.follows += 1 / float64(len(test))
			}
			if final(solutions[i]) == q.answer() {
				f.stands += 1 / float64(len(test))
			}
		}
		all = append(all, f)
	}
	return all
}

func runChainOfThought(ctx context.Context, env *Env) (*Result, error) {
	plan := newThoughtPlan(env)
	n := len(plan.jobs())
	all := make([]*thoughtRun, 0, n*len(env.Seeds))
	for range env.Seeds {
		all = append(all, plan.jobs()...)
	}
	err := each(ctx, env, len(all), func(ctx context.Context, i int) error {
		env.say("chain-of-thought: network %d of %d", i+1, len(all))
		return all[i].run(ctx, plan, env.Seeds[i/n])
	})
	if err != nil {
		return nil, err
	}
	res := &Result{Tables: thoughtTables(plan)}
	for i, seed := range env.Seeds {
		runs := all[i*n:][:n]
		addThoughtRows(res.Tables, seed, runs)
		res.Seeds = append(res.Seeds, thoughtVerdict(seed, runs))
	}
	return res, nil
}

// thoughtTables returns the tables without rows.
func thoughtTables(p thoughtPlan) []Table {
	curve := Table{
		Title:   "right answers to fresh problems by training step; a guess is right in .10",
		Columns: []string{"seed", "operations", "trained on"},
	}
	for i := range thoughtPoints {
		curve.Columns = append(curve.Columns, fmt.Sprint((i+1)*(p.steps/thoughtPoints)))
	}
	return []Table{curve, {
		Title:   "answers after a written step was overwritten with a wrong digit",
		Columns: []string{"seed", "overwritten", "follow the wrong step", "are right"},
	}, {
		Title: "right answers with the same weights, by exemplars in the prompt: greedy, one " +
			"sample, and votes",
		Columns: []string{"seed", "trained on", "exemplars", "like the exemplars", "greedy",
			"one", "vote of 3", "vote of 10"},
	}, {
		Title: "right answers after exemplars with steps, by training step",
		Columns: []string{"seed", "step", "greedy", "one", "vote of 3",
			"vote of 10"},
	}}
}

// thoughtVerdict returns the verdict for one seed.
func thoughtVerdict(seed uint64, runs []*thoughtRun) Verdict {
	m := map[string]float64{"follow": 1}
	mixed, plain := runs[0], runs[1]
	var right [][]float64
	for _, r := range runs[2:] {
		name := "right_" + r.ways[0].measure()
		if r.operations != runs[2].operations {
			name += fmt.Sprint("_", r.operations)
		} else {
			right = append(right, r.right)
		}
		m[name], _, _ = eval.Mean(r.right)
		for _, f := range r.forced {
			if f.step == 0 {
				m["noise"] = f.stands
				continue
			}
			m["follow"] = min(m["follow"], f.follows)
			m["stay"] = max(m["stay"], f.stands)
		}
	}
	other := slices.MaxFunc(right[1:], func(a, b []float64) int {
		return cmp.Compare(floats.Sum(a), floats.Sum(b))
	})
	m["gain"], m["low"], _ = eval.Mean(minus(right[0], other))
	addPrompted(m, mixed, plain)
	return Verdict{Seed: seed, Held: thoughtHeld(m), Measures: m}
}

// measure returns the solution's name as part of the name of a measure.
func (s solution) measure() string { return strings.ReplaceAll(string(s), " ", "_") }

// thoughtHeld reports whether the claim holds.
func thoughtHeld(m map[string]float64) bool {
	trained := m["right_steps"] >= 0.95 && m["low"] >= 0.7 && m["right_at_once_1"] >= 0.9
	causal := m["follow"] >= 0.9 && m["noise"] <= 0.2
	asked := m["steps"] >= 0.9 && m["at_once"] <= 0.3 && m["untaught"] <= 0.2
	return trained && causal && asked && m["vote_low"] > 0
}
