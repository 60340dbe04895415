// Package transformer holds the models whose memory is attention: every position looks at all positions
// before it and takes from each as much as it finds relevant (Vaswani et al. 2017, "Attention Is All You
// Need"). gpt.go is the generative pre-trained transformer (Radford et al. 2018, in the form of GPT-2, 2019).
package transformer

import (
	"math"
	"math/rand/v2"
	"sync"

	"lmzoo/autograd"
	"lmzoo/autograd/gemm"
	"lmzoo/corpus"
	"lmzoo/nn"
)

// Model is GPT-2: token and position embeddings, then L blocks that each write onto a residual stream
// (He et al. 2016) what attention and a two-layer network read from it, normalised (pre-norm), and the
// token embeddings once more as the output layer (weight tying, Press and Wolf 2017). The names of its
// parameters are those of GPT-2 on Hugging Face.
type Model struct {
	Config Config

	WTE *nn.Embedding `param:"wte"` // [V, C]
	WPE *nn.Embedding `param:"wpe"` // [W, C]
	H   []*Block      `param:"h"`
	LNF *nn.LayerNorm `param:"ln_f"`

	tapes *sync.Pool // of forward tapes
	packs *sync.Pool // of *packed
	crew  *gemm.Crew // generates a token together; nil: one thread alone
}

// Block is one layer: attention moves information between positions, the MLP works on each alone.
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

// New returns a GPT with the initial weights of GPT-2 (Radford et al. 2019, §2.3): normal with deviation
// 0.02, and that over √(2L) where a block writes onto the residual stream, which 2L branches add up on.
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
		LNF:    nn.NewLayerNorm(c),
		tapes:  &sync.Pool{New: func() any { return autograd.NewForward() }},
		packs:  &sync.Pool{New: func() any { return new(packed) }},
	}
	residual := std / math.Sqrt(2*float64(cfg.NLayer))
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
	return m, nil
}

// Vocab is the number of tokens.
func (m *Model) Vocab() int { return m.Config.VocabSize }

// Loss is the mean −ln P of the targets of the batch. A row may hold several documents: positions and
// attention begin anew at each BOS, exactly as if every document stood alone.
func (m *Model) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	docs := m.pack(t, b.B, b.T, b.X)
	h := m.forward(t, b.X, docs.pos, docs)            // [B·T, C]
	return t.HeadLoss(h, m.WTE.Weight, nil, b.Y, b.N) // 1×1
}

// forward is the model from tokens to the last hidden vectors, before the output layer.
//
//	h₀   = wte[x] + wpe[pos]
//	h'ₗ  = hₗ + Attention(LN(hₗ)·W_qkv)·W_proj
//	hₗ₊₁ = h'ₗ + GELU(LN(h'ₗ)·W_fc)·W_proj
func (m *Model) forward(t *autograd.Tape, x, pos []int32, memory memory) *autograd.Tensor {
	h := t.Embedding2(m.WTE.Weight, x, m.WPE.Weight, pos) // [B·T, C]
	h = t.Dropout(h, m.Config.Dropout)                    // [B·T, C]
	for l, b := range m.H {
		qkv := b.Attn.CAttn.Forward(t, b.LN1.Forward(t, h))       // [B·T, 3C]
		att := memory.attend(t, l, qkv)                           // [B·T, C]
		h = m.write(t, h, att, b.Attn.CProj)                      // [B·T, C]
		wide := t.GELU(b.MLP.CFC.Forward(t, b.LN2.Forward(t, h))) // [B·T, 4C]
		h = m.write(t, h, wide, b.MLP.CProj)                      // [B·T, C]
	}
	return m.LNF.Forward(t, h) // [B·T, C]
}

// write adds what a branch found to the residual stream: h + Dropout(x·w + b).
func (m *Model) write(t *autograd.Tape, h, x *autograd.Tensor, l *nn.Linear) *autograd.Tensor {
	if t.Rand == nil || m.Config.Dropout == 0 {
		return l.AddTo(t, h, x) // the same in one pass over h
	}
	return t.Add(h, t.Dropout(l.Forward(t, x), m.Config.Dropout))
}

// memory is what the positions of a forward pass may look at: their own documents in a batch, or
// the keys and values of all tokens so far in a cache.
type memory interface {
	attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor
}
