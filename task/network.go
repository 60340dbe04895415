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

// Network is a classifier over a pre-trained body. It pools the hidden vectors of a text into one
// vector, from which a linear head computes the K logits. Fine-tuning trains all parameters
// (Radford et al. 2018, §3.2; Devlin et al. 2019, §3.2); with a frozen body, only the head and the
// mixture of layers learn (Peters et al. 2018, §3.2).
type Network struct {
	Body nn.Encoder    `param:"body"`
	Mix  *nn.ScalarMix `param:"mix"` // mixture of all layers; nil: only the last layer
	Head *nn.LinearT   `param:"head,output"`

	Pool   Pool
	Lambda float64 // weight of the auxiliary language-model loss (0: none)

	BodyRate, HeadRate float64 // multiples of the learning rate
}

// Pool names the positions of a text whose hidden vectors are averaged.
type Pool string

// The pools.
const (
	Mean Pool = "mean" // mean over all tokens
	CLS  Pool = "cls"  // the first position, BERT's [CLS]; here the BOS before the text
	Last Pool = "last" // the last position, GPT-1's [EXTRACT]
)

// Pools lists the pools.
func Pools() []Pool { return []Pool{Mean, CLS, Last} }

// Validate returns an error for an unknown pool.
func (p Pool) Validate() error {
	for _, known := range Pools() {
		if p == known {
			return nil
		}
	}
	return fmt.Errorf("unknown pool %q; want mean, cls or last", string(p))
}

// span returns the range [from, to) of positions to pool for a text of n tokens after BOS. For an
// empty text, it is the position of BOS.
func (p Pool) span(n int) (from, to int32) {
	switch {
	case p == CLS || n == 0:
		return 0, 1
	case p == Last:
		return int32(n), int32(n + 1)
	}
	return 1, int32(n + 1)
}

// headInit is the standard deviation of a new head's weights. It is small so that training starts
// from an almost uniform prediction.
const headInit = 1e-3

// New returns a network over a body with a new head for the classes. If mixed is true, the network
// mixes all layers of the body; otherwise it reads the last one.
func New(body nn.Encoder, classes int, pool Pool, mixed bool, rng *rand.Rand) (*Network, error) {
	if classes < 2 {
		return nil, fmt.Errorf("the task has %d classes; want at least 2", classes)
	}
	if err := pool.Validate(); err != nil {
		return nil, err
	}
	one := corpus.Batch{B: 1, T: 1, X: []lm.Token{lm.BOS}, Y: []lm.Token{-1}}
	layers := body.Hidden(autograd.NewForward(), one)
	width := layers[len(layers)-1].Cols
	head := &nn.LinearT{
		Weight: nn.Normal(classes, width, headInit, rng),
		Bias:   nn.Zeros(1, classes),
	}
	n := &Network{Body: body, Head: head, Pool: pool, BodyRate: 1, HeadRate: 1}
	if mixed {
		for _, l := range layers {
			if l.Cols != width {
				return nil, fmt.Errorf("mixing layers: they have %d and %d channels; "+
					"want one width", l.Cols, width)
			}
		}
		n.Mix = nn.NewScalarMix(len(layers))
	}
	return n, nil
}

// Freeze excludes the parameters of the body from training.
func (n *Network) Freeze() {
	for _, p := range nn.Params(n.Body) {
		p.Grad = nil
		p.Tensor.Grad = nil
	}
}

// Rate returns the factor for the learning rate of a parameter (train.Rated).
func (n *Network) Rate(param string) float64 {
	if strings.HasPrefix(param, "body.") {
		return n.BodyRate
	}
	return n.HeadRate
}

// predictor is a body that predicts the next token from its last hidden vectors.
type predictor interface {
	HeadLoss(t *autograd.Tape, h *autograd.Tensor, y []lm.Token, n int) *autograd.Tensor
}

// Predicts reports whether a body supports the auxiliary language-model loss.
func Predicts(body nn.Encoder) bool {
	_, ok := body.(predictor)
	return ok
}

// Loss is L₂ + λ·L₁ in nats, where λ is Lambda (Radford et al. 2018, equations 4 and 5): the mean
// −ln P of the labels plus λ times the mean −ln P of the tokens.
func (n *Network) Loss(t *autograd.Tape, b Batch) *autograd.Tensor {
	logits, last := n.logits(t, b)
	loss := t.CrossEntropy(logits, b.Label, b.N) // 1×1
	if body, ok := n.Body.(predictor); ok && n.Lambda > 0 {
		aux := body.HeadLoss(t, last, b.Y, b.tokensPerLabel()) // 1×1
		loss = t.Add(loss, t.Scale(aux, float32(n.Lambda)))    // 1×1
	}
	return loss
}

// logits returns the logits of the classes [B, K] and the last hidden vectors [B·T, C].
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

// LogProbs returns ln P(class | text) for every text, in nats, [len(texts)][K].
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

// Shape returns the size and the cost of the body, to which a head adds little. It returns the zero
// value if the body has no method Shape.
func (n *Network) Shape(context int) nn.Shape {
	if body, ok := n.Body.(interface{ Shape(context int) nn.Shape }); ok {
		return body.Shape(context)
	}
	return nn.Shape{}
}

// Vocab returns the number of tokens of the body.
func (n *Network) Vocab() int { return n.Body.Vocab() }

// Blocks returns how many matrices a parameter holds below and beside each other.
func (n *Network) Blocks(param string) (down, across int) {
	if body, ok := n.Body.(interface {
		Blocks(param string) (down, across int)
	}); ok {
		return body.Blocks(param)
	}
	return 1, 1
}
