package rnn

import (
	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Score reads up to scoreRows rows in parallel, and about scoreTokens tokens at once.
const (
	scoreRows   = 32
	scoreTokens = 1024
)

// NextLogProbs stores ln P(v | context) in dst[v] for every token v.
func (m *Model) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	s := m.Start()
	for _, tok := range lm.SinceBOS(context) {
		s.Push(tok)
	}
	return s.NextLogProbs(dst)
}

// Score stores ln P(tokens[i] | BOS, tokens[:i]) in dst[i]. Steps are sequential, but a BOS resets
// the state, so documents are assigned to rows that run in parallel.
func (m *Model) Score(dst []float64, tokens []lm.Token) []float64 {
	if len(dst) < len(tokens) {
		dst = make([]float64, len(tokens))
	}
	rows := deal(tokens)
	longest := 0
	for _, r := range rows {
		longest = max(longest, r.end-r.begin)
	}
	if longest == 0 {
		return dst[:0]
	}
	state := m.newState(len(rows))
	for from := 0; from < longest; {
		steps := min(longest-from, max(1, scoreTokens/len(rows)))
		m.scoreSteps(dst, tokens, rows, from, steps, state)
		from += steps
	}
	return dst[:len(tokens)]
}

// row is a sequence of whole documents: tokens[begin:end].
type row struct{ begin, end int }

// deal cuts tokens at document boundaries into at most scoreRows rows of similar length.
func deal(tokens []lm.Token) []row {
	share := (len(tokens) + scoreRows - 1) / scoreRows
	var rows []row
	begin := 0
	for i, tok := range tokens {
		if i+1 == len(tokens) || tok == lm.BOS && i+1-begin >= share {
			rows = append(rows, row{begin, i + 1})
			begin = i + 1
		}
	}
	return rows
}

// scoreSteps scores the tokens from … from+steps−1 of every row and updates the state.
func (m *Model) scoreSteps(
	dst []float64, tokens []lm.Token, rows []row, from, steps int, state [][]float32,
) {
	x := make([]lm.Token, len(rows)*steps) // BOS after the end of a row
	var at, y []int32                      // rows of h to score, and the tokens that they predict
	var to []int                           // indices of their scores in dst
	for r, row := range rows {
		for s := range min(steps, max(row.end-row.begin-from, 0)) {
			i := row.begin + from + s
			if i > row.begin {
				x[r*steps+s] = tokens[i-1]
			}
			at, y, to = append(at, int32(r*steps+s)), append(y, tokens[i]), append(to, i)
		}
	}
	nats := make([]float64, len(y))
	m.With(func(t *autograd.Tape) {
		h := m.forward(t, x, len(rows), steps, state) // [B·T, H]
		h = t.Embedding(h, at)                        // [n, H] the vectors of the scored positions
		nn.Score(t, nats, h, m.head(), m.Decoder.Bias, y)
	})
	for i, v := range nats {
		dst[to[i]] = v
	}
}
