package lab

import (
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// lexicon draws texts of words with labels. A word belongs to a category. In some of the texts
// every category has its usual label, which the weights can store; in the other texts the label of
// each category is drawn anew, and only the examples reveal it. Some labels are mistakes.
type lexicon struct {
	categories, words int     // words of each category; each category has a label
	usual             float64 // share of texts with the usual labels
	mistakes          float64 // share of examples whose label is drawn at random
}

// sign is a token of a template.
type sign int

const (
	noSign sign = iota
	signArrow
	signEnd
	signQuestion
	signAnswer
)

// template is the form of an example: signs before its word, before its label and after it.
type template struct {
	name               string
	word, label, after sign
	share              float64 // share of the training texts
}

// templates lists the forms of examples. The last one has no signs and is never read in training.
var templates = []template{
	{"often", noSign, signArrow, signEnd, 0.8},        // word → label ;
	{"seldom", signQuestion, signAnswer, noSign, 0.2}, // Q word A label
	{"never", noSign, noSign, noSign, 0},              // word label
}

// vocab returns the number of tokens: BOS, words, labels and signs.
func (l lexicon) vocab() int { return 1 + l.categories*l.words + l.categories + int(signAnswer) }

// of returns a word of a category.
func (l lexicon) of(category, i int) lm.Token { return lm.Token(1 + category*l.words + i) }

// label returns the token of a label.
func (l lexicon) label(i int) lm.Token { return lm.Token(1 + l.categories*l.words + i) }

func (l lexicon) sign(s sign) lm.Token { return l.label(l.categories-1) + lm.Token(s) }

// isLabel reports whether a token is a label.
func (l lexicon) isLabel(t lm.Token) bool {
	return t >= l.label(0) && t <= l.label(l.categories-1)
}

// pair is an example: a word and the label that the text gives it.
type pair struct{ category, word, label int }

// mapping draws the label of each category for a training text.
func (l lexicon) mapping(rng *rand.Rand) []int {
	labels := make([]int, l.categories)
	usual := rng.Float64() < l.usual
	for c := range labels {
		if labels[c] = c; !usual {
			labels[c] = rng.IntN(l.categories)
		}
	}
	return labels
}

// pair draws an example.
func (l lexicon) pair(rng *rand.Rand, labels []int) pair {
	p := pair{category: rng.IntN(l.categories), word: rng.IntN(l.words)}
	p.label = labels[p.category]
	if rng.Float64() < l.mistakes {
		p.label = rng.IntN(l.categories)
	}
	return p
}

// appendQuestion appends the example without its label.
func (l lexicon) appendQuestion(doc []lm.Token, t template, p pair) []lm.Token {
	if t.word != noSign {
		doc = append(doc, l.sign(t.word))
	}
	doc = append(doc, l.of(p.category, p.word))
	if t.label != noSign {
		doc = append(doc, l.sign(t.label))
	}
	return doc
}

// appendPair appends the example.
func (l lexicon) appendPair(doc []lm.Token, t template, p pair) []lm.Token {
	doc = append(l.appendQuestion(doc, t, p), l.label(p.label))
	if t.after != noSign {
		doc = append(doc, l.sign(t.after))
	}
	return doc
}

// draw fills doc with examples of one template and one mapping. Only labels carry loss, because
// words are random.
func (l lexicon) draw(rng *rand.Rand, doc []lm.Token) (targets []bool) {
	t, x := templates[0], rng.Float64()
	for _, t = range templates {
		if x -= t.share; x < 0 {
			break
		}
	}
	labels := l.mapping(rng)
	var text []lm.Token
	for len(text) < len(doc) {
		text = l.appendPair(text, t, l.pair(rng, labels))
	}
	copy(doc, text)
	targets = make([]bool, len(doc))
	for i, tok := range doc {
		targets[i] = l.isLabel(tok)
	}
	return targets
}

// posterior returns ln P(label | examples, category of the next word), exactly, by Bayes' rule over
// all mappings: the usual one, or one in which the labels of the categories are independent. The
// order of the examples does not matter.
func (l lexicon) posterior(examples []pair, category int) []float64 {
	n := float64(l.categories)
	fits := func(label, truth int) float64 { // P(label | the label of the category)
		p := l.mistakes / n
		if label == truth {
			p += 1 - l.mistakes
		}
		return p
	}
	usual, free := l.usual, 1-l.usual
	var given []float64 // P(examples of the category | its label), if labels are drawn anew
	for c := range l.categories {
		like, sum := make([]float64, l.categories), 0.0
		for label := range like {
			like[label] = 1
			for _, e := range examples {
				if e.category == c {
					like[label] *= fits(e.label, label)
				}
			}
			sum += like[label] / n
		}
		usual *= like[c]
		free *= sum
		if c == category {
			given = like
			for label := range given {
				given[label] /= n * sum
			}
		}
	}
	out := make([]float64, l.categories)
	for label := range out {
		p := usual * fits(label, category)
		for truth, q := range given {
			p += free * q * fits(label, truth)
		}
		out[label] = math.Log(p / (usual + free))
	}
	return out
}

// rule is the exact predictor of the labels of a text.
type rule struct{ lexicon }

func (r rule) read(docs [][]lm.Token, see func(doc, at int, logProbs []float64)) {
	logProbs := make([]float64, r.vocab())
	for i := range logProbs {
		logProbs[i] = math.Inf(-1)
	}
	for d, doc := range docs {
		var examples []pair
		var next pair
		for at, tok := range doc {
			switch {
			case r.isLabel(tok):
				copy(logProbs[r.label(0):], r.posterior(examples, next.category))
				see(d, at, logProbs)
				next.label = int(tok - r.label(0))
				examples = append(examples, next)
			case tok < r.label(0):
				next.category = (int(tok) - 1) / r.words
			}
		}
	}
}
