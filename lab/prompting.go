package lab

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmzoo/eval"
)

// Prompting tests what a prompt changes while the weights stay the same. At full scale it takes
// about 10 seconds on two threads per seed.
func Prompting() Experiment {
	return Experiment{
		Name: "prompting", Era: "LLM", Year: 2022,
		Topic: "in-context learning",
		Paper: "Brown et al. 2020; Zhao et al. 2021; Lu et al. 2022; Min et al. 2022; Wei et " +
			"al. 2023, \"Larger language models do in-context learning differently\"",
		Claim: "With the same weights, eight examples with changed labels lead a large network " +
			"from the usual labels to the new ones, as the exact Bayes rule does, and a small " +
			"network less; the order of the examples, which is nothing to the rule, changes " +
			"answers of a network that has not found the rule; and a form of examples that was " +
			"never read costs.",
		Figures: []Figure{{
			Title: "Examples that contradict the weights",
			Look: "The large network gives up the usual labels as fast as the exact rule; the " +
				"small one keeps them.",
			Lines: []string{"model"}, Where: map[string]string{"labels": "changed"}, Limit: "Bayes",
			XAxis: "examples with changed labels before the question", YAxis: "right answers",
		}},
		Measures: map[string]string{
			"SIZE_usual": "share of right answers without an example if labels are usual; SIZE " +
				"is small, early (large after a quarter of the steps) or large",
			"SIZE_changed":  "share of right answers after eight examples with changed labels",
			"SIZE_short":    "that of the exact rule less SIZE_changed",
			"SIZE_low":      "lower end of its 95 % interval, paired over the texts",
			"SIZE_random":   "share of usual labels after eight examples with random labels",
			"SIZE_one":      "share of right answers after one example with a changed label",
			"SIZE_changes":  "share of questions whose answer depends on the order of 4 examples",
			"SIZE_spread":   "right answers in the best order less those in the worst",
			"SIZE_seldom":   "SIZE_changed in a form that a fifth of the training texts have",
			"SIZE_never":    "SIZE_changed in a form that no training text has",
			"SIZE_untaught": "SIZE_changed of the first, random weights; chance is .250",
			"gap":           "large_changed less small_changed",
			"gap_low":       "lower end of its 95 % interval, paired over the texts",
		},
		Run: runPrompting,
	}
}

// promptTask is the text that the networks read.
var promptTask = lexicon{categories: 4, words: 8, usual: 0.5, mistakes: 0.1}

const (
	promptShots  = 8
	promptTokens = 4 * (promptShots + 1) // tokens of a text in the longer forms
	promptRate   = 2e-3                  // chosen on other seeds, as are sizes and steps
)

// prompter is a network to prompt.
type prompter struct {
	shape
	parts int // length of its training, in quarters
}

// prompters lists a small network, the large network after less training, and the large network.
var prompters = []prompter{
	{shape{"small", "gpt", 2, 2, 8, true}, 4},
	{shape{"early", "gpt", 2, 2, 64, true}, 1},
	{shape{"large", "gpt", 2, 2, 64, true}, 4},
}

// promptTests holds the tests of a seed.
type promptTests struct {
	quizzes map[labelsOf]exam
	forms   []exam // tests with changed labels, by template
	orders  []reordered
}

func newPromptTests(n int, seed uint64) promptTests {
	rng := rand.New(rand.NewPCG(seed, 34))
	t := promptTests{quizzes: map[labelsOf]exam{}}
	for _, kind := range []labelsOf{usualLabels, changedLabels, randomLabels} {
		t.quizzes[kind] = promptTask.quiz(n, promptShots, templates[0], kind, rng)
	}
	t.forms = append(t.forms, t.quizzes[changedLabels])
	for _, form := range templates[1:] {
		t.forms = append(t.forms, promptTask.quiz(n, promptShots, form, changedLabels, rng))
	}
	for range n / 25 {
		t.orders = append(t.orders, promptTask.reorder(16, templates[0], rng))
	}
	return t
}

// answered holds the results of a reader in the tests.
type answered struct {
	name     string
	shots    map[labelsOf][][]float64 // right answers by labels, shots and text
	forms    [][]float64              // right answers after all shots, by form and text
	orders   []disorder
	untaught []float64 // right answers of the initial weights
}

// answer runs the tests on a reader.
func (t promptTests) answer(name string, r reader) answered {
	a := answered{name: name, shots: map[labelsOf][][]float64{}}
	for kind, e := range t.quizzes {
		chosen := e.answers(r)
		for k := range promptShots + 1 {
			a.shots[kind] = append(a.shots[kind], e.rights(chosen, k))
		}
	}
	for _, e := range t.forms {
		a.forms = append(a.forms, e.rights(e.answers(r), promptShots))
	}
	for _, o := range t.orders {
		a.orders = append(a.orders, o.disorder(r))
	}
	return a
}

// order returns the mean disorder over all sets of examples.
func (a answered) order() (d disorder) {
	n := float64(len(a.orders))
	for _, o := range a.orders {
		d.worst += o.worst / n
		d.mean += o.mean / n
		d.best += o.best / n
		d.changes += o.changes / n
	}
	return d
}

func runPrompting(ctx context.Context, env *Env) (*Result, error) {
	steps, texts := pick(env, 800, 600), pick(env, 500, 200)
	n := len(prompters)
	all := make([]answered, n*len(env.Seeds))
	err := each(ctx, env, len(all), func(ctx context.Context, i int) (err error) {
		i = len(all) - 1 - i // a large network first
		all[i], err = learnPrompts(ctx, env, prompters[i%n], steps, texts, env.Seeds[i/n])
		return err
	})
	if err != nil {
		return nil, err
	}
	res := &Result{Tables: promptTables()}
	for i, seed := range env.Seeds {
		models := all[i*n:][:n]
		exact := newPromptTests(texts, seed).answer("Bayes", rule{promptTask})
		for _, a := range append(models[:n:n], exact) {
			a.addRows(res.Tables, seed)
		}
		res.Seeds = append(res.Seeds, promptVerdict(seed, models, exact))
	}
	return res, nil
}

// learnPrompts trains a network and then tests it with fixed weights.
func learnPrompts(
	ctx context.Context, env *Env, p prompter, steps, texts int, seed uint64,
) (answered, error) {
	n, err := p.build(promptTask.vocab(), promptTokens, seed)
	if err != nil {
		return answered{}, err
	}
	tests := newPromptTests(texts, seed)
	changed := tests.quizzes[changedLabels]
	untaught := changed.rights(changed.answers(n), promptShots)
	env.say("prompting, seed %d: %s", seed, n.name)
	s := schooling{rows: 32, steps: steps * p.parts / 4, lr: promptRate, decay: 0.25}
	if err := n.teach(ctx, s, promptTokens, promptTask.draw, seed, nil); err != nil {
		return answered{}, err
	}
	a := tests.answer(n.name, n)
	a.untaught = untaught
	return a, nil
}

func promptTables() []Table {
	shots := Table{
		Title: "right answers by the number of examples before, whose labels are usual, " +
			"changed or random; the weights are the same",
		Columns: []string{"seed", "model", "labels"},
	}
	for k := range promptShots + 1 {
		shots.Columns = append(shots.Columns, fmt.Sprint(k))
	}
	return []Table{shots, {
		Title: "four examples with changed labels, one of each category, in all 24 orders",
		Columns: []string{"seed", "model", "worst order", "mean", "best order",
			"answers that change"},
	}, {
		Title: "right answers after eight examples with changed labels, by the form of the " +
			"examples",
		Columns: []string{"seed", "model", "often read", "seldom read", "never read"},
	}}
}

// addRows adds the rows of a model.
func (a answered) addRows(tables []Table, seed uint64) {
	for _, kind := range []labelsOf{usualLabels, changedLabels, randomLabels} {
		row := []string{fmt.Sprint(seed), a.name, string(kind)}
		for _, right := range a.shots[kind] {
			row = append(row, share(right))
		}
		tables[0].add(row...)
	}
	d := a.order()
	row := []string{fmt.Sprint(seed), a.name}
	for _, x := range []float64{d.worst, d.mean, d.best, d.changes} {
		row = append(row, fmt.Sprintf("%.2f", x))
	}
	tables[1].add(row...)
	row = []string{fmt.Sprint(seed), a.name}
	for _, right := range a.forms {
		row = append(row, share(right))
	}
	tables[2].add(row...)
}

// share formats a mean.
func share(x []float64) string {
	m, _, _ := eval.Mean(x)
	return fmt.Sprintf("%.2f", m)
}

// promptVerdict returns the verdict for one seed.
func promptVerdict(seed uint64, models []answered, exact answered) Verdict {
	m := map[string]float64{}
	mean := func(name string, x []float64) { m[name], _, _ = eval.Mean(x) }
	changed := func(a answered) []float64 { return a.shots[changedLabels][promptShots] }
	for _, a := range models {
		mean(a.name+"_usual", a.shots[usualLabels][0])
		mean(a.name+"_changed", changed(a))
		mean(a.name+"_random", a.shots[randomLabels][promptShots])
		mean(a.name+"_one", a.shots[changedLabels][1])
		mean(a.name+"_seldom", a.forms[1])
		mean(a.name+"_never", a.forms[2])
		mean(a.name+"_untaught", a.untaught)
		m[a.name+"_short"], m[a.name+"_low"], _ = eval.Mean(minus(changed(exact), changed(a)))
		d := a.order()
		m[a.name+"_changes"], m[a.name+"_spread"] = d.changes, d.best-d.worst
	}
	m["gap"], m["gap_low"], _ = eval.Mean(minus(changed(models[2]), changed(models[0])))
	return Verdict{Seed: seed, Held: promptHeld(m), Measures: m}
}

// promptHeld reports whether the claim holds.
func promptHeld(m map[string]float64) bool {
	weights := m["small_usual"] >= 0.9 && m["large_usual"] >= 0.9
	examples := m["gap_low"] > 0.1 && m["large_short"] <= 0.1 && m["large_untaught"] <= 0.4
	order := m["early_changes"] >= 0.1 && m["large_changes"] <= 0.05
	form := m["large_never"] < m["large_changed"]-0.1
	return weights && examples && order && form
}
