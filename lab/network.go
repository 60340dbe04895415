package lab

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/rnn"
	"lmzoo/train"
	"lmzoo/train/optim"
	"lmzoo/transformer"
)

// network is a model that an experiment trains from random weights on its own documents.
type network struct {
	name string
	body body
	w, b *autograd.Tensor // the output layer [V, C]; b may be nil
}

type body interface {
	train.Learner[corpus.Batch]
	nn.Encoder
	lm.Model
}

// shape is the size of a network, without its vocabulary and window.
type shape struct {
	name                   string
	kind                   string // gpt, llama or lstm
	layers, heads, channel int
	smear                  bool
}

// build returns the network of a shape with the random weights of a seed. The initial weights of a
// GPT have a standard deviation of 1/√C, and those of a Llama 0.4/√C: with GPT-2's .02, a model
// with few channels attends evenly for a long time, and a Llama with 1/√C learned to copy later.
func (s shape) build(vocab, window int, seed uint64) (*network, error) {
	rng := rand.New(rand.NewPCG(seed, 1))
	switch s.kind {
	case "gpt":
		m, err := transformer.New(transformer.Config{
			VocabSize: vocab, NPositions: window, NEmbd: s.channel, NLayer: s.layers,
			NHead: s.heads, Smear: s.smear, InitializerRange: 1 / math.Sqrt(float64(s.channel)),
		}, rng)
		if err != nil {
			return nil, err
		}
		return &network{s.name, m, m.WTE.Weight, nil}, nil
	case "llama":
		m, err := transformer.NewLlama(transformer.LlamaConfig{
			VocabSize: vocab, MaxPositionEmbeddings: window, HiddenSize: s.channel,
			NumHiddenLayers: s.layers, NumAttentionHeads: s.heads, TieWordEmbeddings: true,
			InitializerRange: 0.4 / math.Sqrt(float64(s.channel)), RopeTheta: 1000,
		}, rng)
		if err != nil {
			return nil, err
		}
		return &network{s.name, m, m.Embeddings(), nil}, nil
	case "lstm":
		m, err := rnn.New(rnn.Config{
			Cell: "lstm", VocabSize: vocab, NEmbd: s.channel, Hidden: s.channel, Layers: s.layers,
		}, rng)
		if err != nil {
			return nil, err
		}
		return &network{s.name, m, m.Decoder.Weight, m.Decoder.Bias}, nil
	}
	return nil, fmt.Errorf("unknown kind of network %q; want gpt, llama or lstm", s.kind)
}

// schooling holds the training settings of a network. It is trained by AdamW, on fresh documents at
// every step.
type schooling struct {
	rows, steps int
	lr          float64
	constant    bool    // keep the learning rate; otherwise it falls to a twentieth
	decay       float64 // if not 0: share of the steps at the end in which it falls to 0
}

// teach trains the network on documents that draw fills. It calls watch, if not nil, before the
// first step and after every step.
func (n *network) teach(
	ctx context.Context, s schooling, tokens int, draw drawer, seed uint64, watch func(step int),
) error {
	c := train.Default()
	c.Batch, c.Context, c.Steps, c.LR, c.MinLR = s.rows, tokens, s.steps, s.lr, s.lr/20
	if s.constant {
		c.MinLR = s.lr
	}
	if s.decay > 0 {
		c.Schedule, c.MinLR, c.DecayShare = optim.WSDSchedule, 0, s.decay
	}
	c.Warmup, c.Beta2, c.WeightDecay = min(20, s.steps/10), 0.98, 0.01
	c.Seed, c.Threads, c.Pieces = seed, 1, 1
	c.EvalEvery, c.SaveEvery = train.Every{}, train.Every{}
	src := &fresh{rows: s.rows, tokens: tokens, draw: draw, seed: seed}
	_, err := train.Run(ctx, n.body, src, c,
		func(_ context.Context, tr *train.Trainer, e train.Event) error {
			if watch != nil && (e.Kind == train.Started || e.Kind == train.Stepped) {
				watch(e.Stats.Step)
			}
			return nil
		})
	if err != nil {
		return fmt.Errorf("%s: %w", n.name, err)
	}
	return nil
}

// reader is a model that predicts every token of some documents of equal length. It calls see with
// the distribution of docs[doc][at] given the tokens before it; see must not keep it.
type reader interface {
	read(docs [][]lm.Token, see func(doc, at int, logProbs []float64))
}

// readBatch is the number of documents that a network reads at once.
const readBatch = 32

func (n *network) read(docs [][]lm.Token, see func(doc, at int, logProbs []float64)) {
	tape := autograd.NewForward()
	for from := 0; from < len(docs); from += readBatch {
		b := batchOf(docs[from:min(from+readBatch, len(docs))])
		hidden := n.body.Hidden(tape, b)
		logits := tape.LinearT(hidden[len(hidden)-1], n.w, n.b) // [B·T, V]
		var probs []float64
		for i := range logits.Rows {
			probs = nn.LogSoftmax(tape, probs, logits.Row(i))
			see(from+i/b.T, i%b.T, probs)
		}
		tape.Reset()
	}
}

// stepper is a reader that asks any model token by token.
type stepper struct{ lm.Model }

func (s stepper) read(docs [][]lm.Token, see func(doc, at int, logProbs []float64)) {
	var probs []float64
	for d, doc := range docs {
		state := lm.Start(s.Model)
		for at, tok := range doc {
			probs = state.NextLogProbs(probs)
			see(d, at, probs)
			state.Push(tok)
		}
	}
}
