package lab

import (
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// solution is a way to write the solution of a calculation. The last token before calcDone is the
// answer.
type solution string

const (
	atOnce   solution = "at once"                  // the answer
	inSteps  solution = "steps"                    // the result of every step
	withDots solution = "fillers"                  // a filler in place of each result
	offTopic solution = "steps of another problem" // steps of another problem, answer to this one
)

// write appends a problem and its solution to doc.
func (s solution) write(rng *rand.Rand, doc []lm.Token, c calculation) []lm.Token {
	doc = append(doc, c.problem...)
	switch before := len(c.results) - 1; s {
	case inSteps:
		doc = append(doc, c.results[:before]...)
	case withDots:
		for range before {
			doc = append(doc, calcDots)
		}
	case offTopic:
		doc = append(doc, newCalculation(rng, len(c.results)).results[:before]...)
	}
	return append(doc, c.answer(), calcDone)
}

// length returns the number of tokens of a problem with its solution.
func (s solution) length(operations int) int {
	n := operations + 4 // the digit, calcIs, the answer, calcDone
	if s != atOnce {
		n += operations - 1
	}
	return n
}

// worksheet draws texts of solved problems. All solutions of a text are written in the same way.
type worksheet struct {
	operations int
	ways       []solution // each text has one of them
}

// draw fills doc with problems; the last one may be cut. Solutions carry loss and problems do not,
// because they are random.
func (w worksheet) draw(rng *rand.Rand, doc []lm.Token) (targets []bool) {
	way := w.ways[rng.IntN(len(w.ways))]
	targets = make([]bool, len(doc))
	var text []lm.Token
	for len(text) < len(doc) {
		from := len(text) + w.operations + 2
		text = way.write(rng, text, newCalculation(rng, w.operations))
		for i := from; i < min(len(text), len(doc)); i++ {
			targets[i] = true
		}
	}
	copy(doc, text)
	return targets
}

// asked is a problem put to a model after some solved problems.
type asked struct {
	calculation
	context []lm.Token
}

// ask draws n problems, each after its own exemplars written in one way. The problems of a seed do
// not depend on the exemplars.
func (w worksheet) ask(n, exemplars int, way solution, seed uint64) []asked {
	problems, before := rand.New(rand.NewPCG(seed, 30)), rand.New(rand.NewPCG(seed, 31))
	all := make([]asked, n)
	for i := range all {
		q := asked{calculation: newCalculation(problems, w.operations)}
		for range exemplars {
			q.context = way.write(before, q.context, newCalculation(before, w.operations))
		}
		q.context = append(q.context, q.problem...)
		all[i] = q
	}
	return all
}

// choice returns the token with index at of the solution of question row.
type choice func(row, at int, logProbs []float64) lm.Token

// greedily chooses the most likely token.
func greedily(_, _ int, logProbs []float64) lm.Token { return best(logProbs) }

// randomly samples at temperature 1.
func randomly(seed uint64) choice {
	rng := rand.New(rand.NewPCG(seed, 32))
	var p []float64
	return func(_, _ int, logProbs []float64) lm.Token {
		p = p[:0]
		for _, l := range logProbs {
			p = append(p, math.Exp(l))
		}
		return lm.Token(drawn(rng, p))
	}
}

// solve returns the solutions that a model writes, without calcDone. A solution has at most the
// given number of tokens.
func solve(m lm.Model, questions []asked, most int, choose choice) [][]lm.Token {
	const rows = 100 // at a time, to bound the memory of the caches
	out := make([][]lm.Token, len(questions))
	var logProbs [][]float64
	for from := 0; from < len(questions); from += rows {
		part := questions[from:min(from+rows, len(questions))]
		contexts := make([][]lm.Token, len(part))
		for i, q := range part {
			contexts[i] = q.context
		}
		streams, open := lm.StartStreams(m, contexts), len(part)
		done := make([]bool, len(part))
		for at := 0; at < most && open > 0; at++ {
			logProbs = streams.NextLogProbs(logProbs)
			for i := range part {
				if done[i] {
					continue
				}
				t := choose(from+i, at, logProbs[i])
				if t == calcDone {
					streams.Close(i)
					done[i] = true
					open--
					continue
				}
				out[from+i] = append(out[from+i], t)
				streams.Push(i, t)
			}
		}
	}
	return out
}

// final returns the answer of a solution; BOS if it is empty.
func final(solution []lm.Token) lm.Token {
	if len(solution) == 0 {
		return lm.BOS
	}
	return solution[len(solution)-1]
}

// rightOf returns 1 for each question whose solution ends with its answer, and 0 for each of the
// other questions.
func rightOf(questions []asked, solutions [][]lm.Token) []float64 {
	out := make([]float64, len(questions))
	for i, q := range questions {
		if final(solutions[i]) == q.answer() {
			out[i] = 1
		}
	}
	return out
}

// vote samples solutions of each question and returns whether the most frequent answer of the first
// n is right, for each n; among equally frequent answers, the earliest wins (Wang et al. 2023).
func vote(
	m lm.Model, questions []asked, most int, sizes []int, seed uint64,
) map[int][]float64 {
	chains := sizes[len(sizes)-1]
	var again []asked
	for _, q := range questions {
		for range chains {
			again = append(again, q)
		}
	}
	solutions := solve(m, again, most, randomly(seed))
	out := map[int][]float64{}
	for _, n := range sizes {
		for i, q := range questions {
			right := 0.0
			if majority(solutions[i*chains:][:n]) == q.answer() {
				right = 1
			}
			out[n] = append(out[n], right)
		}
	}
	return out
}

// majority returns the most frequent answer of some solutions, and the earliest among equals.
func majority(solutions [][]lm.Token) (top lm.Token) {
	count := map[lm.Token]int{}
	for _, s := range solutions {
		count[final(s)]++
	}
	for _, s := range solutions {
		if t := final(s); count[t] > count[top] {
			top = t
		}
	}
	return top
}
