package lab

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmzoo/eval"
	"lmzoo/task"
)

// scores holds accuracies by classifier, number of labels and draw.
type scores struct {
	names []string
	of    map[string]map[int][]float64
	limit float64 // accuracy of the exact posterior
}

// labelCounts returns the numbers of labels to learn from, and the number of draws of each.
func labelCounts(env *Env) (sizes []int, draws int) {
	return pick(env, []int{10, 50, 200, 1000}, []int{50, 1000}), pick(env, 5, 3)
}

// fitting is one classifier to train on one draw of labels.
type fitting struct {
	labels, draw int
	bag, net     int // indices of the classifier; −1: none
}

// accuracies trains every classifier on every draw of labels and measures it on the test set, once
// per process.
func accuracies(
	ctx context.Context, env *Env, seed uint64, w *task.World, test *task.Set,
) (scores, error) {
	return remember(env.Store, fmt.Sprint("accuracies ", env.Scale, seed), func() (scores, error) {
		return measuredAccuracies(ctx, env, seed, w, test)
	})
}

func measuredAccuracies(
	ctx context.Context, env *Env, seed uint64, w *task.World, test *task.Set,
) (scores, error) {
	nets, err := contenders(ctx, env, seed)
	if err != nil {
		return scores{}, err
	}
	limit, err := task.Evaluate(w.Limit(), test, seed)
	if err != nil {
		return scores{}, err
	}
	sizes, draws := labelCounts(env)
	acc := scores{of: map[string]map[int][]float64{}, limit: limit.Accuracy}
	add := func(name string) {
		acc.names, acc.of[name] = append(acc.names, name), map[int][]float64{}
		for _, n := range sizes {
			acc.of[name][n] = make([]float64, draws)
		}
	}
	for _, b := range bags {
		add(b.name)
	}
	for _, c := range nets {
		add(c.name)
	}
	jobs := fittings(sizes, draws, len(nets))
	err = each(ctx, env, len(jobs), func(ctx context.Context, i int) error {
		j := jobs[i]
		env.say("labels, seed %d: %d of %d classifiers", seed, i, len(jobs))
		drawn, err := w.Train.Draw(j.labels, drawSeed(seed, j.draw))
		if err != nil {
			return err
		}
		if j.bag >= 0 {
			b := bags[j.bag]
			acc.of[b.name][j.labels][j.draw], err = bagAccuracy(b.train, drawn, test)
			return err
		}
		c := nets[j.net]
		acc.of[c.name][j.labels][j.draw], err = c.accuracy(ctx, drawn, test, drawSeed(seed, j.draw))
		return err
	})
	return acc, err
}

// fittings lists every classifier on every draw, with short and long fittings mixed, so that no
// thread has only long fittings at the end.
func fittings(sizes []int, draws, nets int) (jobs []fitting) {
	for _, n := range sizes {
		for d := range draws {
			for i := range bags {
				jobs = append(jobs, fitting{n, d, i, -1})
			}
			for i := range nets {
				jobs = append(jobs, fitting{n, d, -1, i})
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	rng.Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
	return jobs
}

// drawSeed returns the seed of a draw of labels.
func drawSeed(seed uint64, draw int) uint64 { return 1000*seed + uint64(draw) }

func bagAccuracy(
	train func(*task.Set) (task.Classifier, error), drawn, test *task.Set,
) (float64, error) {
	m, err := train(drawn)
	if err != nil {
		return 0, err
	}
	s, err := task.Evaluate(m, test, 1)
	if err != nil {
		return 0, err
	}
	return s.Accuracy, nil
}

// accuracy trains the contender on drawn labels and measures it on the test set.
func (c contender) accuracy(
	ctx context.Context, drawn, test *task.Set, seed uint64,
) (float64, error) {
	n, err := c.fit(ctx, c.inputs(drawn), len(drawn.Classes), seed)
	if err != nil {
		return 0, err
	}
	return accuracy(n, c.inputs(test)), nil
}

// fits returns the accuracy of each contender on each draw of a number of labels.
func fits(
	ctx context.Context, env *Env, all []contender, w *task.World, test *task.Set,
	labels, draws int, seed uint64,
) ([][]float64, error) {
	acc := make([][]float64, len(all))
	for i := range acc {
		acc[i] = make([]float64, draws)
	}
	err := each(ctx, env, len(all)*draws, func(ctx context.Context, i int) error {
		c, d := i%len(all), i/len(all)
		drawn, err := w.Train.Draw(labels, drawSeed(seed, d))
		if err != nil {
			return err
		}
		acc[c][d], err = all[c].accuracy(ctx, drawn, test, drawSeed(seed, d))
		return err
	})
	return acc, err
}

// minus returns a − b, element by element.
func minus(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}

// meanText formats a mean with its 95 % interval.
func meanText(x []float64) string {
	m, low, high := eval.Mean(x)
	if len(x) < 2 {
		return fmt.Sprintf("%.3f", m)
	}
	return fmt.Sprintf("%.3f ±%.3f", m, (high-low)/2)
}
