package transformer

import (
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// BERT is a bidirectional encoder (Devlin, Chang, Lee and Toutanova 2019): every position attends
// to the whole document, so the model cannot predict the next token. It learns to predict masked
// tokens (mlm.go) and, as a setting, whether one text follows another (nsp.go). It has the blocks
// of Vaswani et al. (2017), with LayerNorm after each residual addition. Its parameters have the
// names and shapes of BertForPreTraining on Hugging Face or, without next-sentence prediction, of
// BertForMaskedLM.
type BERT struct {
	Config BERTConfig

	Encoder bertEncoder `param:"bert"`
	Heads   bertHeads   `param:"cls"`

	nn.Inference
}

// bertEncoder holds the parameters that fine-tuning starts from.
type bertEncoder struct {
	Embeddings struct {
		Word     *nn.Embedding `param:"word_embeddings"`       // [V, C]
		Position *nn.Embedding `param:"position_embeddings"`   // [W, C]
		Segment  *nn.Embedding `param:"token_type_embeddings"` // [2, C]
		Norm     *nn.LayerNorm `param:"LayerNorm"`
	} `param:"embeddings"`
	Layers []*bertLayer `param:"encoder.layer"`
	Pooler struct {
		Dense *nn.LinearT `param:"dense"` // [C, C]; nil without next-sentence prediction
	} `param:"pooler"`
}

// bertLayer is one post-norm block.
type bertLayer struct {
	Attention struct {
		Self struct {
			Query *nn.LinearT `param:"query"` // [C, C]
			Key   *nn.LinearT `param:"key"`
			Value *nn.LinearT `param:"value"`
		} `param:"self"`
		Output bertOutput `param:"output"` // [C, C]
	} `param:"attention"`
	Intermediate struct {
		Dense *nn.LinearT `param:"dense"` // [4C, C]
	} `param:"intermediate"`
	Output bertOutput `param:"output"` // [C, 4C]
}

// bertOutput adds a branch to the residual stream and normalises the sum.
type bertOutput struct {
	Dense *nn.LinearT   `param:"dense"`
	Norm  *nn.LayerNorm `param:"LayerNorm"`
}

// NewBERT returns a BERT with its authors' initial weights: N(0, 0.02²), and zero for biases.
func NewBERT(cfg BERTConfig, rng *rand.Rand) (*BERT, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m := &BERT{Config: cfg.defaults()}
	c, std := cfg.NEmbd, m.Config.InitializerRange
	dense := func(in, out int) *nn.LinearT {
		return &nn.LinearT{Weight: nn.Normal(out, in, std, rng), Bias: nn.Zeros(1, out)}
	}
	e := &m.Encoder.Embeddings
	e.Word = nn.NewEmbedding(cfg.VocabSize, c, std, rng)
	e.Position = nn.NewEmbedding(cfg.NPositions, c, std, rng)
	e.Segment = nn.NewEmbedding(2, c, std, rng)
	e.Norm = bertNorm(c)
	for range cfg.NLayer {
		l := new(bertLayer)
		self := &l.Attention.Self
		qkv := beside(c, std, rng, c, c, c)
		for _, part := range qkv {
			part.Bias = nn.Zeros(1, c)
		}
		self.Query, self.Key, self.Value = qkv[0], qkv[1], qkv[2]
		l.Attention.Output = bertOutput{dense(c, c), bertNorm(c)}
		l.Intermediate.Dense = dense(c, 4*c)
		l.Output = bertOutput{dense(4*c, c), bertNorm(c)}
		m.Encoder.Layers = append(m.Encoder.Layers, l)
	}
	m.newHeads(dense)
	m.Inference = nn.NewInference(m)
	return m, nil
}

// bertNorm returns a LayerNorm with BERT's eps.
func bertNorm(c int) *nn.LayerNorm {
	n := nn.NewLayerNorm(c)
	n.Eps = 1e-12
	return n
}

// Vocab returns the number of tokens, including the special tokens.
func (m *BERT) Vocab() int { return m.Config.VocabSize }

// Embeddings returns the word embeddings [V, C] (nn.Embedder).
func (m *BERT) Embeddings() *autograd.Tensor { return m.Encoder.Embeddings.Word.Weight }

// Hidden returns the embeddings and the output of every layer, [B·T, C] each (nn.Encoder). In
// training, every document ends with [SEP], and a pair also has a [SEP] between its texts; the
// caller must insert them.
func (m *BERT) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	docs := m.layout(t, b.T, b.X)
	hidden := []*autograd.Tensor{m.embed(t, b.X, docs)} // [B·T, C]
	for l, layer := range m.Encoder.Layers {
		hidden = append(hidden, m.layer(t, layer, hidden[l], docs)) // [B·T, C]
	}
	return hidden
}

// encode returns the output of the last layer at the given positions, [n, C]. The layer attends to
// all positions, but the rest of it computes only these rows, because the others are not read.
func (m *BERT) encode(
	t *autograd.Tape, rowLen int, x []lm.Token, at []int32,
) *autograd.Tensor {
	docs := m.layout(t, rowLen, x)
	h := m.embed(t, x, docs) // [B·T, C]
	last := len(m.Encoder.Layers) - 1
	for _, layer := range m.Encoder.Layers[:last] {
		h = m.layer(t, layer, h, docs) // [B·T, C]
	}
	layer := m.Encoder.Layers[last]
	att := m.attention(t, layer, h, docs)                                    // [B·T, C]
	return m.feedForward(t, layer, t.Embedding(h, at), t.Embedding(att, at)) // [n, C]
}

// embed returns LN(word + position + segment) (Devlin et al. 2019, figure 2).
func (m *BERT) embed(t *autograd.Tape, x []lm.Token, docs layout) *autograd.Tensor {
	e := &m.Encoder.Embeddings
	h := t.Embedding2(e.Word.Weight, x, e.Position.Weight, docs.pos) // [B·T, C]
	h = t.Add(h, e.Segment.Forward(t, docs.segment))                 // [B·T, C]
	return t.Dropout(e.Norm.Forward(t, h), m.Config.Dropout)         // [B·T, C]
}

// layer computes one block (Vaswani et al. 2017, §3.1):
//
//	h'ₗ  = LN(hₗ + Attention(hₗ))
//	hₗ₊₁ = LN(h'ₗ + W₂·GELU(W₁·h'ₗ))
func (m *BERT) layer(
	t *autograd.Tape, l *bertLayer, h *autograd.Tensor, docs layout,
) *autograd.Tensor {
	return m.feedForward(t, l, h, m.attention(t, l, h, docs)) // [B·T, C]
}

// attention returns the output of the attention heads of a layer.
func (m *BERT) attention(
	t *autograd.Tape, l *bertLayer, h *autograd.Tensor, docs layout,
) *autograd.Tensor {
	return t.Attention(m.qkv(t, l, h), len(docs.pos)/docs.rowLen, docs.rowLen, m.Config.NHead,
		docs.start, docs.end, m.Config.Dropout) // [B·T, C]
}

// qkv returns the queries, keys and values of a layer side by side.
func (m *BERT) qkv(t *autograd.Tape, l *bertLayer, h *autograd.Tensor) *autograd.Tensor {
	q, k, v := l.Attention.Self.Query, l.Attention.Self.Key, l.Attention.Self.Value
	return t.BiasedLinearTs(h, []*autograd.Tensor{q.Weight, k.Weight, v.Weight},
		[]*autograd.Tensor{q.Bias, k.Bias, v.Bias}) // [B·T, 3C]
}

// feedForward computes the rest of a layer from the output of its attention heads.
func (m *BERT) feedForward(
	t *autograd.Tape, l *bertLayer, h, att *autograd.Tensor,
) *autograd.Tensor {
	h = m.write(t, h, att, &l.Attention.Output)               // [B·T, C]
	wide := t.GELUErfOver(l.Intermediate.Dense.Forward(t, h)) // [B·T, 4C]
	return m.write(t, h, wide, &l.Output)                     // [B·T, C]
}

// write returns LN(h + Dropout(x·Wᵀ + b)).
func (m *BERT) write(t *autograd.Tape, h, x *autograd.Tensor, o *bertOutput) *autograd.Tensor {
	if t.Rand == nil || m.Config.Dropout == 0 {
		return o.Norm.Forward(t, o.Dense.AddTo(t, h, x)) // the same in one pass over h
	}
	x = t.Dropout(o.Dense.Forward(t, x), m.Config.Dropout)
	return o.Norm.Forward(t, t.Add(h, x))
}

// Window returns the maximum number of positions of an input, including [CLS] and [SEP].
func (m *BERT) Window() int { return m.Config.NPositions }
