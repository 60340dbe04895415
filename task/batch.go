package task

import (
	"math/rand/v2"
	"slices"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
)

// Labelled is a text, as the tokens that a model reads after BOS, and its class.
type Labelled struct {
	Tokens []lm.Token
	Label  int32
}

// Batch is a batch of texts with labels, one text per row (train.Batch). BOS pads a row; each BOS
// begins an empty document, so padding does not influence the text.
type Batch struct {
	corpus.Batch         // X and, for the auxiliary loss, the token that follows each position
	Length       []int32 // [B] number of tokens of each text without BOS
	Label        []int32 // [B]
	N            int     // number of labels of the whole step
	tokens       int     // number of target tokens of the whole step
}

// Rows returns the number of texts.
func (b Batch) Rows() int { return b.B }

// Share returns share i of n of the texts, or false if no text is left for this share.
func (b Batch) Share(i, n int) (Batch, bool) {
	part, ok := b.Batch.Share(i, n)
	lo, hi := b.B*i/n, b.B*(i+1)/n
	return Batch{
		Batch: part, Length: b.Length[lo:hi], Label: b.Label[lo:hi], N: b.N, tokens: b.tokens,
	}, ok
}

// Targets returns the number of labels.
func (b Batch) Targets() int { return len(b.Label) }

// Of returns the batch with n as the denominator of its mean loss. The auxiliary loss remains a
// mean over tokens.
func (b Batch) Of(n int) Batch {
	b.tokens = max(b.Batch.Targets()*n/max(len(b.Label), 1), 1)
	b.N = n
	return b
}

// tokensPerLabel returns the denominator of the auxiliary loss.
func (b Batch) tokensPerLabel() int { return max(b.tokens, 1) }

// spans returns, for each text, the range [from, to) of positions in the batch that are pooled.
func (b Batch) spans(t *autograd.Tape, pool Pool) (from, to []int32) {
	from, to = t.ScratchInts(b.B), t.ScratchInts(b.B)
	for i, n := range b.Length {
		from[i], to[i] = pool.span(int(n))
		from[i] += int32(i * b.T)
		to[i] += int32(i * b.T)
	}
	return from, to
}

// fill sets b to the batch of the texts.
func (b *Batch) fill(texts []Labelled) {
	t := 1
	for _, x := range texts {
		t = max(t, len(x.Tokens)+1)
	}
	b.B, b.T = len(texts), t
	b.X, b.Y = slices.Grow(b.X[:0], b.B*t)[:b.B*t], slices.Grow(b.Y[:0], b.B*t)[:b.B*t]
	b.Length, b.Label = b.Length[:0], b.Label[:0]
	for i := range b.X {
		b.X[i], b.Y[i] = lm.BOS, -1
	}
	for i, x := range texts {
		copy(b.X[i*t+1:], x.Tokens)
		copy(b.Y[i*t:], x.Tokens)
		b.Y[i*t+len(x.Tokens)] = lm.BOS // the end
		b.Length = append(b.Length, int32(len(x.Tokens)))
		b.Label = append(b.Label, x.Label)
	}
	*b = b.Of(len(texts))
}

// Texts is a train.Source of labelled texts. Every epoch has a different order.
type Texts struct {
	texts []Labelled
	rows  int
	order order
	next  []Labelled
}

// NewTexts prepares batches of b texts, or of all texts if there are fewer.
func NewTexts(texts []Labelled, b int, seed uint64) *Texts {
	return &Texts{texts: texts, rows: min(b, len(texts)), order: newOrder(len(texts), seed)}
}

// Batch fills b with the batch of a step.
func (s *Texts) Batch(b *Batch, step int) {
	s.next = s.next[:0]
	for i := range s.rows {
		s.next = append(s.next, s.texts[s.order.at(step*s.rows+i)])
	}
	b.fill(s.next)
}

// order permutes n indices anew in every epoch, as a function of the seed.
type order struct {
	n     int
	seed  uint64
	epoch int
	perm  []int
}

func newOrder(n int, seed uint64) order { return order{n: n, seed: seed, epoch: -1} }

// at returns the index at position k, counted over all epochs.
func (o *order) at(k int) int {
	if epoch := k / o.n; epoch != o.epoch {
		o.epoch, o.perm = epoch, rand.New(rand.NewPCG(o.seed, uint64(epoch))).Perm(o.n)
	}
	return o.perm[k%o.n]
}

// inferenceRows is the batch size of inference.
const inferenceRows = 32

// eachBatch calls visit for the texts in batches; lo is the index of the first text of a batch.
func eachBatch(texts [][]lm.Token, visit func(lo int, b Batch)) {
	var b Batch
	rows := make([]Labelled, 0, inferenceRows)
	for lo := 0; lo < len(texts); lo += inferenceRows {
		rows = rows[:0]
		for _, x := range texts[lo:min(lo+inferenceRows, len(texts))] {
			rows = append(rows, Labelled{Tokens: x})
		}
		b.fill(rows)
		visit(lo, b)
	}
}
