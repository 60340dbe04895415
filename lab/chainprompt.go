package lab

import (
	"context"
	"fmt"

	"lmzoo/eval"
	"lmzoo/lm"
)

// prompted holds the accuracy of a network after exemplars of one kind.
type prompted struct {
	exemplars string  // a solution, or none
	step      int     // training step
	like      float64 // share of greedy solutions with the number of tokens of the exemplars
	greedy    []float64
	votes     map[int][]float64
}

// none stands for a prompt without exemplars.
const none = "none"

// runPrompted trains the network on texts of several problems and asks it with exemplars.
func (r *thoughtRun) runPrompted(ctx context.Context, p thoughtPlan, seed uint64) error {
	tokens := (thoughtExemplars + 1) * inSteps.length(p.mixed)
	n, err := r.learn(ctx, tokens, p.mixedSteps, seed, func(n *network, step int) {
		if len(r.ways) > 1 {
			a := r.answer(n.body, string(inSteps), 60, seed)
			a.step = step
			r.course = append(r.course, a)
		}
	})
	if err != nil {
		return err
	}
	kinds := []string{string(inSteps), string(atOnce), none, string(offTopic)}
	if len(r.ways) == 1 {
		kinds = kinds[:2]
	}
	for _, kind := range kinds {
		r.prompts = append(r.prompts, r.answer(n.body, kind, p.questions, seed+1<<32))
	}
	return nil
}

// answer tests a model on the problems of a seed after exemplars of one kind.
func (r *thoughtRun) answer(m lm.Model, kind string, n int, seed uint64) prompted {
	exemplars, way := thoughtExemplars, solution(kind)
	if kind == none {
		exemplars, way = 0, inSteps
	}
	test := r.ask(n, exemplars, way, seed)
	most := r.operations + 1
	solutions := solve(m, test, most, greedily)
	a := prompted{exemplars: kind, greedy: rightOf(test, solutions)}
	length := way.length(r.operations) - len(test[0].problem) - 1
	for _, s := range solutions {
		if len(s) == length {
			a.like += 1 / float64(n)
		}
	}
	a.votes = vote(m, test, most, []int{1, 3, thoughtChains}, seed)
	return a
}

// addPrompted adds the measures of the prompts: mixed has read texts of both kinds, plain has read
// only answers at once.
func addPrompted(m map[string]float64, mixed, plain *thoughtRun) {
	for _, a := range mixed.prompts {
		name := solution(a.exemplars).measure()
		if a.exemplars == string(offTopic) {
			name = "wrong"
		}
		m[name], _, _ = eval.Mean(a.greedy)
		m["one_"+name], _, _ = eval.Mean(a.votes[1])
		m["vote_"+name], _, _ = eval.Mean(a.votes[thoughtChains])
		if a.exemplars == none {
			m["vote_gain"], m["vote_low"], _ = eval.Mean(minus(a.votes[thoughtChains], a.votes[1]))
		}
	}
	m["untaught"], _, _ = eval.Mean(plain.prompts[0].greedy)
}

// cells returns the shares of right answers.
func (a prompted) cells() (cells []string) {
	for _, x := range [][]float64{a.greedy, a.votes[1], a.votes[3], a.votes[thoughtChains]} {
		m, _, _ := eval.Mean(x)
		cells = append(cells, fmt.Sprintf("%.3f", m))
	}
	return cells
}

// addThoughtRows adds the rows of one seed to the tables.
func addThoughtRows(tables []Table, seed uint64, runs []*thoughtRun) {
	for _, r := range runs[2:] {
		row := []string{fmt.Sprint(seed), fmt.Sprint(r.operations), string(r.ways[0])}
		for _, x := range r.curve {
			row = append(row, fmt.Sprintf("%.2f", x))
		}
		tables[0].add(row...)
		for _, f := range r.forced {
			name, follows := fmt.Sprint("step ", f.step), fmt.Sprintf("%.3f", f.follows)
			if f.step == 0 {
				name, follows = "all, at random", fmt.Sprintf("%.3f", f.follows)
			}
			tables[1].add(fmt.Sprint(seed), name, follows, fmt.Sprintf("%.3f", f.stands))
		}
	}
	for i, r := range runs[:2] {
		trained := []string{"both", string(atOnce)}[i]
		for _, a := range r.prompts {
			like := fmt.Sprintf("%.3f", a.like)
			if a.exemplars == none {
				like = ""
			}
			tables[2].add(append([]string{fmt.Sprint(seed), trained, a.exemplars, like},
				a.cells()...)...)
		}
		for _, a := range r.course {
			tables[3].add(append([]string{fmt.Sprint(seed), fmt.Sprint(a.step)}, a.cells()...)...)
		}
	}
}
