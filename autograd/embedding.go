package autograd

import "lmzoo/autograd/vec"

// Embedding looks up the row of every id (C in Bengio et al. 2003): y[i] = table[ids[i]]. The table
// may be any tensor, so Embedding also gathers rows by index.
func (t *Tape) Embedding(table *Tensor, ids []int32) *Tensor {
	return t.Embedding2(table, ids, nil, nil)
}

// Embedding2 adds two embeddings, as GPT does for tokens and positions: y[i] = a[ids[i]] +
// b[pos[i]]. A nil b is left out.
func (t *Tape) Embedding2(a *Tensor, ids []int32, b *Tensor, pos []int32) *Tensor {
	y := t.New(len(ids), a.Cols)
	embeddingForward(y.Data, a.Data, ids, a.Cols)
	if b != nil {
		b.want("b of Embedding2", -1, a.Cols)
		embeddingAdd(y.Data, b.Data, pos, b.Cols)
	}
	Record(t, embeddingOp{y, a, b, ids, pos})
	return y
}

type embeddingOp struct {
	y, a, b  *Tensor
	ids, pos []int32
}

func (o embeddingOp) Backward() {
	dy := o.y.AddGrad()
	if o.a.Grad != nil {
		embeddingBackward(o.a.AddGrad(), dy, o.ids, o.y.Cols)
	}
	if o.b != nil && o.b.Grad != nil {
		embeddingBackward(o.b.AddGrad(), dy, o.pos, o.y.Cols)
	}
}

// embeddingForward is y[i] = table[ids[i]], rows of c channels.
func embeddingForward(y, table []float32, ids []int32, c int) {
	for i, id := range ids {
		copy(y[i*c:][:c], table[int(id)*c:])
	}
}

// embeddingAdd is y[i] += table[ids[i]].
func embeddingAdd(y, table []float32, ids []int32, c int) {
	for i, id := range ids {
		vec.Add(y[i*c:][:c], table[int(id)*c:][:c])
	}
}

// embeddingBackward is dtable[ids[i]] += dy[i].
func embeddingBackward(dtable, dy []float32, ids []int32, c int) {
	for i, id := range ids {
		vec.Add(dtable[int(id)*c:][:c], dy[i*c:][:c])
	}
}
