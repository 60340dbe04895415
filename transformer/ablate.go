package transformer

import (
	"fmt"
	"slices"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/nn"
)

// Head names an attention head.
type Head struct {
	Layer int `json:"layer"` // index of the layer, from 0
	Head  int `json:"head"`  // index of the head in the layer, from 0
}

// Ablate returns a model in which the output of every given head is a constant, so the difference
// from m is the contribution of the heads (Olsson et al. 2022, argument 3). The constant is 0 or,
// if means is not nil, the head's mean output from HeadMeans: the layers above are used to the
// mean, but perhaps not to 0.
//
// A head writes to the residual stream only through its D rows of c_proj. Replacing its output with
// a constant c is therefore a change of weights, W_h ← 0 and b ← b + c·W_h, and everything else
// works as before: scoring, generation, inspection. The new model shares all other weights with m.
func (m *Model) Ablate(heads []Head, means [][]float32) (*Model, error) {
	twin, size := *m, m.Config.NEmbd/m.Config.NHead
	twin.H = slices.Clone(m.H)
	for _, h := range heads {
		if err := h.validate(len(m.H), m.Config.NHead); err != nil {
			return nil, err
		}
		block := *twin.H[h.Layer]
		proj := *block.Attn.CProj
		proj.Weight, proj.Bias = copied(proj.Weight), copied(proj.Bias)
		for i := h.Head * size; i < (h.Head+1)*size; i++ {
			for j := range proj.Weight.Cols {
				replace(&proj.Weight.Row(i)[j], proj.Bias, j, means, h.Layer, i)
			}
		}
		block.Attn.CProj, twin.H[h.Layer] = &proj, &block
	}
	return &twin, nil
}

// Ablate is like Model.Ablate, except that a head of a Llama writes through D columns of o_proj.
func (m *Llama) Ablate(heads []Head, means [][]float32) (*Llama, error) {
	twin, size := *m, m.Config.headSize()
	twin.Model.Layers = slices.Clone(m.Model.Layers)
	for _, h := range heads {
		if err := h.validate(len(m.Model.Layers), m.Config.NumAttentionHeads); err != nil {
			return nil, err
		}
		layer := *twin.Model.Layers[h.Layer]
		layer.Attention.O = silenced(layer.Attention.O, h, size, means)
		twin.Model.Layers[h.Layer] = &layer
	}
	return &twin, nil
}

// Ablate is like Model.Ablate, except that a head of a BERT writes through D columns of
// attention.output.dense.
func (m *BERT) Ablate(heads []Head, means [][]float32) (*BERT, error) {
	twin, size := *m, m.Config.NEmbd/m.Config.NHead
	twin.Encoder.Layers = slices.Clone(m.Encoder.Layers)
	for _, h := range heads {
		if err := h.validate(len(m.Encoder.Layers), m.Config.NHead); err != nil {
			return nil, err
		}
		layer := *twin.Encoder.Layers[h.Layer]
		layer.Attention.Output.Dense = silenced(layer.Attention.Output.Dense, h, size, means)
		twin.Encoder.Layers[h.Layer] = &layer
	}
	return &twin, nil
}

// silenced returns a copy of a projection [C, H·D] in which the output of the head is constant.
func silenced(proj *nn.LinearT, h Head, size int, means [][]float32) *nn.LinearT {
	twin := nn.LinearT{Weight: copied(proj.Weight), Bias: nn.Zeros(1, proj.Weight.Rows)}
	if proj.Bias != nil {
		copy(twin.Bias.Data, proj.Bias.Data)
	}
	for j := range twin.Weight.Rows {
		for i := h.Head * size; i < (h.Head+1)*size; i++ {
			replace(&twin.Weight.Row(j)[i], twin.Bias, j, means, h.Layer, i)
		}
	}
	return &twin
}

func (h Head) validate(layers, heads int) error {
	if h.Layer < 0 || h.Layer >= layers || h.Head < 0 || h.Head >= heads {
		return fmt.Errorf("no head %d in layer %d; want a head in [0, %d) of a layer in [0, %d)",
			h.Head, h.Layer, heads, layers)
	}
	return nil
}

// replace sets the weight from input i to output j to 0 and adds the weight's contribution for the
// mean input to the bias.
func replace(w *float32, bias *autograd.Tensor, j int, means [][]float32, layer, i int) {
	if means != nil {
		bias.Data[j] += *w * means[layer][i]
	}
	*w = 0
}

// copied returns a copy of the values of a parameter, without its int8 weights.
func copied(x *autograd.Tensor) *autograd.Tensor {
	y := nn.Zeros(x.Rows, x.Cols)
	copy(y.Data, x.Data)
	return y
}

// HeadMeans returns the mean outputs of the heads of every layer over all positions of a batch,
// [L][C], head after head.
func (m *Model) HeadMeans(b corpus.Batch) [][]float32 {
	means := make([][]float32, len(m.H))
	m.With(func(t *autograd.Tape) {
		docs := m.pack(t, b.B, b.T, b.X)
		m.forward(t, b.X, docs.pos, averager{docs, means})
		m.packs.Put(docs)
	})
	return means
}

// HeadMeans returns the mean outputs of the heads of every layer over all positions of a batch,
// [L][C], head after head.
func (m *Llama) HeadMeans(b corpus.Batch) [][]float32 {
	means := make([][]float32, len(m.Model.Layers))
	m.With(func(t *autograd.Tape) {
		docs := m.pack(t, b.B, b.T, b.X)
		m.forward(t, b.X, docs.pos, averager{docs, means})
		m.rows.Put(docs)
	})
	return means
}

// averager is the memory of a batch that averages the outputs of the heads.
type averager struct {
	memory
	means [][]float32 // [L][C]
}

func (a averager) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	y := a.memory.attend(t, layer, qkv) // [B·T, C]
	sum := make([]float64, y.Cols)
	for i := range y.Rows {
		for j, v := range y.Row(i) {
			sum[j] += float64(v)
		}
	}
	a.means[layer] = make([]float32, y.Cols)
	for j := range sum {
		a.means[layer][j] = float32(sum[j] / float64(y.Rows))
	}
	return y
}
