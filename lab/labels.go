package lab

import (
	"context"
	"fmt"

	"lmzoo/corpus/world"
	"lmzoo/eval"
	"lmzoo/task"
)

// Labels measures the value of pre-training in labels.
func Labels() Experiment {
	return Experiment{
		Name: "labels", Era: "PLM", Year: 2018,
		Topic: "pre-training",
		Paper: "Peters et al. 2018; Radford et al. 2018; Devlin et al. 2019",
		Claim: "With 50 labels a pre-trained ELMo, GPT-1 or BERT classifies reviews better than " +
			"the same network from random weights, with 1,000 within .03 of the best possible " +
			"accuracy, and a bag of words does not.",
		Figures: []Figure{{
			Title: "What pre-training is worth in labels",
			Look: "Compare each pre-trained network at 50 labels with the same network from " +
				"scratch at 1,000; no classifier can be above the dashed line.",
			Lines: []string{"classifier"}, Limit: "the limit",
			Only: []string{
				"the limit", "BERT", "GPT-1", "ELMo", "word2vec", "BERT from scratch",
				"GPT-1 from scratch", "ELMo from scratch", "3-grams of each label",
				"logistic, bag of words",
			},
			XAxis: "labelled reviews", YAxis: "accuracy", LogX: true,
		}},
		Measures: map[string]string{
			"limit": "accuracy of the exact posterior on the test reviews",
			"MODEL_gain": "accuracy of the pre-trained network at 50 labels less that of the " +
				"same network from scratch",
			"MODEL_low":   "lower end of the 95 % interval of that gain, paired over the draws",
			"MODEL_short": "limit less the accuracy of the pre-trained network at 1,000 labels",
			"bag_short":   "limit less the accuracy of the best bag of words at 1,000 labels",
		},
		Run: runLabels,
	}
}

// tested lists the models that the claim is about.
var tested = []string{"ELMo", "GPT-1", "BERT"}

// contenders returns the three ways in which the models of the era are used, each with its
// controls: the same network from random weights, trained either as a whole or only in a linear
// head.
func contenders(ctx context.Context, env *Env, seed uint64) ([]contender, error) {
	var all []contender
	for _, c := range []struct {
		title, species string
		frozen         bool
	}{
		{"word2vec", "word2vec", true}, {"ELMo", "elmo", true}, {"GPT-1", "gpt", false},
		{"BERT", "bert", false},
	} {
		r, err := env.Store.Pretrained(ctx, env, pretraining(c.species, seed, env))
		if err != nil {
			return nil, err
		}
		base := contender{run: r, mixed: c.species == "elmo", pool: task.Mean}
		learned := base
		learned.name, learned.frozen, learned.recipe = c.title, c.frozen, fineTuning
		if c.frozen {
			learned.recipe = linear
		}
		all = append(all, learned)
		if c.species == "word2vec" {
			continue
		}
		scratch, random := base, base
		scratch.name, scratch.random = c.title+" from scratch", true
		scratch.recipe, scratch.mixed = fromScratch(c.species), false
		random.name, random.random, random.recipe = c.title+" random, frozen", true, linear
		random.frozen = true
		all = append(all, scratch, random)
	}
	return all, nil
}

// bags lists the baselines, which have seen no unlabelled text.
var bags = []struct {
	name  string
	train func(*task.Set) (task.Classifier, error)
}{
	{"majority", func(s *task.Set) (task.Classifier, error) { return task.TrainMajority(s) }},
	{"naive Bayes", func(s *task.Set) (task.Classifier, error) {
		return task.TrainNaiveBayes(s, 1)
	}},
	{"naive Bayes, bigrams", func(s *task.Set) (task.Classifier, error) {
		return task.TrainNaiveBayes(s, 2)
	}},
	{"logistic, bag of words", func(s *task.Set) (task.Classifier, error) {
		return task.TrainLogistic(s, 1, 1)
	}},
	{"3-grams of each label", func(s *task.Set) (task.Classifier, error) {
		return task.TrainNGrams(s, 3)
	}},
}

// bagsOfWords lists the baselines that ignore the order of words.
var bagsOfWords = []string{"naive Bayes", "logistic, bag of words"}

func runLabels(ctx context.Context, env *Env) (*Result, error) {
	sizes, _ := labelCounts(env)
	table := Table{
		Title:   "accuracy by number of labels, mean over the draws ± 95 %",
		Columns: []string{"seed", "classifier"},
	}
	for _, n := range sizes {
		table.Columns = append(table.Columns, fmt.Sprint(n))
	}
	res := &Result{}
	for _, seed := range env.Seeds {
		w, test := reviewTask(seed, world.Test)
		acc, err := accuracies(ctx, env, seed, w, test)
		if err != nil {
			return nil, err
		}
		for _, name := range acc.names {
			row := []string{fmt.Sprint(seed), name}
			for _, n := range sizes {
				row = append(row, meanText(acc.of[name][n]))
			}
			table.add(row...)
		}
		row := []string{fmt.Sprint(seed), "the limit"}
		for range sizes {
			row = append(row, fmt.Sprintf("%.3f", acc.limit))
		}
		table.add(row...)
		res.Seeds = append(res.Seeds, labelsVerdict(seed, acc.limit, acc))
	}
	res.Tables = []Table{table}
	return res, nil
}

// labelsVerdict returns the verdict for one seed.
func labelsVerdict(seed uint64, limit float64, acc scores) Verdict {
	v := Verdict{Seed: seed, Held: true, Measures: map[string]float64{"limit": limit}}
	bag := 0.0
	for _, name := range bagsOfWords {
		m, _, _ := eval.Mean(acc.of[name][1000])
		bag = max(bag, m)
	}
	v.Measures["bag_short"] = limit - bag
	for _, name := range tested {
		gain, low, _ := eval.Mean(minus(acc.of[name][50], acc.of[name+" from scratch"][50]))
		at1000, _, _ := eval.Mean(acc.of[name][1000])
		short := limit - at1000
		v.Measures[name+"_gain"], v.Measures[name+"_low"] = gain, low
		v.Measures[name+"_short"] = short
		v.Held = v.Held && low > 0 && short <= 0.03 && at1000 > bag
	}
	return v
}
