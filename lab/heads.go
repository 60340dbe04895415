package lab

import (
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/transformer"
)

// headRole describes what a head of a GPT attends to in repeated blocks, and how the model does
// without it.
type headRole struct {
	head transformer.Head
	// prefix-matching score: attention to the successors of its token's earlier copies
	prefix   float64
	previous float64 // attention to the token before its own
	zero     float64 // accuracy on copies with zeros in place of its output
	mean     float64 // the same with its mean output
}

// attending is a transformer whose heads can be observed and ablated.
type attending[M any] interface {
	body
	Attention(context []lm.Token) (window []lm.Token, att [][][][]float32)
	HeadMeans(b corpus.Batch) [][]float32
	Ablate(heads []transformer.Head, means [][]float32) (M, error)
}

// headRoles measures every head of a transformer on documents of repeated blocks. It also returns
// the accuracy on copies with the means of several heads in place of their outputs.
func headRoles[M attending[M]](
	n *network, m M, docs [][]lm.Token,
) (roles []headRole, without func(heads []transformer.Head) (float64, error), err error) {
	_, att := m.Attention(nil)
	for l, heads := range att {
		for h := range heads {
			roles = append(roles, headRole{head: transformer.Head{Layer: l, Head: h}})
		}
	}
	addAttention(roles, m.Attention, docs)
	accuracy := func(heads []transformer.Head, means [][]float32) (float64, error) {
		twin, err := m.Ablate(heads, means)
		if err != nil {
			return 0, err
		}
		return scored(&network{n.name, twin, n.w, n.b}, docs, inCopy(docs)).right, nil
	}
	means := m.HeadMeans(batchOf(docs))
	for i, r := range roles {
		if roles[i].zero, err = accuracy([]transformer.Head{r.head}, nil); err != nil {
			return nil, nil, err
		}
		if roles[i].mean, err = accuracy([]transformer.Head{r.head}, means); err != nil {
			return nil, nil, err
		}
	}
	return roles, func(heads []transformer.Head) (float64, error) {
		return accuracy(heads, means)
	}, nil
}

// addAttention fills in the two scores of attention, means over the positions of all documents.
func addAttention(
	roles []headRole, attention func([]lm.Token) ([]lm.Token, [][][][]float32), docs [][]lm.Token,
) {
	positions, copies := 0, 0
	for _, doc := range docs {
		_, att := attention(doc[:len(doc)-1]) // row t reads doc[t−1] and predicts doc[t]
		p := period(doc)
		for t := 1; t < len(doc); t++ {
			positions++
			if t > p {
				copies++
			}
			for i := range roles {
				row := att[roles[i].head.Layer][roles[i].head.Head][t]
				roles[i].previous += float64(row[t-1])
				for s := t - p; s > 0; s -= p {
					roles[i].prefix += float64(row[s+1])
				}
			}
		}
	}
	for i := range roles {
		roles[i].previous /= float64(positions)
		roles[i].prefix /= float64(copies)
	}
}

// inCopy selects the tokens of repeated blocks that the text determines: those after the first
// symbol of the second copy.
func inCopy(docs [][]lm.Token) func(doc, at int) bool {
	periods := make([]int, len(docs))
	for i, doc := range docs {
		periods[i] = period(doc)
	}
	return func(doc, at int) bool { return at > periods[doc] }
}

// batchOf returns documents of equal length as the input of a batch.
func batchOf(docs [][]lm.Token) corpus.Batch {
	b := corpus.Batch{B: len(docs), T: len(docs[0])}
	for _, doc := range docs {
		b.X = append(append(b.X, lm.BOS), doc[:len(doc)-1]...)
	}
	return b
}
