package transformer

import (
	"errors"
	"math"
	"math/rand/v2"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// MaskedBatch is the training data of BERT: B rows of T tokens, some of them masked. Unlike in a
// batch of a causal model, Y[i] is the token at position i itself, or −1 if the position is not a
// target.
type MaskedBatch struct {
	corpus.Batch
	Next  []int32 // [B·T] at the [CLS] of a pair: 0 = next, 1 = random; −1 elsewhere
	Pairs int     // pairs of the whole step, the denominator of their loss
}

// Share returns share i of n of the rows. It returns false if no row is left for this share.
func (b MaskedBatch) Share(i, n int) (MaskedBatch, bool) {
	share, ok := b.Batch.Share(i, n)
	lo, hi := b.B*i/n, b.B*(i+1)/n
	return MaskedBatch{share, b.Next[lo*b.T : hi*b.T], b.Pairs}, ok
}

// Of returns the batch with n as the denominator of the loss of its tokens. The denominator of the
// loss of its pairs grows in the same proportion.
func (b MaskedBatch) Of(n int) MaskedBatch {
	if b.N > 0 && b.Pairs > 0 {
		b.Pairs = max(1, int(math.Round(float64(b.Pairs)*float64(n)/float64(b.N))))
	}
	b.N = n
	return b
}

// MaskedSource is the Source of BERT. The batch of a step is a function of the seed and the step.
// It is for one goroutine.
type MaskedSource struct {
	cfg   BERTConfig
	rows  corpus.Source // packed documents; nil: pairs
	pairs *pairer
	b     int // rows of a batch
	seed  uint64
	at    []int32 // scratch: maskable positions of a document
	pcg   rand.PCG
	rng   *rand.Rand
}

// NewMaskedSource makes batches of B rows by T tokens from encoded documents. With next-sentence
// prediction, a pair is cut from a document after a token for which ends returns true, if there is
// one; with a nil ends, it is cut anywhere.
func NewMaskedSource(
	cfg BERTConfig, docs [][]lm.Token, b, t int, seed uint64, ends func(lm.Token) bool,
) (*MaskedSource, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if t < 4 {
		return nil, errors.New(
			"bert: the rows are shorter than 4 tokens; want room for [CLS], a token and [SEP]")
	}
	s := &MaskedSource{cfg: cfg.defaults(), b: b, seed: seed}
	s.rng = rand.New(&s.pcg)
	var err error
	if cfg.NSP {
		s.pairs, err = newPairer(s.cfg, docs, b, t, ends)
	} else {
		s.rows, err = corpus.NewWindows(separated(docs, s.cfg.SepToken), b, t, seed)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// separated returns the documents with [SEP] before each closing BOS.
func separated(docs [][]lm.Token, sep lm.Token) [][]lm.Token {
	out := make([][]lm.Token, len(docs))
	for i, doc := range docs {
		if n := len(doc); n > 0 && doc[n-1] == lm.BOS {
			doc = append(append(make([]lm.Token, 0, n+1), doc[:n-1]...), sep, lm.BOS)
		}
		out[i] = doc
	}
	return out
}

// Steps returns the number of steps that contain every document once. With next-sentence
// prediction, where documents are drawn at random, it returns the number of steps that contain the
// same number of tokens.
func (s *MaskedSource) Steps() int {
	if w, ok := s.rows.(*corpus.Windows); ok {
		return (w.Rows() + s.b - 1) / s.b
	}
	row := s.b * s.pairs.t
	return (s.pairs.until[len(s.pairs.until)-1] + row - 1) / row
}

// Batch fills b with the batch of a step.
func (s *MaskedSource) Batch(b *MaskedBatch, step int) {
	const stream = 0x6d61736b // separates the masks from other uses of the seed
	s.pcg.Seed(s.seed^stream, uint64(step))
	if s.rows != nil {
		s.rows.Batch(&b.Batch, step)
		b.Next = grow(b.Next, len(b.X))
		for i := range b.Next {
			b.Next[i] = -1
		}
		b.Pairs = 0
	} else {
		s.pairs.fill(b, s.rng)
	}
	s.mask(b)
}

// mask chooses tokens of every document of the batch.
func (s *MaskedSource) mask(b *MaskedBatch) {
	b.N = 0
	from := 0 // start of the document
	for i := 1; i <= len(b.X); i++ {
		if i%b.T == 0 || b.X[i] == lm.BOS { // the row ends here, or a document begins
			b.N += s.maskDocument(b.X[from:i], b.Y[from:i])
			from = i
		}
	}
}

// maskDocument chooses MaskRate of the tokens, at least one, and sets their targets; special tokens
// are never chosen. Of ten chosen tokens eight become [MASK], one becomes a random token and one is
// unchanged, because the model will see no [MASK] in fine-tuning (Devlin et al. 2019, §3.1).
func (s *MaskedSource) maskDocument(x, y []lm.Token) (chosen int) {
	s.at = s.at[:0]
	for i, tok := range x {
		y[i] = -1
		if tok != lm.BOS && tok != s.cfg.SepToken && tok != s.cfg.MaskToken {
			s.at = append(s.at, int32(i))
		}
	}
	if len(s.at) == 0 {
		return 0
	}
	chosen = max(1, int(math.Round(s.cfg.MaskRate*float64(len(s.at)))))
	for k := range chosen {
		other := k + s.rng.IntN(len(s.at)-k) // partial shuffle
		s.at[k], s.at[other] = s.at[other], s.at[k]
		i := s.at[k]
		y[i] = x[i]
		switch dice := s.rng.IntN(10); {
		case dice < 8:
			x[i] = s.cfg.MaskToken
		case dice == 8:
			x[i] = s.randomToken()
		}
	}
	return chosen
}

// randomToken draws a token that is not special.
func (s *MaskedSource) randomToken() lm.Token {
	for {
		tok := 1 + s.rng.Int32N(int32(s.cfg.VocabSize)-1)
		if tok != s.cfg.MaskToken && tok != s.cfg.SepToken {
			return tok
		}
	}
}
