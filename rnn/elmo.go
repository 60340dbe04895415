package rnn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/autograd/vec"
	"lmzoo/corpus"
	"lmzoo/lm"
)

// ELMo is two language models over the same embeddings and output layer, one that reads a text
// forwards and one that reads it backwards (Peters et al. 2018, "Deep contextualized word
// representations", §3.1). Tasks use their hidden vectors, which together depend on both sides of a
// word. Each half is an LSTM with a residual connection between its layers.
//
// The tokenizers of the zoo replace the character convolutions of the paper.
type ELMo struct {
	Config ELMoConfig

	Forward  *Model `param:"forward"`
	Backward *Model `param:"backward"` // shares its Encoder and Decoder with Forward

	// Unigram is ln P of each token in the training text, [1, V]; it is not learned. FillLogProbs
	// divides by it.
	Unigram *autograd.Tensor `param:"unigram,vector"`
}

// ELMoConfig is the shape of an ELMo.
type ELMoConfig struct {
	VocabSize int     `json:"vocab_size"`                                  // V, tokens
	NEmbd     int     `json:"n_embd" help:"channels of a token embedding"` // C
	Layers    int     `json:"layers" help:"recurrent layers"`              // L
	Dropout   float64 `json:"dropout" help:"dropout probability"`
}

// ELMoPreset returns the Config of a size, without a vocabulary.
func ELMoPreset(size string) (ELMoConfig, error) {
	switch size {
	case "tiny":
		return ELMoConfig{NEmbd: 64, Layers: 2}, nil
	case "small":
		return ELMoConfig{NEmbd: 128, Layers: 2}, nil
	case "base":
		return ELMoConfig{NEmbd: 256, Layers: 2, Dropout: 0.1}, nil
	}
	return ELMoConfig{}, fmt.Errorf("unknown size %q of elmo; want tiny, small or base", size)
}

// half returns the configuration of one direction.
func (c ELMoConfig) half() Config {
	return Config{
		Cell: "lstm", VocabSize: c.VocabSize, NEmbd: c.NEmbd, Hidden: c.NEmbd,
		Layers: c.Layers, Dropout: c.Dropout, Residual: true,
	}
}

// Validate reports the first invalid field.
func (c ELMoConfig) Validate() error { return c.half().Validate() }

// NewELMo returns a model with random initial weights, distributed as in torch.nn.
func NewELMo(c ELMoConfig, rng *rand.Rand) (*ELMo, error) {
	forward, err := New(c.half(), rng)
	if err != nil {
		return nil, err
	}
	backward, err := New(c.half(), rng)
	if err != nil {
		return nil, err
	}
	backward.Encoder, backward.Decoder = forward.Encoder, forward.Decoder
	m := &ELMo{
		Config: c, Forward: forward, Backward: backward,
		Unigram: autograd.NewConst(1, c.VocabSize, make([]float32, c.VocabSize)),
	}
	m.SetUnigram(make([]int, c.VocabSize))
	return m, nil
}

// Vocab returns the number of tokens.
func (m *ELMo) Vocab() int { return m.Config.VocabSize }

// SetUnigram stores the unigram distribution of the training text, from its counts. It adds one to
// each count, so that every token has a positive probability.
func (m *ELMo) SetUnigram(counts []int) {
	total := len(counts)
	for _, n := range counts {
		total += n
	}
	for v, n := range counts {
		m.Unigram.Data[v] = float32(math.Log(float64(n+1) / float64(total)))
	}
}

// Loss is the mean over both directions of the mean −ln P of their targets, in nats: half of the
// (negated) objective of Peters et al. (§3.1, the equation after 1). Each document of a row is read
// separately.
func (m *ELMo) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	o := reverse(t, b)
	f, r := m.Forward, m.Backward
	hf := f.forward(t, b.X, b.B, b.T, f.newState(b.B)) // [B·T, C]
	hb := r.forward(t, o.x, b.B, b.T, r.newState(b.B)) // [B·T, C]
	forward := f.HeadLoss(t, hf, b.Y, 2*b.N)           // 1×1
	backward := r.HeadLoss(t, hb, o.y, 2*b.N)          // 1×1
	return t.Add(forward, backward)                    // 1×1
}

// Hidden returns for every layer the concatenated hidden vectors of both directions: h_{k,0} is the
// token's embedding twice, h_{k,j} = [→h_{k,j}; ←h_{k,j}], [B·T, 2C] each (Peters et al. 2018,
// §3.2).
func (m *ELMo) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	o := reverse(t, b)
	forward := m.Forward.Hidden(t, b)
	b.X = o.x
	backward := m.Backward.Hidden(t, b)
	layers := make([]*autograd.Tensor, len(forward))
	for l := range layers {
		layers[l] = concat(t, forward[l], t.Embedding(backward[l], o.from)) // [B·T, 2C]
	}
	return layers
}

// Embeddings returns the vectors of the tokens that both directions share, [V, C].
func (m *ELMo) Embeddings() *autograd.Tensor { return m.Forward.Encoder.Weight }

// Causal returns the forward half, a causal language model.
func (m *ELMo) Causal() lm.Model { return m.Forward }

// concat concatenates the channels of a and b.
func concat(t *autograd.Tape, a, b *autograd.Tensor) *autograd.Tensor {
	y := t.New(a.Rows, a.Cols+b.Cols)
	for i := range a.Rows {
		row := y.Row(i)
		copy(row, a.Row(i))
		copy(row[a.Cols:], b.Row(i))
	}
	autograd.Record(t, concatOp{y, a, b})
	return y
}

type concatOp struct{ y, a, b *autograd.Tensor }

func (o *concatOp) Backward() { // da, db = the two parts of dy
	dy, da, db := o.y.AddGrad(), o.a.AddGrad(), o.b.AddGrad()
	wide, n := o.y.Cols, o.a.Cols
	for i := range o.y.Rows {
		if da != nil {
			vec.Add(da[i*n:][:n], dy[i*wide:][:n])
		}
		if db != nil {
			vec.Add(db[i*(wide-n):][:wide-n], dy[i*wide+n:][:wide-n])
		}
	}
}

// Blocks returns how many matrices a parameter holds below and beside each other.
func (m *ELMo) Blocks(param string) (down, across int) { return gateBlocks("lstm", param) }
