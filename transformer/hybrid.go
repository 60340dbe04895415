package transformer

import (
	"math"
	"math/rand/v2"
	"sync"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Changes are the differences of a Llama from GPT-2, one switch for each. With none of them a
// Hybrid is GPT-2, with all of them it is a Llama.
type Changes struct {
	Rotary     bool // rotated queries and keys, instead of position embeddings
	RMSNorm    bool // instead of LayerNorm
	SwiGLU     bool // instead of GELU, with the same number of weights
	NoBias     bool // linear layers without a bias
	SharedKeys bool // num_key_value_heads, instead of one head per query head
	PlainInit  bool // one standard deviation, also for matrices that write to the residual stream
}

// Hybrid is a decoder between GPT-2 and Llama. It exists for experiments that measure the effect of
// each change, so that neither gpt.go nor llama.go needs a switch. Tests compare it with both
// models. Its matrices are [out, in]; queries, keys and values are one matrix.
type Hybrid struct {
	Config  LlamaConfig // tied embeddings, no dropout
	Changes Changes

	Tokens    *nn.Embedding  `param:"tokens"`    // [V, C]
	Positions *nn.Embedding  `param:"positions"` // [W, C]; nil: Rotary
	Layers    []*hybridLayer `param:"layers"`
	Norm      norm           `param:"norm"`

	nn.Inference
	angles *autograd.Angles
	rows   *sync.Pool // of *llamaRows
}

type hybridLayer struct {
	Norm1 norm        `param:"norm_1"`
	QKV   *nn.LinearT `param:"qkv"`  // [(H+2K)·D, C]
	Proj  *nn.LinearT `param:"proj"` // [C, C]
	Norm2 norm        `param:"norm_2"`
	Wide  *nn.LinearT `param:"wide"` // [4C, C], or [2I, C] gate and up
	Down  *nn.LinearT `param:"down"` // [C, 4C], or [C, I]
}

// norm is a LayerNorm or an RMSNorm.
type norm interface {
	Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor
}

// NewHybrid returns a decoder with some of the changes and GPT-2's initial weights, apart from
// PlainInit. The fields of cfg that belong to a change do not matter without it.
func NewHybrid(cfg LlamaConfig, changes Changes, rng *rand.Rand) (*Hybrid, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.Defaults()
	cfg.TieWordEmbeddings, cfg.Dropout = true, 0
	if !changes.SharedKeys {
		cfg.NumKeyValueHeads = cfg.NumAttentionHeads
	}
	if cfg.Stride == 0 {
		cfg.Stride = max(1, cfg.MaxPositionEmbeddings/2)
	}
	m := &Hybrid{Config: cfg, Changes: changes, rows: &sync.Pool{New: func() any {
		return new(llamaRows)
	}}}
	c, std := cfg.HiddenSize, cfg.InitializerRange
	residual := std
	if !changes.PlainInit {
		residual /= math.Sqrt(2 * float64(cfg.NumHiddenLayers))
	}
	m.Tokens = nn.NewEmbedding(cfg.VocabSize, c, std, rng)
	if changes.Rotary {
		m.angles = autograd.NewAngles(cfg.MaxPositionEmbeddings, cfg.headSize(), cfg.RopeTheta)
	} else {
		m.Positions = nn.NewEmbedding(cfg.MaxPositionEmbeddings, c, std, rng)
	}
	wide, inner := 4*c, 4*c
	if changes.SwiGLU {
		wide, inner = 2*cfg.IntermediateSize, cfg.IntermediateSize
	}
	for range cfg.NumHiddenLayers {
		m.Layers = append(m.Layers, &hybridLayer{
			Norm1: m.newNorm(),
			QKV:   m.dense(c, c+2*cfg.NumKeyValueHeads*cfg.headSize(), std, rng),
			Proj:  m.dense(c, c, residual, rng),
			Norm2: m.newNorm(),
			Wide:  m.dense(c, wide, std, rng),
			Down:  m.dense(inner, c, residual, rng),
		})
	}
	m.Norm = m.newNorm()
	m.Inference = nn.NewInference(m)
	return m, nil
}

func (m *Hybrid) newNorm() norm {
	if m.Changes.RMSNorm {
		return nn.NewRMSNorm(m.Config.HiddenSize, m.Config.RMSNormEps)
	}
	return nn.NewLayerNorm(m.Config.HiddenSize)
}

func (m *Hybrid) dense(in, out int, std float64, rng *rand.Rand) *nn.LinearT {
	l := &nn.LinearT{Weight: nn.Normal(out, in, std, rng)}
	if !m.Changes.NoBias {
		l.Bias = nn.Zeros(1, out)
	}
	return l
}

// Vocab returns the number of tokens.
func (m *Hybrid) Vocab() int { return m.Config.VocabSize }

// Loss is the mean −ln P of the targets of the batch, like that of GPT and Llama.
func (m *Hybrid) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	return t.HeadLoss(m.encode(t, b.B, b.T, b.X), m.output(), nil, b.Y, b.N) // 1×1
}

func (m *Hybrid) output() *autograd.Tensor { return m.Tokens.Weight }

// encode returns the last hidden vectors of a batch of documents, [B·T, C].
func (m *Hybrid) encode(t *autograd.Tape, b, rowLen int, x []lm.Token) *autograd.Tensor {
	docs := packRows(m.rows, t, &m.Config, b, rowLen, x)
	defer m.rows.Put(docs)
	var h *autograd.Tensor
	if m.Positions == nil {
		h = m.Tokens.Forward(t, x) // [B·T, C]
	} else {
		h = t.Embedding2(m.Tokens.Weight, x, m.Positions.Weight, docs.pos) // [B·T, C]
	}
	for _, l := range m.Layers {
		h = m.layer(t, l, h, docs) // [B·T, C]
	}
	return m.Norm.Forward(t, h) // [B·T, C]
}

// layer is GPT's block or Llama's layer, part by part.
func (m *Hybrid) layer(
	t *autograd.Tape, l *hybridLayer, h *autograd.Tensor, docs *llamaRows,
) *autograd.Tensor {
	qkv := l.QKV.Forward(t, l.Norm1.Forward(t, h)) // [B·T, (H+2K)·D]
	if m.Changes.Rotary {
		t.Rotary(qkv, m.Config.NumAttentionHeads+m.Config.NumKeyValueHeads, m.angles, docs.pos)
	}
	h = l.Proj.AddTo(t, h, docs.attend(t, 0, qkv))   // [B·T, C]
	wide := l.Wide.Forward(t, l.Norm2.Forward(t, h)) // [B·T, 4C] or [B·T, 2I]
	if m.Changes.SwiGLU {
		wide = t.SwiGLU(wide) // [B·T, I]
	} else {
		wide = t.GELU(wide) // [B·T, 4C]
	}
	return l.Down.AddTo(t, h, wide) // [B·T, C]
}

// NextLogProbs stores ln P(v | context) in dst[v] for every token v.
func (m *Hybrid) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	return nextLogProbs(m, dst, context)
}

// Score stores ln P(tokens[i] | BOS, tokens[:i]) in dst[i].
func (m *Hybrid) Score(dst []float64, tokens []lm.Token) []float64 {
	return scoreThreads(m, dst, tokens, 1)
}

// Window returns the maximum number of positions of a document; BOS takes one.
func (m *Hybrid) Window() int { return m.Config.MaxPositionEmbeddings }

// Stride returns the number of tokens by which a full window moves.
func (m *Hybrid) Stride() int { return m.Config.Stride }

// Shape returns the size and the cost of the model.
func (m *Hybrid) Shape(context int) nn.Shape {
	params, multiplied := 0.0, 0.0
	for _, p := range nn.Params(m) {
		n := float64(p.Rows * p.Cols)
		params += n
		if !p.Vector && (m.Positions == nil || p.Tensor != m.Positions.Weight) {
			multiplied += n
		}
	}
	c := &m.Config
	shape := nn.ShapeOf(params, multiplied, 0)
	shape.FLOPs += 12 * float64(context*c.HiddenSize*c.NumHiddenLayers)
	return shape
}
