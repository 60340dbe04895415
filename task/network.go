package task

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Network is a classifier over a pre-trained body: the vectors of one text are pooled into one, and
// a linear layer makes K scores of it. Fine-tuning moves all of it (Radford et al. 2018, §3.2; Devlin
// et al. 2019, §3.2); a frozen body leaves only the head, and for several layers their mixture, to
// learn (Peters et al. 2018, §3.2).
type Network struct {
	Body nn.Encoder    `param:"body"`
	Mix  *nn.ScalarMix `param:"mix"` // over all layers; nil: the last layer alone
	Head *nn.LinearT   `param:"head"`

	Pool   Pool
	Lambda float64 // λ of the auxiliary language-model loss (Radford et al. 2018, equation 5); 0: none

	BodyRate, HeadRate float64 // multiples of the learning rate
}

// Pool says which positions of a text its vector comes from.
type Pool string

// The pools.
const (
	Mean Pool = "mean" // of all tokens
	CLS  Pool = "cls"  // the first position, BERT's [CLS]; here the BOS before the text
	Last Pool = "last" // the last position, GPT-1's extract token
)

// Pools lists the pools.
func Pools() []Pool { return []Pool{Mean, CLS, Last} }

// Validate reports an unknown pool.
func (p Pool) Validate() error {
	for _, known := range Pools() {
		if p == known {
			return nil
		}
	}
	return fmt.Errorf("unknown pool %q; want mean, cls or last", string(p))
}

// span returns the positions [from, to) that are pooled, of a text of n tokens behind its BOS. Of an
// empty text that is the BOS.
func (p Pool) span(n int) (from, to int32) {
	switch {
	case p == CLS || n == 0:
		return 0, 1
	case p == Last:
		return int32(n), int32(n + 1)
	}
	return 1, int32(n + 1)
}

// headInit is the standard deviation of a new head: so small that the first predictions are even.
const headInit = 1e-3

// New returns a network of classes over a body, with a new head. mixed says that all layers of the
// body are weighed, not only the last taken.
func New(body nn.Encoder, classes int, pool Pool, mixed bool, rng *rand.Rand) (*Network, error) {
	if classes < 2 {
		return nil, fmt.Errorf("a task with %d classes; want at least 2", classes)
	}
	if err := pool.Validate(); err != nil {
		return nil, err
	}
	layers := body.Hidden(autograd.NewForward(), corpus.Batch{B: 1, T: 1, X: []lm.Token{lm.BOS}, Y: []lm.Token{-1}})
	width := layers[len(layers)-1].Cols
	n := &Network{
		Body: body, Pool: pool, BodyRate: 1, HeadRate: 1,
		Head: &nn.LinearT{Weight: nn.Normal(classes, width, headInit, rng), Bias: nn.Zeros(1, classes)},
	}
	if mixed {
		for _, l := range layers {
			if l.Cols != width {
				return nil, fmt.Errorf("the layers of the body have %d and %d channels; only layers of one width can be mixed", l.Cols, width)
			}
		}
		n.Mix = nn.NewScalarMix(len(layers))
	}
	return n, nil
}

// Freeze keeps the weights of the body as they are.
func (n *Network) Freeze() {
	for _, p := range nn.Params(n.Body) {
		p.Grad = nil
		p.Tensor.Grad = nil
	}
}

// Rate returns how fast a parameter learns (train.Rated).
func (n *Network) Rate(param string) float64 {
	if strings.HasPrefix(param, "body.") {
		return n.BodyRate
	}
	return n.HeadRate
}

// predictor is a body that is a language model over its last hidden vectors.
type predictor interface {
	HeadLoss(t *autograd.Tape, h *autograd.Tensor, y []lm.Token, n int) *autograd.Tensor
}

// Predicts reports whether a body has the auxiliary language-model loss.
func Predicts(body nn.Encoder) bool {
	_, ok := body.(predictor)
	return ok
}

// Loss is L₂ + λ·L₁ in nats: the mean −ln P of the labels and, if λ is not 0, of the tokens of the
// texts (Radford et al. 2018, equations 4 and 5).
func (n *Network) Loss(t *autograd.Tape, b Batch) *autograd.Tensor {
	logits, last := n.logits(t, b)
	loss := t.CrossEntropy(logits, b.Label, b.N) // 1×1
	if body, ok := n.Body.(predictor); ok && n.Lambda > 0 {
		aux := body.HeadLoss(t, last, b.Y, b.tokensPerLabel()) // 1×1
		loss = t.Add(loss, t.Scale(aux, float32(n.Lambda)))    // 1×1
	}
	return loss
}

// logits returns the scores of the classes [B, K] and the last hidden vectors [B·T, C].
func (n *Network) logits(t *autograd.Tape, b Batch) (logits, last *autograd.Tensor) {
	layers := n.Body.Hidden(t, b.Batch)
	last = layers[len(layers)-1] // [B·T, C]
	h := last
	if n.Mix != nil {
		h = n.Mix.Forward(t, layers) // [B·T, C]
	}
	from, to := b.spans(t, n.Pool)
	return n.Head.Forward(t, t.MeanPool(h, from, to)), last // [B, K]
}

// LogProbs returns ln P(class | text) of every text, in nats, [len(texts)][K].
func (n *Network) LogProbs(texts [][]lm.Token) [][]float64 {
	out := make([][]float64, len(texts))
	tape := autograd.NewForward()
	eachBatch(texts, func(lo int, b Batch) {
		tape.Reset()
		logits, _ := n.logits(tape, b)
		for i := range b.B {
			out[lo+i] = nn.LogSoftmax(tape, nil, logits.Row(i))
		}
	})
	return out
}
