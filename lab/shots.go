package lab

import (
	"math/rand/v2"

	"lmzoo/lm"
)

// exam is a test in context: documents of pairs of a question and an answer. Each pair is an
// example for the pairs after it.
type exam struct {
	docs   [][]lm.Token
	want   [][]lm.Token // the true answer at the place of each answer; elsewhere BOS
	shots  [][]int      // examples before each answer
	choice [][]lm.Token // the tokens to choose from in each document; nil: all
	most   int          // number of shots that are told apart; more count as most
}

// marks returns for each number of shots the share of right answers and their mean −ln P.
func (e exam) marks(r reader) []score {
	marks := make([]score, e.most+1)
	r.read(e.docs, func(d, at int, logProbs []float64) {
		want := e.want[d][at]
		if want == lm.BOS {
			return
		}
		s := &marks[min(e.shots[d][at], e.most)]
		if e.choice == nil {
			s.add(logProbs, want)
			return
		}
		right := true
		for _, other := range e.choice[d] {
			right = right && (other == want || logProbs[other] < logProbs[want])
		}
		s.nats -= logProbs[want]
		s.n++
		if right {
			s.right++
		}
	})
	for i := range marks {
		marks[i] = marks[i].mean()
	}
	return marks
}

// dictionary returns documents that map five words to five others, in pairs of random order. The
// shots of an answer are the earlier pairs with its key. If shuffled, the values in the text are
// drawn at random from the five, and the true answers stay the same.
func (p *passages) dictionary(n, tokens int, shuffled bool, rng *rand.Rand) exam {
	const keys = 5
	e := exam{most: 4}
	for range n {
		words := p.distinct(rng, 2*keys)
		seen := make([]int, keys)
		doc, want, shots := newPaper(tokens)
		for i := 0; i+1 < tokens; i += 2 {
			k := rng.IntN(keys)
			doc[i], doc[i+1] = words[k], words[keys+k]
			want[i+1], shots[i+1] = words[keys+k], seen[k]
			if other := rng.IntN(keys); shuffled {
				doc[i+1] = words[keys+other]
			}
			seen[k]++
		}
		e.docs, e.want, e.shots = append(e.docs, doc), append(e.want, want), append(e.shots, shots)
	}
	return e
}

// naming returns documents that label words of two categories with two words of other categories.
// The shots of an answer are the pairs before it: after the first, the answer can be inferred. If
// shuffled, the labels in the text are drawn at random, and the true answers stay the same.
func (p *passages) naming(n, tokens int, shuffled bool, rng *rand.Rand) exam {
	e := exam{most: tokens/2 - 1}
	for range n {
		kinds := rng.Perm(categories)
		label := []lm.Token{p.of(kinds[2], rng.IntN(p.words)), p.of(kinds[3], rng.IntN(p.words))}
		doc, want, shots := newPaper(tokens)
		for i := 0; i+1 < tokens; i += 2 {
			k := rng.IntN(2)
			doc[i], doc[i+1] = p.of(kinds[k], rng.IntN(p.words)), label[k]
			want[i+1], shots[i+1] = label[k], i/2
			if other := rng.IntN(2); shuffled {
				doc[i+1] = label[other]
			}
		}
		e.docs, e.want, e.shots = append(e.docs, doc), append(e.want, want), append(e.shots, shots)
		e.choice = append(e.choice, label)
	}
	return e
}

func newPaper(tokens int) (doc, want []lm.Token, shots []int) {
	return make([]lm.Token, tokens), make([]lm.Token, tokens), make([]int, tokens)
}
