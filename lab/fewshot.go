package lab

import (
	"context"
	"fmt"
	"slices"

	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/ngram"
)

// FewShot compares learning from examples in the context with the exact Bayes rule. At full scale
// it takes about 10 seconds on two threads per seed.
func FewShot() Experiment {
	return Experiment{
		Name: "fewshot", Era: "LLM", Year: 2020,
		Topic: "in-context learning",
		Paper: "Brown et al. 2020, \"Language Models are Few-Shot Learners\"; Xie et al. 2022",
		Claim: "Trained on labels whose meaning is new in every text, one layer of attention " +
			"with smeared keys classifies as the exact Bayes rule does after any number of " +
			"examples; in the same number of steps two plain layers, an LSTM and an n-gram do " +
			"not.",
		Figures: []Figure{{
			Title: "Learning from examples in the context",
			Look: "The line of smeared keys lies on the line of the exact Bayes rule; the " +
				"others stay near the accuracy after one example.",
			Lines: []string{"model"}, Limit: "Bayes",
			XAxis: "labelled examples in the context", YAxis: "accuracy",
		}},
		Measures: map[string]string{
			"MODEL_short": "accuracy of the exact Bayes rule less that of the model, mean over " +
				"1 to 11 examples",
			"MODEL_low, MODEL_high": "its 95 % interval, paired over the test texts",
			"MODEL_nats":            "nats per label above those of the exact Bayes rule",
			"MODEL_shuffled": "accuracy after 11 examples with random labels; chance is " +
				".200",
			"MODEL_step": "first step with a shortfall of at most .02; −1: none",
		},
		Run: runFewShot,
	}
}

// fewShotTask has 5 categories of 8 words and 5 labels; a text has 12 pairs.
var fewShotTask = labelling{categories: 5, words: 8, labels: 5}

const (
	fewShotPairs  = 12
	fewShotTokens = 2 * fewShotPairs
	fewShotEvery  = 50 // steps between measurements
)

// classifiers lists the models of fewshot.
var classifiers = []shape{
	{"smear", "gpt", 1, 2, 32, true},
	{"GPT", "gpt", 2, 2, 32, false},
	{"llama", "llama", 2, 2, 32, false},
	{"LSTM", "lstm", 1, 0, 64, false},
}

// labelled describes how a model labels the test texts.
type labelled struct {
	name     string
	curve    []score   // score after each number of examples
	right    []float64 // share of right labels in each text after at least one example
	shuffled float64   // accuracy after the most examples, with random labels
	steps    []float64 // shortfall after each fewShotEvery steps
}

// label measures a reader on texts of pairs.
func label(name string, r reader, docs, shuffled [][]lm.Token) labelled {
	l := labelled{name: name, curve: make([]score, fewShotPairs), right: make([]float64, len(docs))}
	r.read(docs, func(d, at int, logProbs []float64) {
		if at%2 == 0 {
			return
		}
		l.curve[at/2].add(logProbs, docs[d][at])
		if at > 1 && best(logProbs) == docs[d][at] {
			l.right[d] += 1.0 / (fewShotPairs - 1)
		}
	})
	for i := range l.curve {
		l.curve[i] = l.curve[i].mean()
	}
	l.shuffled = scored(r, shuffled, func(_, at int) bool { return at == fewShotTokens-1 }).right
	return l
}

func runFewShot(ctx context.Context, env *Env) (*Result, error) {
	steps := pick(env, 400, 300)
	shots := Table{Title: "accuracy by the number of examples before", Columns: []string{"seed",
		"model"}}
	for k := range fewShotPairs {
		shots.Columns = append(shots.Columns, fmt.Sprint(k))
	}
	curve := Table{Title: "accuracy below the exact Bayes rule by training step, mean over 1 to " +
		"11 " +
		"examples", Columns: []string{"seed", "model"}}
	for s := fewShotEvery; s <= steps; s += fewShotEvery {
		curve.Columns = append(curve.Columns, fmt.Sprint(s))
	}
	n := len(classifiers)
	all := make([]labelled, n*len(env.Seeds))
	err := each(ctx, env, len(all), func(ctx context.Context, i int) (err error) {
		all[i], err = learnLabels(ctx, env, classifiers[i%n], steps, env.Seeds[i/n])
		return err
	})
	if err != nil {
		return nil, err
	}
	res := &Result{}
	for i, seed := range env.Seeds {
		v, err := fewShotVerdict(seed, all[i*n:][:n], &shots, &curve)
		if err != nil {
			return nil, err
		}
		res.Seeds = append(res.Seeds, v)
	}
	res.Tables = []Table{shots, curve}
	return res, nil
}

// fewShotTest returns the test texts of a seed, and the same texts with random labels.
func fewShotTest(seed uint64) (docs, shuffled [][]lm.Token) {
	docs = held(500, fewShotTokens, fewShotTask.draw, seed)
	return docs, fewShotTask.shuffled(docs, seed)
}

// learnLabels trains a model on texts of pairs and measures it on other texts. Only the labels
// carry loss, because the words are random.
func learnLabels(
	ctx context.Context, env *Env, shape shape, steps int, seed uint64,
) (labelled, error) {
	n, err := shape.build(fewShotTask.vocab(), fewShotTokens, seed)
	if err != nil {
		return labelled{}, err
	}
	docs, shuffled := fewShotTest(seed)
	limit := accuracyAfterOne(bayes{fewShotTask}, docs)
	var curve []float64
	s := schooling{rows: 64, steps: steps, lr: 4e-3, constant: true}
	err = n.teach(ctx, s, fewShotTokens, fewShotTask.draw, seed, func(step int) {
		if step > 0 && step%fewShotEvery == 0 {
			curve = append(curve, limit-accuracyAfterOne(n, docs))
			env.say("fewshot, seed %d: %s, step %d of %d", seed, n.name, step, steps)
		}
	})
	l := label(n.name, n, docs, shuffled)
	l.steps = curve
	return l, err
}

// accuracyAfterOne returns the accuracy of a reader after at least one example.
func accuracyAfterOne(r reader, docs [][]lm.Token) float64 {
	m, _, _ := eval.Mean(label("", r, docs, nil).right)
	return m
}

// guesser returns an n-gram model of texts of pairs. It is trained on the number of texts that the
// networks read in a hundred steps, which is enough to converge.
func guesser(seed uint64) (reader, error) {
	docs := held(64*100, fewShotTokens, fewShotTask.draw, seed+1<<32)
	m, _, err := ngram.Train(docs, ngram.Config{
		Order: 4, Smoothing: "witten-bell", Vocab: fewShotTask.vocab(), NoCounts: true,
	})
	return stepper{m}, err
}

// fewShotVerdict returns the verdict for one seed.
func fewShotVerdict(seed uint64, models []labelled, shots, curve *Table) (Verdict, error) {
	docs, shuffled := fewShotTest(seed)
	rule := label("Bayes", bayes{fewShotTask}, docs, shuffled)
	g, err := guesser(seed)
	if err != nil {
		return Verdict{}, err
	}
	m := map[string]float64{}
	counted := label("n-gram", g, docs, shuffled)
	for _, l := range slices.Concat(models, []labelled{counted, rule}) {
		row := []string{fmt.Sprint(seed), l.name}
		for _, s := range l.curve {
			row = append(row, fmt.Sprintf("%.2f", s.right))
		}
		shots.add(row...)
		if l.name == rule.name {
			break
		}
		m[l.name+"_short"], m[l.name+"_low"], m[l.name+"_high"] = eval.Mean(
			minus(rule.right, l.right))
		m[l.name+"_shuffled"] = l.shuffled
		for i := range l.curve {
			m[l.name+"_nats"] += (l.curve[i].nats - rule.curve[i].nats) / fewShotPairs
		}
		if l.steps == nil {
			continue
		}
		row = []string{fmt.Sprint(seed), l.name}
		m[l.name+"_step"] = -1
		for i, short := range l.steps {
			row = append(row, fmt.Sprintf("%.3f", short))
			if short <= 0.02 && m[l.name+"_step"] < 0 {
				m[l.name+"_step"] = float64((i + 1) * fewShotEvery)
			}
		}
		curve.add(row...)
	}
	return Verdict{seed, fewShotHeld(m), m}, nil
}

// fewShotHeld reports whether the claim holds.
func fewShotHeld(m map[string]float64) bool {
	held := m["smear_short"] <= 0.02 && m["smear_shuffled"] < 0.3
	for _, other := range []string{"GPT", "llama", "LSTM", "n-gram"} {
		held = held && m[other+"_low"] > 0.02
	}
	return held
}
