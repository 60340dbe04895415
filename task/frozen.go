package task

import (
	"context"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/train"
)

// A frozen body computes the same vectors for a text in every step, so they are computed once.
// Pooling may come before mixing because both are linear: the mixture of pooled layers is the
// pooled mixture.

// Features returns the pooled vector of every layer of a body for each text, [len(texts)][L+1][C].
func Features(body nn.Encoder, pool Pool, texts [][]lm.Token) [][][]float32 {
	out := make([][][]float32, len(texts))
	tape := autograd.NewForward()
	eachBatch(texts, func(lo int, b Batch) {
		tape.Reset()
		from, to := b.spans(tape, pool)
		for _, layer := range body.Hidden(tape, b.Batch) {
			h := tape.MeanPool(layer, from, to) // [B, C]
			for i := range b.B {
				out[lo+i] = append(out[lo+i], append([]float32(nil), h.Row(i)...))
			}
		}
	})
	return out
}

// FitFrozen trains the head of n and its mixture of layers on labelled texts; the body does not
// change. c.LR is the learning rate of the head.
func FitFrozen(
	ctx context.Context, n *Network, texts []Labelled, c train.Config, obs ...train.Observer,
) (train.Summary, error) {
	tokens := make([][]lm.Token, len(texts))
	for i, x := range texts {
		tokens[i] = x.Tokens
	}
	f := &frozen{Mix: n.Mix, Head: n.Head}
	src := &features{
		all: Features(n.Body, n.Pool, tokens), texts: texts,
		rows: min(c.Batch, len(texts)), order: newOrder(len(texts), c.Seed),
	}
	if n.Mix == nil {
		for i, layers := range src.all {
			src.all[i] = layers[len(layers)-1:]
		}
	}
	return train.Run(ctx, f, src, c, obs...)
}

// frozen holds the parameters that learn over a frozen body.
type frozen struct {
	Mix  *nn.ScalarMix `param:"mix"`
	Head *nn.LinearT   `param:"head,output"`
}

// Loss is the mean −ln P of the labels, in nats.
func (f *frozen) Loss(t *autograd.Tape, b featureBatch) *autograd.Tensor {
	layers := make([]*autograd.Tensor, len(b.layers))
	for j, x := range b.layers {
		layers[j] = t.Const(len(b.label), len(x)/len(b.label), x) // [B, C]
	}
	h := layers[len(layers)-1]
	if f.Mix != nil {
		h = f.Mix.Forward(t, layers) // [B, C]
	}
	return t.CrossEntropy(f.Head.Forward(t, h), b.label, b.n) // 1×1
}

// featureBatch is a batch of pooled vectors with labels (train.Batch).
type featureBatch struct {
	layers [][]float32 // [L+1][B·C]
	label  []int32     // [B]
	n      int
}

func (b featureBatch) Rows() int    { return len(b.label) }
func (b featureBatch) Targets() int { return len(b.label) }

func (b featureBatch) Of(n int) featureBatch {
	b.n = n
	return b
}

func (b featureBatch) Share(i, n int) (featureBatch, bool) {
	rows := len(b.label)
	lo, hi := rows*i/n, rows*(i+1)/n
	part := featureBatch{label: b.label[lo:hi], n: b.n}
	for _, x := range b.layers {
		c := len(x) / rows
		part.layers = append(part.layers, x[lo*c:hi*c])
	}
	return part, hi > lo
}

// features is a train.Source of pooled vectors.
type features struct {
	all   [][][]float32
	texts []Labelled
	rows  int
	order order
}

func (s *features) Batch(b *featureBatch, step int) {
	b.layers, b.label = make([][]float32, len(s.all[0])), nil
	for i := range s.rows {
		k := s.order.at(step*s.rows + i)
		for j, x := range s.all[k] {
			b.layers[j] = append(b.layers[j], x...)
		}
		b.label = append(b.label, s.texts[k].Label)
	}
}

// Vectors returns the vector of every token of a text in every layer, [L+1][len(tokens)][C]. A text
// longer than the window is read one window at a time, cut as by Hidden, which takes only the
// memory of one window.
func Vectors(body nn.Encoder, tokens []lm.Token) [][][]float32 {
	var b Batch
	b.fill([]Labelled{{Tokens: tokens}})
	step := len(b.X)
	if w := lm.Window(body); w > 0 {
		step = min(step, w)
	}
	var out [][][]float32
	tape := autograd.NewForward()
	for lo := 0; lo < len(b.X); lo += step {
		hi := min(lo+step, len(b.X))
		tape.Reset()
		part := corpus.Batch{B: 1, T: hi - lo, X: b.X[lo:hi], Y: b.Y[lo:hi]}
		for l, layer := range body.Hidden(tape, part) {
			if l == len(out) {
				out = append(out, make([][]float32, 0, len(tokens)))
			}
			for i := range hi - lo {
				if lo+i > 0 { // BOS is not a token of the text
					out[l] = append(out[l], append([]float32(nil), layer.Row(i)...))
				}
			}
		}
	}
	return out
}
