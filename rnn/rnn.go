// Package rnn holds the models whose memory is a vector. A recurrent network reads one token at a
// time and updates a hidden state of fixed size (Elman 1990; as language models Mikolov et al.
// 2010). The cells are in elman.go, lstm.go and gru.go; rnn.go contains the model around them.
package rnn

import (
	"math"
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Model consists of an embedding, recurrent layers and an output layer. Its parameters have the
// names and shapes of PyTorch's modules encoder (Embedding), rnn (RNN, LSTM or GRU) and decoder
// (Linear).
type Model struct {
	Config Config

	Encoder *nn.Embedding `param:"encoder"` // [V, E]
	RNN     Layers        `param:"rnn"`
	Decoder *nn.LinearT   `param:"decoder,output"` // [V, H]; its weight is nil if tied

	nn.Inference
	cell  cell
	carry *carry
}

// Layers holds the weights of the recurrent layers, with G gates each.
type Layers struct {
	WeightIH []*autograd.Tensor `param:"weight_ih_l%d"`      // [G·H, E], or [G·H, H] above layer 0
	WeightHH []*autograd.Tensor `param:"weight_hh_l%d"`      // [G·H, H]
	BiasIH   []*autograd.Tensor `param:"bias_ih_l%d,vector"` // [1, G·H]
	BiasHH   []*autograd.Tensor `param:"bias_hh_l%d,vector"` // [1, G·H]
}

// New returns a model with the initial weights of torch.nn: embeddings from N(0, 1), all other
// weights uniform in ±1/√H. Small embeddings would learn slowly, because the network knows a token
// only through them. Tied embeddings must be small, because the logits are products with them.
func New(cfg Config, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cell, err := newCell(cfg.Cell)
	if err != nil {
		return nil, err
	}
	bound := 1 / math.Sqrt(float64(cfg.Hidden))
	std := 1.0
	if cfg.Tied {
		std = bound
	}
	m := &Model{
		Config:  cfg,
		Encoder: nn.NewEmbedding(cfg.VocabSize, cfg.NEmbd, std, rng),
		Decoder: &nn.LinearT{Bias: nn.Zeros(1, cfg.VocabSize)},
		cell:    cell,
	}
	if !cfg.Tied {
		m.Decoder.Weight = nn.Uniform(cfg.VocabSize, cfg.Hidden, bound, rng)
	}
	for l := range cfg.Layers {
		in, sums := cfg.Hidden, cell.gates()*cfg.Hidden
		if l == 0 {
			in = cfg.NEmbd
		}
		m.RNN.WeightIH = append(m.RNN.WeightIH, nn.Uniform(sums, in, bound, rng))
		m.RNN.WeightHH = append(m.RNN.WeightHH, nn.Uniform(sums, cfg.Hidden, bound, rng))
		m.RNN.BiasIH = append(m.RNN.BiasIH, nn.Uniform(1, sums, bound, rng))
		m.RNN.BiasHH = append(m.RNN.BiasHH, nn.Uniform(1, sums, bound, rng))
		cell.initBias(m.RNN.BiasIH[l].Data, m.RNN.BiasHH[l].Data)
	}
	m.Inference = nn.NewInference(m)
	return m, nil
}

// Vocab returns the number of tokens.
func (m *Model) Vocab() int { return m.Config.VocabSize }

// Loss returns the mean −ln P of the targets of the batch, in nats. On a recording tape, a row
// continues from the state at the end of the same row of the last batch, unless it begins with BOS
// (truncated backpropagation through time, Williams and Peng 1990). The state crosses the border
// between batches; the gradient does not.
func (m *Model) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	state := m.carried
	if !t.Recording() {
		state = m.newState
	}
	h := m.forward(t, b.X, b.B, b.T, state(b.B)) // [B·T, H]
	return m.HeadLoss(t, h, b.Y, b.N)            // 1×1
}

// HeadLoss returns Σ −ln P(y)/n of the targets y that follow the hidden vectors h of the last
// layer, in nats.
func (m *Model) HeadLoss(
	t *autograd.Tape, h *autograd.Tensor, y []lm.Token, n int,
) *autograd.Tensor {
	return t.HeadLoss(h, m.head(), m.Decoder.Bias, y, n) // 1×1
}

// HeadLogProbs returns ln P(y) for every target y that follows the hidden vectors h of the last
// layer, in nats, [len(y), 1]. It is 0 where y is −1.
func (m *Model) HeadLogProbs(t *autograd.Tape, h *autograd.Tensor, y []lm.Token) *autograd.Tensor {
	return t.HeadLogProbs(h, m.head(), m.Decoder.Bias, y) // [len(y), 1]
}

// forward runs every row from its state through T tokens, and overwrites the state with the final
// state.
func (m *Model) forward(
	t *autograd.Tape, x []int32, b, steps int, state [][]float32,
) *autograd.Tensor {
	var h *autograd.Tensor
	for l := range m.Config.Layers {
		h = m.layer(t, l, h, x, b, steps, state) // [B·T, H]
	}
	return h
}

// layer runs layer l over the output of the layer below. For the first layer, below holds the
// embeddings, or is nil to look them up.
func (m *Model) layer(
	t *autograd.Tape, l int, below *autograd.Tensor, x []int32, b, steps int, state [][]float32,
) *autograd.Tensor {
	xw := m.input(t, l, below, x) // [B·T, G·H]
	// h and, for an LSTM, c, each [B, H]
	memory := state[l*m.cell.states():][:m.cell.states()]
	h := m.cell.run(t, xw, m.RNN.WeightHH[l], m.RNN.BiasHH[l], memory, b, steps, x) // [B·T, H]
	h = t.Dropout(h, m.Config.Dropout)                                              // [B·T, H]
	if m.Config.Residual && l > 0 {
		h = t.Add(h, below) // [B·T, H]
	}
	return h
}

// input returns x·W_ihᵀ + b_ih of layer l, for all steps at once because it does not depend on the
// state. In the first layer it depends only on the token, so if the vocabulary is smaller than the
// batch, it is computed once per vocabulary entry.
func (m *Model) input(t *autograd.Tape, l int, below *autograd.Tensor, x []int32) *autograd.Tensor {
	w, bias := m.RNN.WeightIH[l], m.RNN.BiasIH[l]
	noDropout := t.Rand == nil || m.Config.Dropout == 0
	switch {
	case below != nil:
		return t.LinearT(below, w, bias) // [B·T, G·H]
	case noDropout && m.Config.VocabSize < len(x):
		table := t.LinearT(m.Encoder.Weight, w, bias) // [V, G·H]
		return t.Embedding(table, x)                  // [B·T, G·H]
	}
	e := t.Dropout(m.Encoder.Forward(t, x), m.Config.Dropout) // [B·T, E]
	return t.LinearT(e, w, bias)                              // [B·T, G·H]
}

// head returns the weight of the output layer.
func (m *Model) head() *autograd.Tensor {
	if m.Config.Tied {
		return m.Encoder.Weight
	}
	return m.Decoder.Weight
}

// newState returns the zero state of b rows: for each layer h, and c for an LSTM, [B, H] each.
func (m *Model) newState(b int) [][]float32 {
	state := make([][]float32, m.Config.Layers*m.cell.states())
	for i := range state {
		state[i] = make([]float32, b*m.Config.Hidden)
	}
	return state
}

// Blocks returns the numbers of matrices that a parameter holds below each other (down) and beside
// each other (across).
func (m *Model) Blocks(param string) (down, across int) { return gateBlocks(m.Config.Cell, param) }
