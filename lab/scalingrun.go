package lab

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"

	"lmzoo/mlp"
	"lmzoo/train"
)

// scalingRun is one network of the scaling experiments after its training.
type scalingRun struct {
	hidden  int
	budget  float64 // operations planned
	params  float64 // N, without the embeddings, which are looked up
	answers float64 // D
	zipfScore
}

// flops is the compute of the run, C = 6ND.
func (r scalingRun) flops() float64 { return 6 * r.params * r.answers }

const (
	// operations of the smallest budget; each further budget is twice the previous one
	scalingFirst = 1.45e9
	scalingBest  = 37 // number of hidden units that is about best at this budget
	scalingSizes = 5  // networks in a valley

	// scalingBend multiplies the first weights of the hidden layer. The usual ones leave the tanh
	// units in their linear range, where contexts that share a symbol look alike.
	scalingBend = 4
)

// scalingPlan lists the networks to train: for each budget a valley of sizes around the best one,
// which grows about as C^0.4 on this source, and the network that is best at the smallest budget.
func scalingPlan(budgets int) (runs []scalingRun) {
	for i := range budgets {
		c := scalingFirst * math.Pow(2, float64(i))
		for k := range scalingSizes {
			octaves := 0.75 * float64(k-scalingSizes/2)
			h := scalingBest * math.Pow(c/scalingFirst, 0.4) * math.Pow(2, octaves)
			runs = append(runs, scalingRun{hidden: max(16, 4*int(math.Round(h/4))), budget: c})
		}
		runs = append(runs, scalingRun{hidden: scalingBest, budget: c})
	}
	return runs
}

// scalingRuns trains and scores every network of the plan, once for a seed. The seed draws the
// source as well as the initial weights and the questions.
func scalingRuns(ctx context.Context, env *Env, seed uint64) ([]scalingRun, error) {
	budgets := pick(env, 8, 6)
	return remember(env.Store, fmt.Sprint("scaling ", budgets, seed), func() ([]scalingRun, error) {
		z, runs := newZipf(seed), scalingPlan(budgets)
		var done atomic.Int64
		err := each(ctx, env, len(runs), func(ctx context.Context, i int) error {
			r := &runs[len(runs)-1-i] // start with the long runs
			err := r.train(ctx, z, seed)
			env.say("scaling, seed %d: %d of %d networks", seed, done.Add(1), len(runs))
			return err
		})
		return runs, err
	})
}

// train trains a network of the run's size on its budget and scores it.
func (r *scalingRun) train(ctx context.Context, z *zipf, seed uint64) error {
	m, err := mlp.New(mlp.Config{
		VocabSize: zipfSymbols, Context: zipfLength, NEmbd: 16, Hidden: r.hidden,
	}, rand.New(rand.NewPCG(seed, 12)))
	if err != nil {
		return err
	}
	for i := range m.H.Data {
		m.H.Data[i] *= scalingBend
	}
	h := float64(r.hidden)
	r.params = (zipfLength*16+1+zipfSymbols)*h + zipfSymbols
	c := scalingRecipe(h, r.budget/(6*r.params))
	r.answers = float64(c.Steps * c.Batch)
	src := zipfQuestions{source: z, rows: c.Batch, seed: seed}
	if _, err := train.Run(ctx, &answerer{m}, src, c); err != nil {
		return fmt.Errorf("%d hidden units: %w", r.hidden, err)
	}
	r.zipfScore = z.evaluate(m)
	return nil
}

// scalingRecipe returns how a network of h hidden units learns from d answers. The batch grows as
// √d and the rate falls as h^−½: with the same batch for all networks, the line of the law would
// bend.
func scalingRecipe(h, d float64) train.Config {
	c := train.Default()
	c.Batch, c.Context = max(1, int(math.Round(32*math.Sqrt(d/8192)))), zipfLength
	c.Steps = max(1, int(math.Round(d/float64(c.Batch))))
	c.LR = min(0.035, 0.014*math.Sqrt(128/h)*math.Pow(3e6/d, 0.12))
	c.MinLR, c.Warmup = 0.02*c.LR, min(50, c.Steps/5)
	c.WeightDecay, c.Clip, c.Pieces = 0, 0, 1
	c.EvalEvery, c.SaveEvery = train.Every{}, train.Every{}
	return c
}
