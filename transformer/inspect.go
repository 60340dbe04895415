package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// Inspector is a model that shows the intermediate results of a prediction.
type Inspector interface {
	// Inspect computes the prediction of tokens[at] with the plain attention of attention.go and
	// returns every intermediate result. A causal model reads tokens[:at], BERT all other tokens.
	Inspect(tokens []lm.Token, at int) *Inspection
	// Lens stores in dst[v] the ln P(v) that the output layer gives for a vector of the residual
	// stream, as if the remaining layers did not exist (nostalgebraist 2020, "interpreting GPT: the
	// logit lens"). After the last layer it is the model's own prediction.
	Lens(dst []float64, h []float32) []float64
	// Without returns the model with the output of every given head replaced by the head's mean
	// output over the positions that Inspect reads. See Model.Ablate.
	Without(heads []Head, tokens []lm.Token, at int) (Inspector, error)
}

// Inspection holds the intermediate results of one prediction of a transformer, in their order.
type Inspection struct {
	Tokens []lm.Token // [T] the window as the model reads it, with BOS and [MASK]
	At     int        // the position whose last hidden vector predicts
	// Parts are the embeddings of that position. Their sum is Stream[0][At]; in BERT, after a
	// LayerNorm.
	Parts  []Part
	Layers []LayerInspection
	Stream [][][]float32 // [L+1][T][C] the residual stream: embeddings, then after every layer
}

// Part is one of the embeddings whose sum begins the residual stream.
type Part struct {
	Name   string    // token, position or segment
	Values []float32 // [C]
}

// LayerInspection holds the attention of one layer. Queries and keys are stored as they enter the
// product: rotated in a Llama, smeared in a GPT with smeared keys.
type LayerInspection struct {
	Q, K, V [][][]float32 // [H][T][D]; groups of heads of a Llama share keys and values
	Att     [][][]float32 // [H][T][S] weight of position s at position t; every row sums to 1
	Out     [][]float32   // [T][C] Σ_s att_s·v_s, head after head
}

// means returns the mean output of the heads of every layer, [L][C].
func (in *Inspection) means() [][]float32 {
	means := make([][]float32, len(in.Layers))
	for l, layer := range in.Layers {
		sum := make([]float64, len(layer.Out[0]))
		for _, row := range layer.Out {
			for j, v := range row {
				sum[j] += float64(v)
			}
		}
		for _, v := range sum {
			means[l] = append(means[l], float32(v/float64(len(layer.Out))))
		}
	}
	return means
}

// addStream appends the residual stream after a layer.
func (in *Inspection) addStream(h *autograd.Tensor) {
	rows := make([][]float32, h.Rows)
	for i := range rows {
		rows[i] = append(rows[i], h.Row(i)...)
	}
	in.Stream = append(in.Stream, rows)
}

// weights returns the attention weights of all layers, [L][H][T][S].
func (in *Inspection) weights() [][][][]float32 {
	var att [][][][]float32
	for _, l := range in.Layers {
		att = append(att, l.Att)
	}
	return att
}

// recorder is a memory of a single document. It computes plain attention and records it.
type recorder struct {
	in            *Inspection
	heads, groups int
	both          bool // whether every position sees the whole document
	// prepare changes queries, keys and values before they are multiplied; nil: no change.
	prepare func(t *autograd.Tape, layer int, qkv *autograd.Tensor)
}

func (r *recorder) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	if r.prepare != nil {
		r.prepare(t, layer, qkv)
	}
	y, att := plainHeads(t, qkv, r.heads, r.groups, r.both)
	l := LayerInspection{Att: att}
	d := qkv.Cols / (r.heads + 2*r.groups)
	rowsOf := func(head int) (rows [][]float32) { // [T][D]
		for i := range qkv.Rows {
			rows = append(rows, append([]float32(nil), qkv.Row(i)[head*d:][:d]...))
		}
		return rows
	}
	for h := range r.heads {
		kv := r.heads + h*r.groups/r.heads
		l.Q, l.K = append(l.Q, rowsOf(h)), append(l.K, rowsOf(kv))
		l.V = append(l.V, rowsOf(kv+r.groups))
	}
	for i := range y.Rows {
		l.Out = append(l.Out, append([]float32(nil), y.Row(i)...))
	}
	r.in.Layers = append(r.in.Layers, l)
	return y
}

// plainHeads computes plain attention of n heads in the tape's memory. It returns the output [T, C]
// and the weights att [H][T][S]. A position attends to all positions (both) or only to the
// positions up to its own.
func plainHeads(
	t *autograd.Tape, qkv *autograd.Tensor, n, shared int, both bool,
) (y *autograd.Tensor, att [][][]float32) {
	first, next := func(int) int { return 0 }, func(t int) int { return t + 1 }
	if both {
		next = func(int) int { return qkv.Rows }
	}
	rows, att := heads(qkv, n, shared, first, next)
	y = t.New(qkv.Rows, len(rows[0]))
	for i, row := range rows {
		copy(y.Row(i), row)
	}
	return y, att
}
