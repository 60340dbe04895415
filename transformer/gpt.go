// Package transformer holds the models whose memory is attention: every position reads from other
// positions, weighted by relevance (Vaswani et al. 2017, "Attention Is All You Need"). gpt.go is
// the decoder, which sees only the past (GPT-2, Radford et al. 2019, or with a setting GPT-1,
// 2018); bert.go is the encoder, which sees both sides (Devlin et al. 2019).
package transformer

import (
	"math"
	"math/rand/v2"
	"strings"
	"sync"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Model is GPT-2: token and position embeddings, L blocks, and the token embeddings again as the
// output layer (weight tying, Press and Wolf 2017). In each block, attention and a two-layer
// network read the normalised residual stream (He et al. 2016) and add to it (pre-norm). With
// post-norm the model is GPT-1, which differs only in the position of the LayerNorms. Parameters
// have the names that they have on Hugging Face, except that GPT-1 there calls wte and wpe
// tokens_embed and positions_embed.
type Model struct {
	Config Config

	WTE *nn.Embedding `param:"wte"` // [V, C]
	WPE *nn.Embedding `param:"wpe"` // [W, C]
	H   []*Block      `param:"h"`
	LNF *nn.LayerNorm `param:"ln_f"` // nil: post-norm

	LMHead *nn.LinearT `param:"lm_head,output"` // [V, C]; nil: the token embeddings

	nn.Inference
	packs *sync.Pool // of *packed
}

// Block is one layer: attention moves information between positions, the MLP transforms each
// position separately.
type Block struct {
	LN1  *nn.LayerNorm `param:"ln_1"`
	Attn struct {
		CAttn *nn.Linear       `param:"c_attn"`       // q, k and v at once, [C, 3C]
		CProj *nn.Linear       `param:"c_proj"`       // [C, C]
		Smear *autograd.Tensor `param:"smear,vector"` // [1, H]; nil: none
	} `param:"attn"`
	LN2 *nn.LayerNorm `param:"ln_2"`
	MLP struct {
		CFC   *nn.Linear `param:"c_fc"`   // [C, 4C]
		CProj *nn.Linear `param:"c_proj"` // [4C, C]
	} `param:"mlp"`
}

// New returns a GPT with the initial weights of GPT-2 (Radford et al. 2019, §2.3): N(0, 0.02²),
// with 0.02/√(2L) for the 2L projections that write to the residual stream. Post-norm starts like
// GPT-1, with 0.02 everywhere.
func New(cfg Config, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Stride == 0 {
		cfg.Stride = max(1, cfg.NPositions/2)
	}
	c, std := cfg.NEmbd, cfg.InitializerRange
	if std == 0 {
		std = gpt2Init
	}
	m := &Model{
		Config: cfg,
		WTE:    nn.NewEmbedding(cfg.VocabSize, c, std, rng),
		WPE:    nn.NewEmbedding(cfg.NPositions, c, std, rng),
		H:      make([]*Block, cfg.NLayer),
		packs:  &sync.Pool{New: func() any { return new(packed) }},
	}
	residual := std // GPT-1
	if cfg.Norm != PostNorm {
		m.LNF = nn.NewLayerNorm(c)
		residual /= math.Sqrt(2 * float64(cfg.NLayer)) // GPT-2
	}
	for i := range m.H {
		b := &Block{LN1: nn.NewLayerNorm(c), LN2: nn.NewLayerNorm(c)}
		b.Attn.CAttn = nn.NewLinear(c, 3*c, std, rng)
		b.Attn.CProj = nn.NewLinear(c, c, residual, rng)
		if cfg.Smear {
			b.Attn.Smear = nn.Zeros(1, cfg.NHead)
		}
		b.MLP.CFC = nn.NewLinear(c, 4*c, std, rng)
		b.MLP.CProj = nn.NewLinear(4*c, c, residual, rng)
		m.H[i] = b
	}
	if cfg.UntiedHead {
		m.LMHead = &nn.LinearT{Weight: nn.Normal(cfg.VocabSize, c, std, rng)}
	}
	m.Inference = nn.NewInference(m)
	return m, nil
}

// Vocab returns the number of tokens.
func (m *Model) Vocab() int { return m.Config.VocabSize }

// Loss returns the mean −ln P of the targets of the batch, in nats. A row may hold several
// documents: positions and attention restart at each BOS, so the loss equals the loss on the
// separate documents.
func (m *Model) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	docs := m.pack(t, b.B, b.T, b.X)
	h := m.forward(t, b.X, docs.pos, docs) // [B·T, C]
	return m.HeadLoss(t, h, b.Y, b.N)      // 1×1
}

// HeadLoss returns Σ −ln P(y)/n of the targets y that follow the last hidden vectors h, in nats.
func (m *Model) HeadLoss(
	t *autograd.Tape, h *autograd.Tensor, y []lm.Token, n int,
) *autograd.Tensor {
	return t.HeadLoss(h, m.output(), nil, y, n) // 1×1
}

// HeadLogProbs returns ln P(y) for every target y that follows the last hidden vectors h, in nats,
// [len(y), 1]. It is 0 where y is −1.
func (m *Model) HeadLogProbs(t *autograd.Tape, h *autograd.Tensor, y []lm.Token) *autograd.Tensor {
	return t.HeadLogProbs(h, m.output(), nil, y) // [len(y), 1]
}

// forward maps tokens to the last hidden vectors, before the output layer.
func (m *Model) forward(t *autograd.Tape, x, pos []int32, memory memory) *autograd.Tensor {
	h := m.embed(t, x, pos) // [B·T, C]
	for l := range m.H {
		h = m.block(t, l, h, memory) // [B·T, C]
	}
	return m.final(t, h) // [B·T, C]
}

// embed returns h₀ = wte[x] + wpe[pos].
func (m *Model) embed(t *autograd.Tape, x, pos []int32) *autograd.Tensor {
	h := t.Embedding2(m.WTE.Weight, x, m.WPE.Weight, pos) // [B·T, C]
	return t.Dropout(h, m.Config.Dropout)                 // [B·T, C]
}

// block computes layer l. Pre-norm normalises the input of a branch (GPT-2):
//
//	h'ₗ  = hₗ + Attention(LN(hₗ)·W_qkv)·W_proj
//	hₗ₊₁ = h'ₗ + GELU(LN(h'ₗ)·W_fc)·W_proj
//
// Post-norm normalises the sum (GPT-1, and Vaswani et al. 2017, §3.1):
//
//	h'ₗ  = LN(hₗ + Attention(hₗ·W_qkv)·W_proj)
//	hₗ₊₁ = LN(h'ₗ + GELU(h'ₗ·W_fc)·W_proj)
func (m *Model) block(t *autograd.Tape, l int, h *autograd.Tensor, memory memory) *autograd.Tensor {
	b := m.H[l]
	if m.Config.Norm == PostNorm {
		h = b.LN1.Forward(t, m.attend(t, l, h, h, memory)) // [B·T, C]
		return b.LN2.Forward(t, m.feedForward(t, b, h, h)) // [B·T, C]
	}
	h = m.attend(t, l, h, b.LN1.Forward(t, h), memory) // [B·T, C]
	return m.feedForward(t, b, h, b.LN2.Forward(t, h)) // [B·T, C]
}

// attend returns h + Attention(x·W_qkv)·W_proj for block l.
func (m *Model) attend(
	t *autograd.Tape, l int, h, x *autograd.Tensor, memory memory,
) *autograd.Tensor {
	qkv := m.H[l].Attn.CAttn.Forward(t, x)       // [B·T, 3C]
	att := memory.attend(t, l, qkv)              // [B·T, C]
	return m.write(t, h, att, m.H[l].Attn.CProj) // [B·T, C]
}

// feedForward returns h + GELU(x·W_fc)·W_proj.
func (m *Model) feedForward(t *autograd.Tape, b *Block, h, x *autograd.Tensor) *autograd.Tensor {
	wide := t.GELU(b.MLP.CFC.Forward(t, x)) // [B·T, 4C]
	return m.write(t, h, wide, b.MLP.CProj) // [B·T, C]
}

// final applies the LayerNorm after the last block, except in a post-norm model, which has none.
func (m *Model) final(t *autograd.Tape, h *autograd.Tensor) *autograd.Tensor {
	if m.LNF == nil {
		return h
	}
	return m.LNF.Forward(t, h) // [B·T, C]
}

// write adds a branch to the residual stream: h + Dropout(x·w + b).
func (m *Model) write(t *autograd.Tape, h, x *autograd.Tensor, l *nn.Linear) *autograd.Tensor {
	if t.Rand == nil || m.Config.Dropout == 0 {
		return l.AddTo(t, h, x) // the same, in one pass over h
	}
	return t.Add(h, t.Dropout(l.Forward(t, x), m.Config.Dropout))
}

// memory computes the attention of a forward pass: over the documents of a batch, or over the keys
// and values in a cache.
type memory interface {
	attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor
}

// Blocks returns the numbers of matrices that a parameter holds below each other (down) and beside
// each other (across). Query, key and value are one matrix each.
func (m *Model) Blocks(param string) (down, across int) {
	if strings.HasSuffix(param, "attn.c_attn.weight") {
		return 1, 3
	}
	return 1, 1
}
