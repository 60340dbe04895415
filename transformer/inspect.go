package transformer

import (
	"math"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// Attention returns what the model looks at when it predicts the token after context: the window it sees, BOS
// first unless the window has moved, and att [L][H][T][T], where att[l][h][t][s] is how much head h of layer l at position t
// takes from position s ≤ t. Every row sums to 1.
//
// It is computed as the equation says, one position after the other, and only for looking at.
func (m *Model) Attention(context []lm.Token) (window []lm.Token, att [][][][]float32) {
	window, witness, _ := m.look(context)
	return window, witness.att
}

// look runs the model over the window with the plain attention, and returns the last hidden vectors too.
func (m *Model) look(context []lm.Token) ([]lm.Token, *witness, []float32) {
	s := m.newCache()
	s.Push(lm.BOS)
	for _, tok := range context {
		s.Push(tok)
	}
	t := m.tapes.Get().(*autograd.Tape)
	w := &witness{m: m, pos: s.pos[:len(s.window)], att: make([][][][]float32, len(m.H))}
	h := m.forward(t, s.window, w.pos, w) // [T, C]
	last := append([]float32(nil), h.Row(h.Rows-1)...)
	t.Reset()
	m.tapes.Put(t)
	return s.window, w, last
}

// witness is a memory that remembers what was attended to.
type witness struct {
	m   *Model
	pos []int32
	att [][][][]float32
}

// attend is att = softmax(q·kᵀ/√D), y = att·v for each head (Vaswani et al. 2017, equation 1).
func (w *witness) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	smear(t, qkv, w.m.H[layer].Attn.Smear, w.pos, nil)
	c, heads := qkv.Cols/3, w.m.Config.NHead
	y := t.New(qkv.Rows, c) // [T, C]
	clear(y.Data)
	for h := range heads {
		rows := make([][]float32, qkv.Rows)
		for i := range rows {
			rows[i] = attendPlainly(y.Row(i), qkv, i, h, c/heads)
		}
		w.att[layer] = append(w.att[layer], rows)
	}
	return y
}

// attendPlainly adds what one head finds at position t to y and returns the weights of positions 0 … t.
func attendPlainly(y []float32, qkv *autograd.Tensor, t, head, d int) []float32 {
	c := qkv.Cols / 3
	part := func(row, which int) []float32 { return qkv.Row(row)[which*c+head*d:][:d] }
	scores, top, sum := make([]float64, t+1), math.Inf(-1), 0.0
	for s := range scores {
		for j, q := range part(t, 0) {
			scores[s] += float64(q) * float64(part(s, 1)[j])
		}
		scores[s] /= math.Sqrt(float64(d))
		top = max(top, scores[s])
	}
	for s := range scores {
		scores[s] = math.Exp(scores[s] - top)
		sum += scores[s]
	}
	att := make([]float32, t+1)
	for s := range att {
		att[s] = float32(scores[s] / sum)
		for j, v := range part(s, 2) {
			y[head*d+j] += att[s] * v
		}
	}
	return att
}
