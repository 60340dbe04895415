package lab

import (
	"lmzoo/corpus/world"
	"lmzoo/task"
	"lmzoo/zoo"
)

// reviewTokens is the size of the unlabelled corpus.
const reviewTokens = 1_200_000

// pretrainedReviews returns the pre-training of a species on unlabelled reviews and notes. share is
// the fraction of its usual number of steps; values holds the settings that differ from the usual
// ones. GPT-1 has pre-norm blocks here: with post-norm blocks it did not learn the polarity of the
// reviews in so few steps.
func pretrainedReviews(
	species string, seed uint64, share float64, values map[string]any,
) Pretraining {
	full := map[string]map[string]any{
		"word2vec": {
			"n_embd": 64, "lr": 0.05, "min_lr": 1e-4,
			"batch": 4, "context": 256, "steps": 4000,
		},
		"elmo": {
			"n_embd": 64, "layers": 2,
			"lr": 8e-3, "min_lr": 4e-4, "warmup": 100, "beta2": 0.98, "weight_decay": 0.01,
			"batch": 16, "context": 80, "steps": 1500,
		},
		"gpt": {
			"n_embd": 64, "n_layer": 2, "n_head": 2, "n_positions": 80, "initializer_range": 0.08,
			"lr": 4e-3, "min_lr": 2e-4, "warmup": 100, "beta2": 0.98, "weight_decay": 0.01,
			"batch": 16, "context": 80, "steps": 2500,
		},
		"bert": {
			"n_embd": 128, "n_layer": 2, "n_head": 4, "n_positions": 80, "initializer_range": 0.08,
			"mask_rate": 0.4,
			"lr":        4e-3, "min_lr": 2e-4, "warmup": 200, "beta2": 0.98, "weight_decay": 0.01,
			"batch": 16, "context": 80, "steps": 10000,
		},
	}[species]
	v := map[string]any{"eval_every": "0", "save_every": "0"}
	for k, x := range full {
		v[k] = x
	}
	v["steps"] = int(share * float64(full["steps"].(int)))
	for k, x := range values {
		v[k] = x
	}
	return Pretraining{
		Species: species, Corpus: zoo.ReviewsName, Tokens: reviewTokens, Values: v, Seed: seed,
	}
}

// The sizes of the labelled pools.
const (
	trainReviews = 2000
	testReviews  = 1000
)

// reviewTask returns the labelled task of a seed with its exact limit, and a pool to measure on.
// Learning rates were chosen on Dev; Test is for reported results.
func reviewTask(seed uint64, pool world.Pool) (w *task.World, test *task.Set) {
	w = task.NewWorld(seed, trainReviews, testReviews, testReviews)
	if pool == world.Dev {
		return w, w.Dev
	}
	return w, w.Test
}

// pretraining returns the pre-training of the experiments: all steps at full scale, half of them at
// quick, or a quarter of BERT's, which are most.
func pretraining(species string, seed uint64, env *Env) Pretraining {
	quick := 0.5
	if species == "bert" {
		quick = 0.25
	}
	return pretrainedReviews(species, seed, pick(env, 1.0, quick), nil)
}
