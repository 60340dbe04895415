package mlp

import (
	"fmt"
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/nn"
)

// Word2Vec holds two vectors for every word, learned so that words in similar contexts get similar
// vectors (Mikolov et al. 2013a, "Efficient Estimation of Word Representations in Vector Space",
// and 2013b, "Distributed Representations of Words and Phrases and their Compositionality"). It
// predicts which words occur near each other, not which word comes next, so it is not an lm.Model.
// Its quality shows in the tasks that use its vectors.
//
// Its parameters have the names of word2vec.c.
type Word2Vec struct {
	Config Word2VecConfig

	In  *autograd.Tensor `param:"syn0"`    // [V, C] the vectors to keep: v_w in the paper
	Out *autograd.Tensor `param:"syn1neg"` // [V, C] the vectors of predicted words: v'_w
}

// Word2VecConfig is the shape of a Word2Vec and of the examples that it learns from.
type Word2VecConfig struct {
	VocabSize int     `json:"vocab_size"`                                  // V
	NEmbd     int     `json:"n_embd" help:"channels of a token embedding"` // C
	Objective string  `json:"objective" help:"skip-gram or cbow"`
	Window    int     `json:"window" help:"maximum words on each side"`
	Negative  int     `json:"negative" help:"noise words per predicted word"` // K
	Power     float64 `json:"power" help:"exponent of the noise distribution"`
	Sample    float64 `json:"sample" help:"frequency above which words are subsampled (0: none)"`
}

// The two objectives.
const (
	SkipGram = "skip-gram" // the middle word predicts each surrounding word
	CBOW     = "cbow"      // the mean of the surrounding words predicts the middle word
)

// Word2VecPreset returns the Config of a size, without a vocabulary. All other fields have
// word2vec.c's defaults; small corpora need few channels.
func Word2VecPreset(size string) (Word2VecConfig, error) {
	c := Word2VecConfig{Objective: SkipGram, Window: 5, Negative: 5, Power: 0.75, Sample: 1e-3}
	switch size {
	case "tiny":
		c.NEmbd = 32
	case "small":
		c.NEmbd = 100
	case "base":
		c.NEmbd = 300
	default:
		return c, fmt.Errorf("unknown size %q of word2vec; want tiny, small or base", size)
	}
	return c, nil
}

// Bounds that prevent a mistyped number from exhausting the memory.
const (
	maxWindow   = 100
	maxNegative = 100
)

// Validate reports the first invalid field.
func (c Word2VecConfig) Validate() error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("word2vec: %s is %v; want %s", field, value, want)
	}
	switch {
	case c.VocabSize < 2:
		return bad("vocab_size", c.VocabSize, "at least 2; train the tokenizer on more text")
	case c.NEmbd < 1 || float64(c.NEmbd)*float64(c.VocabSize)*2 > nn.MaxParams:
		return bad("n_embd", c.NEmbd,
			fmt.Sprintf("1 or more, and at most %d parameters in all", nn.MaxParams))
	case c.Objective != SkipGram && c.Objective != CBOW:
		return bad("objective", fmt.Sprintf("%q", c.Objective), SkipGram+" or "+CBOW)
	case c.Window < 1 || c.Window > maxWindow:
		return bad("window", c.Window, fmt.Sprintf("1 to %d words on each side", maxWindow))
	case c.Negative < 1 || c.Negative > maxNegative:
		return bad("negative", c.Negative, fmt.Sprintf("1 to %d words", maxNegative))
	case !(c.Power >= 0 && c.Power <= 2):
		return bad("power", c.Power, "0 to 2, such as 0.75")
	case !(c.Sample >= 0 && c.Sample <= 1):
		return bad("sample", c.Sample,
			"a relative frequency in [0, 1], such as 1e-3, or 0 for none")
	}
	return nil
}

// NewWord2Vec returns a model initialized as in word2vec.c: syn0 uniform in ±1/(2C), syn1neg zero.
func NewWord2Vec(c Word2VecConfig, rng *rand.Rand) (*Word2Vec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Word2Vec{
		Config: c,
		In:     nn.Uniform(c.VocabSize, c.NEmbd, 0.5/float64(c.NEmbd), rng), // [V, C]
		Out:    nn.Zeros(c.VocabSize, c.NEmbd),                              // [V, C]
	}, nil
}

// Vocab returns the number of tokens.
func (m *Word2Vec) Vocab() int { return m.Config.VocabSize }

// Embeddings returns the vectors of the words, [V, C].
func (m *Word2Vec) Embeddings() *autograd.Tensor { return m.In }

// Hidden returns a single layer: the vector of every token, regardless of its context.
func (m *Word2Vec) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	return []*autograd.Tensor{t.Embedding(m.In, b.X)} // [B·T, C]
}
