package align

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/prompt"
	"lmzoo/train"
)

// Pair is a prompt with a preferred and a rejected answer. The tokens follow BOS, and both answers
// end with the same token, [END].
type Pair struct {
	Prompt, Chosen, Rejected []lm.Token

	// ChosenLoss and RejectedLoss report for each token of an answer whether the assistant wrote
	// it, rather than a tool; nil means true for every token.
	ChosenLoss, RejectedLoss []bool

	Kind string // name of the tested property, for results by kind
}

// EncodePair encodes two continuations of a conversation as a pair. Each is an answer of the
// assistant, or a call, its result and an answer.
func EncodePair(l *prompt.Layout, question, chosen, rejected []prompt.Message) Pair {
	p := Pair{Prompt: l.Prompt(question)}
	answer := func(messages []prompt.Message) ([]lm.Token, []bool) {
		e := l.Encode(slices.Concat(question, messages))
		return e.Tokens[len(p.Prompt):], e.Loss[len(p.Prompt):]
	}
	p.Chosen, p.ChosenLoss = answer(chosen)
	p.Rejected, p.RejectedLoss = answer(rejected)
	return p
}

// Validate returns an error for a pair that cannot be trained on: an empty answer, two equal
// answers, an answer without exactly one end, or an answer that takes more than context positions
// together with BOS and the prompt.
func (p Pair) Validate(context int) error {
	for _, a := range []struct {
		name   string
		tokens []lm.Token
		loss   []bool
	}{{"chosen", p.Chosen, p.ChosenLoss}, {"rejected", p.Rejected, p.RejectedLoss}} {
		n := len(a.tokens)
		switch {
		case n == 0:
			return fmt.Errorf("%s is empty; want an answer, at least its [END]", a.name)
		case n > 1 && a.tokens[n-1] == a.tokens[n-2]:
			return fmt.Errorf("%s ends with token %d twice; want one [END]", a.name, a.tokens[n-1])
		case 1+len(p.Prompt)+n > context:
			return fmt.Errorf("%s has %d tokens after a prompt of %d; want at most %d together, "+
				"the context without BOS", a.name, n, len(p.Prompt), context-1)
		case a.loss != nil && len(a.loss) != n:
			return fmt.Errorf("%s has %d tokens and %d marks of loss; want one for each", a.name, n,
				len(a.loss))
		case a.loss != nil && !a.loss[n-1]:
			return fmt.Errorf("%s ends with a token that the assistant did not write; want [END]",
				a.name)
		case slices.Contains(a.tokens, lm.BOS) || slices.Contains(p.Prompt, lm.BOS):
			return fmt.Errorf("%s or its prompt contains BOS; want one conversation", a.name)
		}
	}
	if a, b := p.Chosen[len(p.Chosen)-1], p.Rejected[len(p.Rejected)-1]; a != b {
		return fmt.Errorf("chosen ends with token %d and rejected with %d; want [END] after both",
			a, b)
	}
	if slices.Equal(p.Chosen, p.Rejected) {
		return fmt.Errorf("chosen and rejected are equal; want two different answers")
	}
	return nil
}

// PairBatch is a batch of pairs (train.Batch). Each row holds BOS, the prompt and an answer; the
// rejected answer of a pair is in the row below the chosen one. Y holds the tokens of the answer,
// shifted by one position, and −1 elsewhere.
type PairBatch struct {
	corpus.Batch           // 2P rows
	Length       []int32   // [2P] positions of each row up to its [END]
	Reference    []float64 // [2P] ln π_ref(answer | prompt), in nats; empty if not computed

	Text  corpus.Batch // pre-training text for rehearsal; no rows: none
	Total int          // pairs in the whole step
}

// Rows returns the number of pairs.
func (b PairBatch) Rows() int { return b.B / 2 }

// Targets returns the number of pairs.
func (b PairBatch) Targets() int { return b.B / 2 }

// Share returns share i of n of the pairs and of the text, or false if it would be empty.
func (b PairBatch) Share(i, n int) (PairBatch, bool) {
	lo, hi := b.Rows()*i/n, b.Rows()*(i+1)/n
	b.X, b.Y = b.X[2*lo*b.T:2*hi*b.T], b.Y[2*lo*b.T:2*hi*b.T]
	b.B, b.Length = 2*(hi-lo), b.Length[2*lo:2*hi]
	if len(b.Reference) > 0 {
		b.Reference = b.Reference[2*lo : 2*hi]
	}
	text := false
	if b.Text.B > 0 {
		b.Text, text = b.Text.Share(i, n)
	}
	return b, hi > lo || text
}

// Of returns the batch with n as the denominator of its mean over pairs. The loss of the text
// remains a mean over tokens.
func (b PairBatch) Of(n int) PairBatch {
	b.Total = n
	b.Text.N = max(b.Text.Targets()*n/max(b.Rows(), 1), 1)
	return b
}

// Size returns the number of positions in the batch and in a row.
func (b PairBatch) Size() (positions, context int) { return len(b.X) + len(b.Text.X), b.T }

// Validate returns an error for a batch whose rows have wrong lengths.
func (b PairBatch) Validate() error {
	if b.B%2 != 0 || len(b.Length) != b.B {
		return fmt.Errorf("%d rows and %d lengths; want two of each for every pair", b.B,
			len(b.Length))
	}
	return b.Batch.Validate()
}

// last returns the index of the position that holds each row's [END].
func (b PairBatch) last(t *autograd.Tape) []int32 {
	at := t.ScratchInts(b.B)
	for i, n := range b.Length {
		at[i] = int32(i*b.T) + n - 1
	}
	return at
}

// fill sets b to the pairs at the given indices.
func (b *PairBatch) fill(pairs []Pair, reference [][2]float64, at []int32) {
	b.B, b.T = 2*len(at), 0
	for _, i := range at {
		p := &pairs[i]
		b.T = max(b.T, 1+len(p.Prompt)+max(len(p.Chosen), len(p.Rejected)))
	}
	n := b.B * b.T
	b.X, b.Y = slices.Grow(b.X[:0], n)[:n], slices.Grow(b.Y[:0], n)[:n]
	b.Length, b.Reference = b.Length[:0], b.Reference[:0]
	for row, i := range at {
		p := &pairs[i]
		b.row(2*row, p.Prompt, p.Chosen, p.ChosenLoss)
		b.row(2*row+1, p.Prompt, p.Rejected, p.RejectedLoss)
		if reference != nil {
			b.Reference = append(b.Reference, reference[i][:]...)
		}
	}
	b.Total, b.N = len(at), len(at)
}

// row writes one answer to row i. It pads the row with BOS tokens, each of which begins an empty
// document.
func (b *PairBatch) row(i int, prompt, answer []lm.Token, loss []bool) {
	x, y := b.X[i*b.T:][:b.T], b.Y[i*b.T:][:b.T]
	for j := range x {
		x[j], y[j] = lm.BOS, -1
	}
	copy(x[1:], prompt)
	copy(x[1+len(prompt):], answer)
	for j, tok := range answer {
		if loss == nil || loss[j] {
			y[len(prompt)+j] = tok
		}
	}
	b.Length = append(b.Length, int32(1+len(prompt)+len(answer)))
}

// Pairs is the train.Source of pairs, in a new order in every epoch. The batch of a step is a
// function of the seed and the step. Pairs is not safe for concurrent use.
type Pairs struct {
	pairs     []Pair
	reference [][2]float64 // nil until SetReference
	raw       train.Source[corpus.Batch]
	rows      int

	seed  uint64
	epoch int
	perm  []int32
	pcg   rand.PCG
	rand  *rand.Rand
	next  []int32
}

// PairOptions are the settings of Pairs.
type PairOptions struct {
	Batch   int // pairs per batch
	Context int // positions per row, at most the model's window; BOS takes one
	Seed    uint64
}

// NewPairs prepares batches of o.Batch pairs, or of all pairs if there are fewer. raw provides the
// text for rehearsal; it may be nil.
func NewPairs(pairs []Pair, raw train.Source[corpus.Batch], o PairOptions) (*Pairs, error) {
	switch {
	case len(pairs) == 0:
		return nil, fmt.Errorf("the data has no pair of answers; want at least one")
	case o.Batch < 1 || o.Context < 2:
		return nil, fmt.Errorf("batches of %d pairs of %d positions; want at least 1 pair of 2 "+
			"positions", o.Batch, o.Context)
	}
	for i, p := range pairs {
		if err := p.Validate(o.Context); err != nil {
			return nil, fmt.Errorf("pair %d: %w", i+1, err)
		}
	}
	s := &Pairs{pairs: pairs, raw: raw, rows: min(o.Batch, len(pairs)), seed: o.Seed, epoch: -1,
		perm: make([]int32, len(pairs))}
	s.rand = rand.New(&s.pcg)
	return s, nil
}

// Len returns the number of pairs.
func (s *Pairs) Len() int { return len(s.pairs) }

// Batch fills b with the batch of a step. Once it has seen the longest pairs, it allocates nothing.
func (s *Pairs) Batch(b *PairBatch, step int) {
	s.next = s.next[:0]
	for i := range s.rows {
		s.next = append(s.next, s.at(step*s.rows+i))
	}
	b.fill(s.pairs, s.reference, s.next)
	if s.raw != nil {
		s.raw.Batch(&b.Text, step)
	}
	*b = b.Of(len(s.next))
}

// at returns the k-th index over all epochs.
func (s *Pairs) at(k int) int32 {
	if epoch := k / len(s.perm); epoch != s.epoch {
		s.epoch = epoch
		s.pcg.Seed(s.seed, uint64(epoch))
		for i := range s.perm {
			s.perm[i] = int32(i)
		}
		s.rand.Shuffle(len(s.perm), func(i, j int) {
			s.perm[i], s.perm[j] = s.perm[j], s.perm[i]
		})
	}
	return s.perm[k%len(s.perm)]
}

// inferencePairs is the batch size of inference, in pairs.
const inferencePairs = 16

// each calls visit with batches of the pairs in order; first is the index of a batch's first pair.
func (s *Pairs) each(ctx context.Context, visit func(first int, b PairBatch)) error {
	var b PairBatch
	for lo := 0; lo < len(s.pairs); lo += inferencePairs {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.next = s.next[:0]
		for i := lo; i < min(lo+inferencePairs, len(s.pairs)); i++ {
			s.next = append(s.next, int32(i))
		}
		b.fill(s.pairs, s.reference, s.next)
		visit(lo, b)
	}
	return nil
}

// SetReference stores ln π_ref of every answer, in nats, where π_ref is the current policy. The
// stored numbers do not change when the policy learns.
func (s *Pairs) SetReference(ctx context.Context, policy Policy) error {
	reference := make([][2]float64, len(s.pairs))
	tape := autograd.NewForward()
	err := s.each(ctx, func(first int, b PairBatch) {
		tape.Reset()
		sums := newAnswers(tape, policy, b.Batch).sums()
		for i := range b.Rows() {
			reference[first+i] = [2]float64{sums[2*i], sums[2*i+1]}
		}
	})
	if err == nil {
		s.reference = reference
	}
	return err
}
