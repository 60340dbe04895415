package lab

import (
	"context"
	"fmt"

	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/train"
)

// Mixture measures the effect of the shares and the order of two sources. A seed takes about a
// minute on two cores at full scale. Sizes and the claim about orders were chosen on seed 9.
func Mixture() Experiment {
	return Experiment{
		Name: "mixture", Era: "LLM", Year: 2020,
		Topic: "data",
		Paper: "Brown et al. 2020, table 2.2; Bengio et al. 2009; McCloskey & Cohen 1989",
		Claim: "At equal steps, a quarter of the text is enough for more than half of what a " +
			"source has to teach, so that a mixture serves two sources; mixing the rows beats " +
			"reading the same rows source by source, most of all for the source read first.",
		Figures: []Figure{{
			Title: "What a mixture keeps",
			Look: "A quarter of a source teaches most of it; a model that reads the sources one " +
				"after the other forgets the first one.",
			X: "training text", Y: []string{"world", "reviews"}, Dots: true, LogY: true,
			YAxis: "gap to the limit, nats per token",
		}},
		Measures: map[string]string{
			"SOURCE_0 … SOURCE_100": "gap on a source in nats per token, by its share of the " +
				"training rows in per cent",
			"SOURCE_quarter": "share of the fall of its gap from 0 to 100 % that 25 % reach",
			"SOURCE_first": "gap on a source that was read first, before the other, less that " +
				"of the mixture of halves",
			"SOURCE_first_low": "lower end of its 95 % interval, paired over the documents",
			"SOURCE_last":      "the same for a source that was read last",
			"SOURCE_last_low":  "lower end of its 95 % interval",
		},
		Run: runMixture,
	}
}

const (
	mixtureSteps  = 400
	mixtureTokens = 800_000 // tokens of each source
	mixtureTest   = 30_000
)

// shares lists the shares of the world, in rows of a batch of sixteen.
var shares = []int{0, 4, 8, 12, 16}

// mixtureSources names the two sources in measures.
var mixtureSources = []string{"world", "reviews"}

func runMixture(ctx context.Context, env *Env) (*Result, error) {
	res := &Result{Tables: []Table{{
		Title:   "gap to the limit in nats per token",
		Columns: []string{"seed", "training text", "world", "reviews"},
	}}}
	steps := pick(env, mixtureSteps, 200)
	for _, seed := range env.Seeds {
		a := world.New(world.DefaultSeed).Split(seed+100, mixtureTokens, 0, mixtureTest)
		b := world.NewReviews(world.DefaultSeed).Split(seed+100, mixtureTokens, 0, mixtureTest)
		tok, err := corpus.Train("word", append(append([]corpus.Document(nil), a.Train...),
			b.Train...), 0)
		if err != nil {
			return nil, err
		}
		t := &trial{tok: tok, steps: steps, seed: seed}
		materials, err := t.mixtures(a.Train, b.Train)
		if err != nil {
			return nil, err
		}
		costs, err := t.trainAll(ctx, env, "mixture", materials, a.Test, b.Test)
		if err != nil {
			return nil, err
		}
		for i, c := range costs {
			res.Tables[0].add(fmt.Sprint(seed), materials[i].name, fmt.Sprintf("%.4f", c[0].gap()),
				fmt.Sprintf("%.4f", c[1].gap()))
		}
		res.Seeds = append(res.Seeds, mixtureVerdict(seed, mixtureMeasures(costs)))
	}
	return res, nil
}

// mixtures returns a material for each share, and two materials with the rows of equal shares in
// other orders.
func (k *trial) mixtures(a, b []corpus.Document) ([]material, error) {
	var materials []material
	add := func(name string, rows func(step int) int) error {
		m, err := k.newBlend(a, b, rows)
		materials = append(materials, material{name: name, source: m})
		return err
	}
	for _, s := range shares {
		err := add(fmt.Sprintf("%d %% world", 100*s/trialBatch), func(int) int { return s })
		if err != nil {
			return nil, err
		}
	}
	half := func(first, second int) func(step int) int {
		return func(step int) int {
			if step < k.steps/2 {
				return first
			}
			return second
		}
	}
	if err := add("world, then reviews", half(trialBatch, 0)); err != nil {
		return nil, err
	}
	return materials, add("reviews, then world", half(0, trialBatch))
}

// blend is a source of batches whose rows come from two texts. The i-th row taken from a text is
// always the same, so two orders of equal shares have the same rows.
type blend struct {
	sources [2]train.Source[corpus.Batch] // batches of one row
	rows    func(step int) int            // number of rows of the first text in a step
	row     corpus.Batch
}

func (k *trial) newBlend(a, b []corpus.Document, rows func(step int) int) (*blend, error) {
	m := &blend{rows: rows}
	for i, docs := range [][]corpus.Document{a, b} {
		w, err := corpus.NewWindows(k.encode(docs), 1, trialContext, k.seed)
		if err != nil {
			return nil, err
		}
		m.sources[i] = w
	}
	return m, nil
}

// Batch fills b with the rows of a step.
func (m *blend) Batch(b *corpus.Batch, step int) {
	n := trialBatch * trialContext
	if len(b.X) != n {
		b.X, b.Y = make([]lm.Token, n), make([]lm.Token, n)
	}
	b.B, b.T, b.N = trialBatch, trialContext, 0
	first := 0 // rows of the first text before this step
	for s := range step {
		first += m.rows(s)
	}
	taken := [2]int{first, step*trialBatch - first}
	for i := range trialBatch {
		source := 1
		if i < m.rows(step) {
			source = 0
		}
		m.sources[source].Batch(&m.row, taken[source])
		taken[source]++
		copy(b.X[i*trialContext:], m.row.X)
		copy(b.Y[i*trialContext:], m.row.Y)
		b.N += m.row.N
	}
}

// mixtureMeasures returns the numbers of a seed from the costs of all materials.
func mixtureMeasures(all [][]costs) map[string]float64 {
	m := map[string]float64{}
	n := len(shares)
	for s, name := range mixtureSources {
		gap := func(i int) float64 { // at the i-th share of this source
			if s == 1 {
				i = n - 1 - i
			}
			return all[i][s].gap()
		}
		for i := range n {
			m[fmt.Sprintf("%s_%d", name, 100*shares[i]/trialBatch)] = gap(i)
		}
		m[name+"_quarter"] = (gap(0) - gap(1)) / (gap(0) - gap(n-1))
		mixed := all[n/2][s]
		m[name+"_first"], m[name+"_first_low"], _ = all[n+s][s].less(mixed)
		m[name+"_last"], m[name+"_last_low"], _ = all[n+1-s][s].less(mixed)
	}
	return m
}

// mixtureVerdict returns the verdict for one seed. The claim holds if, for both sources, a quarter
// of the rows reaches more than half of the fall of the gap, and if reading the source first is
// worse than reading it last, which is worse than mixing it.
func mixtureVerdict(seed uint64, m map[string]float64) Verdict {
	held := true
	for _, name := range mixtureSources {
		held = held && m[name+"_quarter"] > 0.5 && m[name+"_first_low"] > 0 &&
			m[name+"_last_low"] > 0 && m[name+"_first"] > m[name+"_last"]
	}
	return Verdict{Seed: seed, Held: held, Measures: m}
}
