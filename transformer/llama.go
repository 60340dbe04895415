package transformer

import (
	"math/rand/v2"
	"sync"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Llama is the decoder of most large language models since 2023 (Touvron et al. 2023a, b). It
// differs from GPT-2 in five respects: RMSNorm instead of LayerNorm (Zhang and Sennrich 2019),
// rotary positions (Su et al. 2021) instead of position embeddings, a gated layer instead of GELU
// (Shazeer 2020), keys and values that groups of heads share (Ainslie et al. 2023), and no biases.
// Its parameters have the names and shapes of LlamaForCausalLM on Hugging Face.
type Llama struct {
	Config LlamaConfig

	Model  llamaModel  `param:"model"`
	LMHead *nn.LinearT `param:"lm_head,output"` // [V, C]; nil: the embeddings (tie_word_embeddings)

	nn.Inference
	angles *autograd.Angles // [W, D/2]
	rows   *sync.Pool       // of *llamaRows
}

type llamaModel struct {
	EmbedTokens *nn.Embedding `param:"embed_tokens"` // [V, C]
	Layers      []*llamaLayer `param:"layers"`
	Norm        *nn.RMSNorm   `param:"norm"`
}

// llamaLayer is one layer: attention and a gated feed-forward network.
type llamaLayer struct {
	InputNorm *nn.RMSNorm `param:"input_layernorm"`
	Attention struct {
		Q *nn.LinearT `param:"q_proj"` // [H·D, C]
		K *nn.LinearT `param:"k_proj"` // [K·D, C]
		V *nn.LinearT `param:"v_proj"` // [K·D, C]
		O *nn.LinearT `param:"o_proj"` // [C, H·D]
	} `param:"self_attn"`
	PostNorm *nn.RMSNorm `param:"post_attention_layernorm"`
	MLP      struct {
		Gate *nn.LinearT `param:"gate_proj"` // [I, C]
		Up   *nn.LinearT `param:"up_proj"`   // [I, C]
		Down *nn.LinearT `param:"down_proj"` // [C, I]
	} `param:"mlp"`
}

// NewLlama returns a Llama with initial weights from N(0, 0.02²), as on Hugging Face.
func NewLlama(cfg LlamaConfig, rng *rand.Rand) (*Llama, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.Defaults()
	if cfg.Stride == 0 {
		cfg.Stride = max(1, cfg.MaxPositionEmbeddings/2)
	}
	c, d, std := cfg.HiddenSize, cfg.headSize(), cfg.InitializerRange
	dense := func(in, out int) *nn.LinearT {
		return &nn.LinearT{Weight: nn.Normal(out, in, std, rng)}
	}
	norm := func() *nn.RMSNorm { return nn.NewRMSNorm(c, cfg.RMSNormEps) }

	m := &Llama{
		Config: cfg,
		angles: autograd.NewAngles(cfg.MaxPositionEmbeddings, d, cfg.RopeTheta),
		rows:   &sync.Pool{New: func() any { return new(llamaRows) }},
	}
	m.Model.EmbedTokens = nn.NewEmbedding(cfg.VocabSize, c, std, rng)
	for range cfg.NumHiddenLayers {
		l := &llamaLayer{InputNorm: norm(), PostNorm: norm()}
		a, kv := &l.Attention, cfg.NumKeyValueHeads*d
		qkv := beside(c, std, rng, c, kv, kv)
		a.Q, a.K, a.V, a.O = qkv[0], qkv[1], qkv[2], dense(c, c)
		n := cfg.IntermediateSize
		wide := beside(c, std, rng, n, n)
		l.MLP.Gate, l.MLP.Up, l.MLP.Down = wide[0], wide[1], dense(n, c)
		m.Model.Layers = append(m.Model.Layers, l)
	}
	m.Model.Norm = norm()
	if !cfg.TieWordEmbeddings {
		m.LMHead = dense(c, cfg.VocabSize)
	}
	m.Inference = nn.NewInference(m)
	return m, nil
}

// beside returns layers that share one input. Their weights are contiguous in memory, so that
// LinearTs computes them in one product.
func beside(in int, std float64, rng *rand.Rand, outs ...int) (layers []*nn.LinearT) {
	total := 0
	for _, n := range outs {
		total += n
	}
	for _, w := range autograd.Stacked(nn.Normal(total, in, std, rng), outs...) {
		layers = append(layers, &nn.LinearT{Weight: w})
	}
	return layers
}

// headSize returns D, the number of channels of a head.
func (c LlamaConfig) headSize() int { return c.HiddenSize / c.NumAttentionHeads }

// Vocab returns the number of tokens.
func (m *Llama) Vocab() int { return m.Config.VocabSize }

// Loss returns the mean −ln P of the targets of the batch, in nats. Positions and attention restart
// at each BOS, as in GPT.
func (m *Llama) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	h := m.encode(t, b.B, b.T, b.X)   // [B·T, C]
	return m.HeadLoss(t, h, b.Y, b.N) // 1×1
}

// HeadLoss returns Σ −ln P(y)/n of the targets y that follow the last hidden vectors h, in nats.
func (m *Llama) HeadLoss(
	t *autograd.Tape, h *autograd.Tensor, y []lm.Token, n int,
) *autograd.Tensor {
	return t.HeadLoss(h, m.output(), nil, y, n) // 1×1
}

// HeadLogProbs returns ln P(y) for every target y that follows the last hidden vectors h, in nats,
// [len(y), 1]. It is 0 where y is −1.
func (m *Llama) HeadLogProbs(t *autograd.Tape, h *autograd.Tensor, y []lm.Token) *autograd.Tensor {
	return t.HeadLogProbs(h, m.output(), nil, y) // [len(y), 1]
}

// output returns the weights of the output layer, [V, C].
func (m *Llama) output() *autograd.Tensor {
	if m.LMHead == nil {
		return m.Model.EmbedTokens.Weight
	}
	return m.LMHead.Weight
}

// encode returns the last hidden vectors of a batch of documents, [B·T, C].
func (m *Llama) encode(t *autograd.Tape, b, rowLen int, x []lm.Token) *autograd.Tensor {
	docs := m.pack(t, b, rowLen, x)
	defer m.rows.Put(docs)
	return m.forward(t, x, docs.pos, docs)
}

// forward maps tokens to the last hidden vectors, before the output layer.
func (m *Llama) forward(t *autograd.Tape, x, pos []int32, memory memory) *autograd.Tensor {
	h := m.embed(t, x) // [B·T, C]
	for l := range m.Model.Layers {
		h = m.layer(t, l, h, pos, memory) // [B·T, C]
	}
	return m.Model.Norm.Forward(t, h) // [B·T, C]
}

// embed returns h₀ = embed_tokens[x]. The layers add the positions, by rotation.
func (m *Llama) embed(t *autograd.Tape, x []int32) *autograd.Tensor {
	return t.Dropout(m.Model.EmbedTokens.Forward(t, x), m.Config.Dropout) // [B·T, C]
}

// layer computes layer l. The memory sees rotated queries and keys, H + K + K heads in each row.
// With R the rotation by the position:
//
//	h'ₗ  = hₗ + Attention(R(RMS(hₗ)·W_q), R(RMS(hₗ)·W_k), RMS(hₗ)·W_v)·W_o
//	hₗ₊₁ = h'ₗ + (SiLU(RMS(h'ₗ)·W_gate) ⊙ RMS(h'ₗ)·W_up)·W_down
func (m *Llama) layer(
	t *autograd.Tape, l int, h *autograd.Tensor, pos []int32, memory memory,
) *autograd.Tensor {
	b := m.Model.Layers[l]
	a := &b.Attention
	x := b.InputNorm.Forward(t, h)                           // [B·T, C]
	qkv := t.LinearTs(x, a.Q.Weight, a.K.Weight, a.V.Weight) // [B·T, (H+2K)·D]
	t.Rotary(qkv, m.Config.NumAttentionHeads+m.Config.NumKeyValueHeads, m.angles, pos)
	h = m.write(t, h, memory.attend(t, l, qkv), a.O) // [B·T, C]

	x = b.PostNorm.Forward(t, h)                                        // [B·T, C]
	wide := t.SwiGLU(t.LinearTs(x, b.MLP.Gate.Weight, b.MLP.Up.Weight)) // [B·T, I]
	return m.write(t, h, wide, b.MLP.Down)                              // [B·T, C]
}

// write adds a branch to the residual stream: h + Dropout(x·Wᵀ).
func (m *Llama) write(t *autograd.Tape, h, x *autograd.Tensor, l *nn.LinearT) *autograd.Tensor {
	if t.Rand == nil || m.Config.Dropout == 0 {
		return l.AddTo(t, h, x) // the same in one pass over h
	}
	return t.Add(h, t.Dropout(l.Forward(t, x), m.Config.Dropout))
}

// llamaRows holds the keys and values of a batch: B rows of T tokens. A row may hold several
// documents; every position sees only its own document.
type llamaRows struct {
	config     *LlamaConfig
	b, t       int
	start, pos []int32 // [B·T] first column of the document of each position; position in it
}

// pack finds the documents in a batch.
func (m *Llama) pack(t *autograd.Tape, b, rowLen int, x []lm.Token) *llamaRows {
	return packRows(m.rows, t, &m.Config, b, rowLen, x)
}

// packRows finds the documents in a batch. A document longer than the window is cut.
func packRows(
	pool *sync.Pool, t *autograd.Tape, c *LlamaConfig, b, rowLen int, x []lm.Token,
) *llamaRows {
	r := pool.Get().(*llamaRows)
	*r = llamaRows{c, b, rowLen, t.ScratchInts(b * rowLen), t.ScratchInts(b * rowLen)}
	spans(r.start, r.pos, rowLen, c.MaxPositionEmbeddings, x)
	return r
}

func (r *llamaRows) attend(t *autograd.Tape, _ int, qkv *autograd.Tensor) *autograd.Tensor {
	c := r.config
	return t.GroupedAttention(qkv, r.b, r.t, c.NumAttentionHeads, c.NumKeyValueHeads, r.start, nil,
		c.Dropout) // [B·T, C]
}

// Hidden returns the residual stream [B·T, C] after the embeddings and after every layer; the final
// RMSNorm is applied to the last (nn.Encoder). A document longer than the window is cut into
// windows.
func (m *Llama) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	docs := m.pack(t, b.B, b.T, b.X)
	defer m.rows.Put(docs)
	hidden := []*autograd.Tensor{m.embed(t, b.X)} // [B·T, C]
	for l := range m.Model.Layers {
		hidden = append(hidden, m.layer(t, l, hidden[l], docs.pos, docs)) // [B·T, C]
	}
	last := len(m.Model.Layers)
	hidden[last] = m.Model.Norm.Forward(t, hidden[last]) // [B·T, C]
	return hidden
}

// Embeddings returns the token embeddings [V, C] (nn.Embedder).
func (m *Llama) Embeddings() *autograd.Tensor { return m.Model.EmbedTokens.Weight }

// Window returns the maximum number of positions of a document; BOS takes one.
func (m *Llama) Window() int { return m.Config.MaxPositionEmbeddings }
