package lab

import (
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// labelling draws documents of pairs of a word and its label. The category of a word is always the
// same, so the weights can store it. The label of a category is drawn anew for every document, so
// only the preceding pairs reveal it.
type labelling struct {
	categories, words, labels int // words of each category
}

func (l labelling) vocab() int { return 1 + l.categories*l.words + l.labels }

// label returns the token of a label.
func (l labelling) label(i int) lm.Token { return lm.Token(1 + l.categories*l.words + i) }

// category returns the category of a word.
func (l labelling) category(word lm.Token) int { return (int(word) - 1) / l.words }

func (l labelling) draw(rng *rand.Rand, doc []lm.Token) (targets []bool) {
	label := make([]lm.Token, l.categories)
	for c := range label {
		label[c] = l.label(rng.IntN(l.labels))
	}
	targets = make([]bool, len(doc))
	for i := 0; i+1 < len(doc); i += 2 {
		doc[i] = lm.Token(1 + rng.IntN(l.categories*l.words))
		doc[i+1] = label[l.category(doc[i])]
		targets[i+1] = true
	}
	return targets
}

// shuffled returns copies of the documents whose labels are drawn at random, pair by pair, except
// the last. They have the format of the task without its content.
func (l labelling) shuffled(docs [][]lm.Token, seed uint64) [][]lm.Token {
	rng, out := rand.New(rand.NewPCG(seed, 4)), make([][]lm.Token, len(docs))
	for d, doc := range docs {
		out[d] = append([]lm.Token(nil), doc...)
		for i := 1; i < len(doc)-2; i += 2 {
			out[d][i] = l.label(rng.IntN(l.labels))
		}
	}
	return out
}

// bayes is the exact predictor of a label: certain once the document has labelled the category,
// uniform before.
type bayes struct{ labelling }

func (b bayes) read(docs [][]lm.Token, see func(doc, at int, logProbs []float64)) {
	for d, doc := range docs {
		known := map[int]lm.Token{}
		for at := 1; at < len(doc); at += 2 {
			probs := make([]float64, b.vocab())
			for v := range probs {
				probs[v] = math.Inf(-1)
			}
			c := b.category(doc[at-1])
			if label, ok := known[c]; ok {
				probs[label] = 0
			} else {
				for i := range b.labels {
					probs[b.label(i)] = -math.Log(float64(b.labels))
				}
			}
			see(d, at, probs)
			known[c] = doc[at]
		}
	}
}

// limit returns the probability that the exact predictor is right after the given number of
// examples: either the category has occurred, or the predictor guesses.
func (b bayes) limit(shots int) float64 {
	unseen := math.Pow(1-1/float64(b.categories), float64(shots))
	return 1 - unseen*(1-1/float64(b.labels))
}
