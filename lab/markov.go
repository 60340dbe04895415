package lab

import (
	"context"
	"fmt"
	"slices"

	"lmzoo/lm"
)

// Markov follows the stages in which transformers learn to predict Markov chains that are new in
// every text. At full scale it takes about 10 seconds on two threads per seed.
func Markov() Experiment {
	return Experiment{
		Name: "markov", Era: "LLM", Year: 2024,
		Topic: "in-context learning",
		Paper: "Edelman et al. 2024, \"The Evolution of Statistical Induction Heads\"",
		Claim: "Trained on Markov chains that are new in every text, two layers of attention " +
			"predict first as a uniform guess does, then as counts of states do, and then as " +
			"counts of pairs, which is the exact Bayes predictor; one layer stays at counts of " +
			"states.",
		Figures: []Figure{{
			Title: "Three predictors, one after the other",
			Look: "The lowest line is the predictor that two layers of attention imitate at that " +
				"step: first the guess, then counts, then counts of pairs.",
			Lines: []string{"predictor"}, Where: map[string]string{"model": "two"},
			XAxis: "training steps", YAxis: "KL divergence from the predictor, nats",
		}},
		Measures: map[string]string{
			"MODEL_PREDICTOR": "KL divergence of the model from a predictor after training, in " +
				"nats per token; from the bigram it is the loss above the exact Bayes predictor",
			"MODEL_unigram_step": "first step at which the model is nearest to the unigram; −1: " +
				"none",
			"MODEL_bigram_step": "step from which on it is nearest to the bigram; −1: none",
		},
		Run: runMarkov,
	}
}

// strangers describes the chains, which have three states. A text has 48 tokens.
var strangers = chains{states: 3}

const (
	strangerTokens = 48
	strangerEvery  = 25 // steps between measurements
)

// chainReaders lists the models of markov.
var chainReaders = []shape{
	{"two", "llama", 2, 2, 24, false},
	{"one", "llama", 1, 2, 24, false},
	{"smear", "gpt", 1, 2, 24, true},
	{"LSTM", "lstm", 1, 0, 48, false},
}

// predictors lists the references that the models are compared with, by the order of their counts.
var predictors = []string{"uniform", "unigram", "bigram"}

// chainCurve holds the distances of a model from each predictor in the course of its training.
type chainCurve struct {
	name  string
	steps []int
	kl    [][]float64 // [step][predictor]
}

func runMarkov(ctx context.Context, env *Env) (*Result, error) {
	steps := pick(env, 600, 500)
	curve := Table{
		Title:   "KL divergence of the model from each predictor by training step, nats per token",
		Columns: []string{"seed", "model", "predictor"},
	}
	for s := 0; s <= steps; s += 4 * strangerEvery {
		curve.Columns = append(curve.Columns, fmt.Sprint(s))
	}
	n := len(chainReaders)
	all := make([]chainCurve, n*len(env.Seeds))
	err := each(ctx, env, len(all), func(ctx context.Context, i int) (err error) {
		all[i], err = learnChains(ctx, env, chainReaders[i%n], steps, env.Seeds[i/n])
		return err
	})
	if err != nil {
		return nil, err
	}
	res := &Result{}
	for i, seed := range env.Seeds {
		m := map[string]float64{}
		for _, c := range all[i*n:][:n] {
			c.report(seed, m, &curve)
		}
		res.Seeds = append(res.Seeds, Verdict{seed, markovHeld(m), m})
	}
	res.Tables = []Table{curve}
	return res, nil
}

// learnChains trains a model on chains and measures it on other chains.
func learnChains(
	ctx context.Context, env *Env, shape shape, steps int, seed uint64,
) (c chainCurve, err error) {
	n, err := shape.build(strangers.vocab(), strangerTokens, seed)
	if err != nil {
		return c, err
	}
	c.name = n.name
	docs := held(100, strangerTokens, strangers.draw, seed)
	want := predictions(docs)
	return c, n.teach(ctx, schooling{rows: 32, steps: steps, lr: 6e-3, constant: true},
		strangerTokens, strangers.draw, seed, func(step int) {
			if step%strangerEvery == 0 {
				c.steps = append(c.steps, step)
				c.kl = append(c.kl, distances(n, docs, want))
				env.say("markov, seed %d: %s, step %d of %d", seed, n.name, step, steps)
			}
		})
}

// predictions returns the distributions of every predictor before every token, one after another.
func predictions(docs [][]lm.Token) [][][]float64 {
	want := make([][][]float64, len(predictors))
	for order := range want {
		counter{strangers, order}.read(docs, func(_, _ int, logProbs []float64) {
			want[order] = append(want[order], logProbs)
		})
	}
	return want
}

// distances returns the mean KL divergence of a reader from each predictor, in nats per token.
func distances(r reader, docs [][]lm.Token, want [][][]float64) []float64 {
	kl, i := make([]float64, len(want)), 0
	r.read(docs, func(_, _ int, logProbs []float64) {
		for p := range want {
			kl[p] += divergence(want[p][i], logProbs)
		}
		i++
	})
	for p := range kl {
		kl[p] /= float64(i)
	}
	return kl
}

// nearest returns the predictor that the model is nearest to at each step.
func (c chainCurve) nearest() []int {
	near := make([]int, len(c.kl))
	for i, kl := range c.kl {
		near[i] = slices.Index(kl, slices.Min(kl))
	}
	return near
}

// report adds the measures and the rows of a model.
func (c chainCurve) report(seed uint64, m map[string]float64, curve *Table) {
	for p, name := range predictors {
		m[c.name+"_"+name] = c.kl[len(c.kl)-1][p]
		row := []string{fmt.Sprint(seed), c.name, name}
		for i, step := range c.steps {
			if step%(4*strangerEvery) == 0 {
				row = append(row, fmt.Sprintf("%.3f", c.kl[i][p]))
			}
		}
		curve.add(row...)
	}
	near := c.nearest()
	m[c.name+"_unigram_step"], m[c.name+"_bigram_step"] = -1, -1
	if i := slices.Index(near, 1); i >= 0 {
		m[c.name+"_unigram_step"] = float64(c.steps[i])
	}
	for i := len(near) - 1; i >= 0 && near[i] == 2; i-- {
		m[c.name+"_bigram_step"] = float64(c.steps[i])
	}
}

// markovHeld reports whether the claim holds: the model that starts nearest to the uniform guess
// passes the unigram on its way to the bigram and ends within .02 nats of it; one layer does not.
func markovHeld(m map[string]float64) bool {
	return m["two_unigram_step"] > 0 && m["two_bigram_step"] > m["two_unigram_step"] &&
		m["two_bigram"] <= 0.02 && m["one_bigram"] > m["one_unigram"]
}
