package world

import (
	"math/rand/v2"
	"strings"
)

// Labeller is a simulated person who compares answers. People err, and they like long answers
// (Stiennon et al. 2020, "Learning to summarize from human feedback", §3.3 and appendix F).
type Labeller struct {
	talk       *Talk
	noise      float64
	lengthBias float64
}

// Labeller returns a labeller who prefers the answer with the higher value: the gold reward plus
// lengthBias for each word. In the fraction noise of all comparisons, the labeller chooses at
// random.
func (t *Talk) Labeller(noise, lengthBias float64) *Labeller {
	return &Labeller{t, noise, lengthBias}
}

// Prefers reports whether the labeller prefers a to b. Ties are decided at random.
func (l *Labeller) Prefers(q TalkQuestion, a, b TalkAnswer, rng *rand.Rand) bool {
	luck, coin := rng.Float64() < l.noise, rng.IntN(2) == 0
	x, y := l.value(q, a), l.value(q, b)
	if luck || x == y {
		return coin
	}
	return x > y
}

// value returns the labeller's value of an answer.
func (l *Labeller) value(q TalkQuestion, a TalkAnswer) float64 {
	return l.talk.Check(q, a) + l.lengthBias*float64(len(strings.Fields(a.Text)))
}

// Tie reports whether the labeller sees no difference between two answers.
func (l *Labeller) Tie(q TalkQuestion, a, b TalkAnswer) bool {
	return l.value(q, a) == l.value(q, b)
}
