package lab

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/train"
)

// A fact is a question of three symbols, first name, last name and attribute, with one value. All
// are drawn from the same alphabet, so that a fact is worth log2 64 = 6 bits.
const (
	factSymbols    = 64
	factWidth      = 3
	factAttributes = 4
	factBits       = 6
	factPeople     = factSymbols * factSymbols
)

// fact is a person's attribute and its value.
type fact struct {
	first, last, attribute lm.Token
	value                  lm.Token
}

// newFacts draws n facts about as few people as they need.
func newFacts(n int, seed uint64) []fact {
	rng := rand.New(rand.NewPCG(seed, 18))
	var facts []fact
	for _, p := range rng.Perm(factPeople) {
		for a := range factAttributes {
			if len(facts) == n {
				return facts
			}
			facts = append(facts, fact{lm.Token(p / factSymbols), lm.Token(p % factSymbols),
				lm.Token(a), lm.Token(rng.IntN(factSymbols))})
		}
	}
	return facts
}

// library is a text of facts in the order in which they are read.
type library struct {
	facts  []fact
	order  []int32 // the fact of each reading
	rows   int     // of a batch
	redraw bool    // a new value at each reading: nothing can be known
	seed   uint64
}

// newLibrary returns a text in which fact i is read times(i) times, in random order.
func newLibrary(facts []fact, rows int, seed uint64, times func(i int) int) *library {
	l := &library{facts: facts, rows: rows, seed: seed}
	for i := range facts {
		for range times(i) {
			l.order = append(l.order, int32(i))
		}
	}
	rng := rand.New(rand.NewPCG(seed, 19))
	rng.Shuffle(len(l.order), func(i, j int) {
		l.order[i], l.order[j] = l.order[j], l.order[i]
	})
	return l
}

// steps is the number of whole batches in the text.
func (l *library) steps() int { return max(1, len(l.order)/l.rows) }

// Batch fills b with the facts of a step.
func (l *library) Batch(b *questions, step int) {
	b.reset(factWidth)
	rng := rand.New(rand.NewPCG(l.seed, uint64(step)))
	for _, i := range l.order[step*l.rows : min((step+1)*l.rows, len(l.order))] {
		f := l.facts[i]
		if l.redraw {
			f.value = lm.Token(rng.IntN(factSymbols))
		}
		b.contexts = append(b.contexts, f.first, f.last, f.attribute)
		b.answers = append(b.answers, f.value)
	}
}

// newMemory returns a network for facts.
func newMemory(hidden int, seed uint64) (*answerer, error) {
	m, err := mlp.New(mlp.Config{
		VocabSize: factSymbols, Context: factWidth, NEmbd: 16, Hidden: hidden,
	}, rand.New(rand.NewPCG(seed, 20)))
	if err != nil {
		return nil, err
	}
	for i := range m.H.Data {
		m.H.Data[i] *= scalingBend
	}
	return &answerer{m}, nil
}

// read trains a network on the text from beginning to end.
func (a *answerer) read(ctx context.Context, l *library, lr float64) error {
	c := train.Default()
	c.Batch, c.Context, c.Steps = l.rows, factWidth, l.steps()
	c.LR, c.MinLR, c.Warmup = lr, 0.02*lr, min(50, c.Steps/5)
	c.WeightDecay, c.Clip, c.Pieces = 0, 0, 1
	c.EvalEvery, c.SaveEvery = train.Every{}, train.Every{}
	_, err := train.Run(ctx, a, l, c)
	return err
}

// recall is a network's answer about a fact.
type recall struct {
	bits  float64 // 6 + log2 P(value): 0 at chance, 6 if certain
	right bool    // whether the value is its first choice
}

// ask returns the network's recall of each fact.
func (a *answerer) ask(facts []fact) []recall {
	out := make([]recall, 0, len(facts))
	tape := autograd.NewForward()
	logP := make([]float64, factSymbols)
	for from := 0; from < len(facts); from += 1024 {
		part := facts[from:min(from+1024, len(facts))]
		var contexts []lm.Token
		for _, f := range part {
			contexts = append(contexts, f.first, f.last, f.attribute)
		}
		tape.Reset()
		logits := a.ContextLogits(tape, contexts) // [n, V]
		for i, f := range part {
			tape.LogSoftmax(logP, logits.Row(i))
			out = append(out, recall{factBits + logP[f.value]/math.Ln2,
				floats.MaxIdx(logP) == int(f.value)})
		}
	}
	return out
}

// remembered returns the mean bits and the share of right answers.
func remembered(all []recall) (bits, right float64) {
	for _, r := range all {
		bits += r.bits / float64(len(all))
		if r.right {
			right += 1 / float64(len(all))
		}
	}
	return bits, right
}
