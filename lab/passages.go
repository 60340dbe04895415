package lab

import (
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// passages is the training text of icl-by-size: plain text, and passages of random words that are
// repeated. In half of the repeated passages, some words of a later copy are replaced by another
// word of their category, so that a good copy requires knowing which kind of word came next, not
// only which word. No document maps keys to values or words to labels.
type passages struct {
	words          int     // of each category; the words are tokens 1 … 96
	plain          float64 // share of plain documents
	shortest, most int     // words of a passage
	fuzzy          float64 // share of repeated passages with replaced words
	replaced       float64 // share of replaced words in their later copies

	next [][]float64 // [K²][K] P(category | the last two), row c_{t−2}·K + c_{t−1}
	word [][]float64 // [K][words] P(word | category)
}

const categories = 12 // K

// plainNats is the entropy of a plain word. If it is much higher, the loss on plain text hides the
// gain from repetition, and a small model never learns to copy.
const plainNats = 2.03

// newPassages returns the text whose plain part is drawn from a seed.
func newPassages(seed uint64) *passages {
	p := &passages{words: 8, plain: 0.35, shortest: 10, most: 24, fuzzy: 0.5, replaced: 0.4}
	rng := rand.New(rand.NewPCG(seed, 3))
	last, before := gaussians(rng, categories), gaussians(rng, categories)
	for _, logits := range gaussians(rng, categories) {
		p.word = append(p.word, softmax(logits[:p.words], 1.5))
	}
	low, high := 0.0, 20.0 // of the sharpness, which lowers the entropy
	for range 30 {
		p.next = p.next[:0]
		for i := range categories * categories {
			logits := make([]float64, categories)
			for c := range logits {
				logits[c] = last[i%categories][c] + before[i/categories][c]
			}
			p.next = append(p.next, softmax(logits, (low+high)/2))
		}
		if p.entropy() > plainNats {
			low = (low + high) / 2
		} else {
			high = (low + high) / 2
		}
	}
	return p
}

func gaussians(rng *rand.Rand, n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
		for j := range m[i] {
			m[i][j] = rng.NormFloat64()
		}
	}
	return m
}

// softmax is e^(s·x) / Σ e^(s·x), for a sharpness s.
func softmax(x []float64, s float64) []float64 {
	p, sum := make([]float64, len(x)), 0.0
	for i, v := range x {
		p[i] = math.Exp(s * v)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func (p *passages) vocab() int { return 1 + categories*p.words }

// of returns word i of a category.
func (p *passages) of(category, i int) lm.Token { return lm.Token(1 + category*p.words + i) }

func (p *passages) category(word lm.Token) int { return (int(word) - 1) / p.words }

func (p *passages) draw(rng *rand.Rand, doc []lm.Token) []bool {
	switch {
	case rng.Float64() < p.plain:
		p.drawPlain(rng, doc)
	case rng.Float64() < p.fuzzy:
		p.drawRepeated(rng, doc, p.replaced)
	default:
		p.drawRepeated(rng, doc, 0)
	}
	return nil
}

// drawPlain draws categories as a chain of order 2, and a word from each. The two categories before
// the text are random.
func (p *passages) drawPlain(rng *rand.Rand, doc []lm.Token) {
	c2, c1 := rng.IntN(categories), rng.IntN(categories)
	for i := range doc {
		c := drawn(rng, p.next[c2*categories+c1])
		doc[i] = p.of(c, drawn(rng, p.word[c]))
		c2, c1 = c1, c
	}
}

// drawRepeated writes distinct random words again and again.
func (p *passages) drawRepeated(rng *rand.Rand, doc []lm.Token, replaced float64) {
	passage := p.distinct(rng, p.shortest+rng.IntN(p.most-p.shortest+1))
	for i := range doc {
		doc[i] = passage[i%len(passage)]
		if i >= len(passage) && replaced > 0 && rng.Float64() < replaced {
			doc[i] = p.of(p.category(doc[i]), rng.IntN(p.words))
		}
	}
}

// distinct draws n different words.
func (p *passages) distinct(rng *rand.Rand, n int) []lm.Token {
	words := make([]lm.Token, n)
	for i, w := range rng.Perm(categories * p.words)[:n] {
		words[i] = lm.Token(1 + w)
	}
	return words
}

// entropy returns the exact entropy of a plain word given the text before it, in nats: the entropy
// of the word, which determines its category, under the stationary distribution of the last two
// categories.
func (p *passages) entropy() float64 {
	at := make([]float64, categories*categories)
	for i := range at {
		at[i] = 1 / float64(len(at))
	}
	for range 100 {
		to := make([]float64, len(at))
		for i, share := range at {
			for c, q := range p.next[i] {
				to[i%categories*categories+c] += share * q
			}
		}
		at = to
	}
	var h float64
	for i, share := range at {
		h += share * entropyOf(p.next[i])
		for c, q := range p.next[i] {
			h += share * q * entropyOf(p.word[c])
		}
	}
	return h
}

func entropyOf(p []float64) (h float64) {
	for _, q := range p {
		if q > 0 {
			h -= q * math.Log(q)
		}
	}
	return h
}

// limit returns ln P(doc[i] | the words before) of the source of plain text, for i ≥ 2.
func (p *passages) limit(doc []lm.Token, i int) float64 {
	c2, c1, c := p.category(doc[i-2]), p.category(doc[i-1]), p.category(doc[i])
	return math.Log(p.next[c2*categories+c1][c]) +
		math.Log(p.word[c][int(doc[i]-p.of(c, 0))])
}
