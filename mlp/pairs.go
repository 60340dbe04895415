package mlp

import (
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// Pairs draws the Examples of a text. The same step always has the same examples: the subsampling,
// the sizes of windows and the noise words are functions of the seed, the epoch and the position in
// the text. A Pairs must be used by one goroutine at a time.
//
// Pairs cuts the text into rows of T words and shuffles them anew in every epoch. A window may
// extend beyond its row, but not beyond its document.
type Pairs struct {
	config Word2VecConfig
	text   []lm.Token // the documents, each closed by BOS
	keep   []float64  // for each token, the probability that subsampling keeps it
	noise  alias
	rows   int // B, rows per step
	length int // T, words per row
	seed   uint64

	epoch int
	order []int // of the rows in this epoch

	kept   []lm.Token // the kept words around a row; BOS between documents
	places []int      // their positions in the text

	example Example // the current example
}

// NewPairs prepares the examples of documents for steps of b rows of t words.
func NewPairs(docs [][]lm.Token, c Word2VecConfig, b, t int, seed uint64) (*Pairs, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if b < 1 || t < 1 {
		return nil, fmt.Errorf("batches of %d rows by %d words; want at least 1 by 1", b, t)
	}
	p := &Pairs{config: c, rows: b, length: t, seed: seed, epoch: -1, text: join(docs)}
	p.example.Out = make([]int32, 1+c.Negative)
	counts := make([]float64, c.VocabSize)
	total := 0.0
	for _, w := range p.text {
		if w != lm.BOS {
			counts[w]++
			total++
		}
	}
	if total == 0 {
		return nil, fmt.Errorf(
			"nothing to train on: the training part of the corpus has no words; " +
				"use a longer text or another split")
	}
	p.keep = make([]float64, c.VocabSize)
	noise := make([]float64, c.VocabSize)
	for w, n := range counts {
		p.keep[w] = keepProbability(n/total, c.Sample)
		if n > 0 {
			noise[w] = math.Pow(n, c.Power)
		}
	}
	p.noise = newAlias(noise)
	return p, nil
}

// heldOut returns Pairs of other documents that have the noise distribution of p and no
// subsampling. Its steps have one row each.
func (p *Pairs) heldOut(docs [][]lm.Token) *Pairs {
	held := *p
	held.text, held.rows, held.epoch, held.kept, held.places = join(docs), 1, -1, nil, nil
	held.example = Example{Out: make([]int32, len(p.example.Out))}
	held.keep = make([]float64, len(p.keep))
	for w := range held.keep {
		held.keep[w] = 1
	}
	return &held
}

// join concatenates documents, each followed by BOS.
func join(docs [][]lm.Token) (text []lm.Token) {
	for _, d := range docs {
		for _, w := range d {
			if w != lm.BOS {
				text = append(text, w)
			}
		}
		text = append(text, lm.BOS)
	}
	return text
}

// keepProbability returns the probability that subsampling keeps a word of relative frequency f:
// word2vec.c's (√(f/t) + 1)·t/f, which differs from the paper's √(t/f) (Mikolov et al. 2013b,
// equation 5).
func keepProbability(f, t float64) float64 {
	if t == 0 || f == 0 {
		return 1
	}
	return min((math.Sqrt(f/t)+1)*t/f, 1)
}

// Words returns the number of words of text per step, including document boundaries.
func (p *Pairs) Words() int { return min(p.rows, p.rowsOfText()) * p.length }

func (p *Pairs) rowsOfText() int { return (len(p.text) + p.length - 1) / p.length }

// Each calls visit with every example of a step, in order. An example is valid until visit
// returns.
func (p *Pairs) Each(step int, visit func(Example)) {
	perEpoch := p.rowsOfText()
	for i := range p.rows {
		n := step*p.rows + i
		if epoch := n / perEpoch; epoch != p.epoch {
			p.epoch = epoch
			p.order = rand.New(rand.NewPCG(p.seed, uint64(epoch))).Perm(perEpoch)
		}
		lo := p.order[n%perEpoch] * p.length
		p.row(lo, min(lo+p.length, len(p.text)), visit)
	}
}

// row visits the examples whose middle word is in text[lo:hi].
func (p *Pairs) row(lo, hi int, visit func(Example)) {
	p.kept, p.places = p.kept[:0], p.places[:0]
	from, to := p.reach(lo, -1), p.reach(hi-1, 1)
	for i := from; i <= to; i++ {
		if p.keeps(i) {
			p.kept, p.places = append(p.kept, p.text[i]), append(p.places, i)
		}
	}
	for i, w := range p.kept {
		if w == lm.BOS || p.places[i] < lo || p.places[i] >= hi {
			continue
		}
		dice := p.dice(p.places[i])
		dice.next() // the first number has decided whether the word is kept
		p.example.Around = p.around(p.example.Around[:0], i, 1+dice.below(p.config.Window))
		e := p.example
		if len(e.Around) == 0 {
			continue
		}
		e.Out[0] = w
		for j := range p.config.Negative {
			e.Out[1+j] = p.noise.draw(&dice)
		}
		visit(e)
	}
}

// around appends the words within the window of kept word i, nearest last on the left side.
func (p *Pairs) around(dst []int32, i, window int) []int32 {
	for j := i - 1; j >= max(0, i-window) && p.kept[j] != lm.BOS; j-- {
		dst = append(dst, p.kept[j])
	}
	for j := i + 1; j < min(len(p.kept), i+window+1) && p.kept[j] != lm.BOS; j++ {
		dst = append(dst, p.kept[j])
	}
	return dst
}

// reach returns the end of a window in one direction from position i: the limit of kept words, or
// the boundary of the document.
func (p *Pairs) reach(i, direction int) int {
	for n := 0; n < p.config.Window && i+direction >= 0 && i+direction < len(p.text); {
		i += direction
		if p.text[i] == lm.BOS {
			return i
		}
		if p.keeps(i) {
			n++
		}
	}
	return i
}

// keeps reports whether subsampling keeps the token at position i in this epoch. It keeps every
// boundary.
func (p *Pairs) keeps(i int) bool {
	w := p.text[i]
	if w == lm.BOS || p.keep[w] == 1 {
		return true
	}
	dice := p.dice(i)
	return dice.float() < p.keep[w]
}

// dice returns the random generator of a position in the text in this epoch.
func (p *Pairs) dice(place int) splitMix {
	s := splitMix(p.seed)
	s = splitMix(s.next() + uint64(p.epoch))
	return splitMix(s.next() + uint64(place))
}

// splitMix is SplitMix64 (Steele, Lea & Flood 2014, figure 16), a generator whose state is one
// number, so that every position of a text can have its own generator.
type splitMix uint64

func (s *splitMix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// float returns a number in [0, 1).
func (s *splitMix) float() float64 { return float64(s.next()>>11) / (1 << 53) }

// below returns a number in [0, n).
func (s *splitMix) below(n int) int { return int((s.next() >> 32) * uint64(n) >> 32) }

// alias draws from a fixed distribution in constant time (Walker 1977; the table is built as in
// Vose 1991): it picks a cell uniformly, and then one of the two outcomes of the cell.
type alias struct {
	first []float64 // for each cell, the probability of its own number
	other []int32   // for each cell, the alternative outcome
}

func newAlias(weights []float64) alias {
	n, sum := len(weights), 0.0
	for _, w := range weights {
		sum += w
	}
	a := alias{make([]float64, n), make([]int32, n)}
	var small, large []int
	for i, w := range weights {
		a.first[i] = w * float64(n) / sum
		if a.first[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		a.other[s] = int32(l)
		a.first[l] -= 1 - a.first[s]
		if a.first[l] < 1 {
			large, small = large[:len(large)-1], append(small, l)
		}
	}
	for _, i := range append(small, large...) {
		a.first[i] = 1 // except for rounding errors
	}
	return a
}

func (a alias) draw(dice *splitMix) int32 {
	u := dice.next()
	i := int32((u >> 32) * uint64(len(a.first)) >> 32)
	if float64(uint32(u))/(1<<32) < a.first[i] {
		return i
	}
	return a.other[i]
}
