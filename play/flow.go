package play

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/transformer"
)

// flow holds the steps of one prediction of a transformer.
type flow struct {
	At     int   `json:"at"`               // the visible token whose position predicts
	From   int   `json:"from"`             // index in the prompt of the first visible token
	Both   bool  `json:"both"`             // the model reads both sides of a gap
	Hidden *seen `json:"hidden,omitempty"` // the token behind the gap

	Embedding []strip     `json:"embedding"` // the parts of the token at At, and their sum
	Sharpness []sharpness `json:"sharpness"` // sharpness of all heads, the sharpest first
	Head      headFlow    `json:"head"`
	// Lens holds the prediction after the embeddings and after every layer.
	Lens [][]candidate `json:"lens"`
	// Grid holds the likeliest token after the embeddings and after every layer, at the positions
	// from GridFrom on.
	GridFrom int           `json:"grid_from"`
	Grid     [][]candidate `json:"grid"`
	Ablated  *ablated      `json:"ablated,omitempty"`
}

// strip is a vector with a name.
type strip struct {
	Name   string      `json:"name"`
	Values []web.Float `json:"values"`
}

// sharpness is 1 for a head that always attends to a single position, and 0 for a head that attends
// to all positions equally: 1 − H(att)/ln n, averaged over the positions that attend to n > 1
// positions.
type sharpness struct {
	transformer.Head
	Sharpness float64 `json:"sharpness"`
}

// headFlow holds the attention of one head from the position that predicts.
type headFlow struct {
	transformer.Head
	Q      []web.Float   `json:"q"`
	K      [][]web.Float `json:"k"` // keys of every visible token that the position sees
	V      [][]web.Float `json:"v"`
	Scores []web.Float   `json:"scores"`  // q·k/√D
	Att    []web.Float   `json:"weights"` // softmax of the scores
	Out    []web.Float   `json:"out"`     // Σ weight·v
}

// ablated compares the prediction with the prediction of the model without some heads.
type ablated struct {
	Heads []transformer.Head `json:"heads"`
	Bits  float64            `json:"kl_bits"` // KL(with ‖ without)
	Next  []change           `json:"next"`
}

// change is a token's probability with all heads and without the ablated ones.
type change struct {
	seen
	P       float64 `json:"p"`
	Without float64 `json:"without"`
}

const (
	lensTop    = 5  // tokens of each prediction of the lens
	gridTokens = 12 // positions of the grid
	maxAblated = 64 // heads to ablate at once
)

// flowing is one request for a flow.
type flowing struct {
	e      *models.Model
	m      transformer.Inspector
	q      insideRequest
	tokens []lm.Token
	at     int
	in     *transformer.Inspection
}

func flowView(e *models.Model, m transformer.Inspector, q insideRequest, a *insideAnswer) error {
	f := &flow{Both: e.LM == nil}
	w := flowing{e: e, m: m, q: q}
	if f.Both {
		g, err := gapOf(e, q)
		if err != nil {
			return err
		}
		w.tokens, w.at, f.Hidden = g.tokens, g.at, g.hidden
	} else {
		w.tokens = e.Read(q.Prompt, true).Tokens
		w.at = len(w.tokens)
	}
	w.in = m.Inspect(w.tokens, w.at)
	from, to := around(w.in.At, len(w.in.Tokens), maxSeen)
	f.At, f.From = w.in.At-from, w.at-(w.in.At-from)
	a.Flow, a.Layers, a.Heads = f, len(w.in.Layers), len(w.in.Layers[0].Q)
	a.Tokens = seenTokens(e, w.in.Tokens[from:to])
	var att [][][][]float32
	for _, l := range w.in.Layers {
		att = append(att, l.Att)
	}
	a.Att, f.Sharpness = cropped(att, from, to), sharpest(att)
	f.Embedding = w.embedding()
	if err := w.head(f, from, to); err != nil {
		return err
	}
	if err := w.lens(f, from, to); err != nil {
		return err
	}
	return w.ablate(f)
}

// embedding returns the embeddings of the position that predicts, and the vector that the first
// layer reads.
func (w *flowing) embedding() (strips []strip) {
	for _, p := range w.in.Parts {
		strips = append(strips, strip{p.Name, nums(p.Values)})
	}
	return append(strips, strip{"stream", nums(w.in.Stream[0][w.in.At])})
}

// sharpest returns the sharpness of all heads, the sharpest first.
func sharpest(att [][][][]float32) (all []sharpness) {
	for l, layer := range att {
		for h, rows := range layer {
			sum, n := 0.0, 0
			for _, row := range rows {
				if len(row) > 1 {
					sum += 1 - entropy(row)/math.Log(float64(len(row)))
					n++
				}
			}
			head := transformer.Head{Layer: l, Head: h}
			all = append(all, sharpness{head, sum / float64(max(n, 1))})
		}
	}
	slices.SortStableFunc(all, func(a, b sharpness) int {
		return cmp.Compare(b.Sharpness, a.Sharpness)
	})
	return all
}

// entropy returns −Σ p ln p.
func entropy(p []float32) (nats float64) {
	for _, v := range p {
		if v > 0 {
			nats -= float64(v) * math.Log(float64(v))
		}
	}
	return nats
}

// head adds the attention of the requested head, or of the sharpest head.
func (w *flowing) head(f *flow, from, to int) error {
	head := f.Sharpness[0].Head
	if w.q.Layer != nil {
		head = transformer.Head{Layer: *w.q.Layer}
		if w.q.Head != nil {
			head.Head = *w.q.Head
		}
	}
	if head.Layer < 0 || head.Layer >= len(w.in.Layers) {
		return web.Invalid("layer", "is %d; want 0 to %d", head.Layer, len(w.in.Layers)-1)
	}
	l := w.in.Layers[head.Layer]
	if head.Head < 0 || head.Head >= len(l.Q) {
		return web.Invalid("head", "is %d; want 0 to %d", head.Head, len(l.Q)-1)
	}
	q, att := l.Q[head.Head][w.in.At], l.Att[head.Head][w.in.At]
	h := headFlow{Head: head, Q: nums(q)}
	for s := from; s < min(to, len(att)); s++ {
		k := l.K[head.Head][s]
		h.K, h.V = append(h.K, nums(k)), append(h.V, nums(l.V[head.Head][s]))
		h.Scores = append(h.Scores, web.Float(dot(q, k)/math.Sqrt(float64(len(q)))))
		h.Att = append(h.Att, web.Float(att[s]))
	}
	h.Out = nums(l.Out[w.in.At][head.Head*len(q):][:len(q)])
	f.Head = h
	return nil
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// lens adds the predictions after every layer. It returns an error for a model that diverged.
func (w *flowing) lens(f *flow, from, to int) error {
	first, last := around(w.in.At, to, gridTokens)
	first = max(first, from)
	f.GridFrom = first - from
	at := w.e.Read(w.q.Prompt, true)
	for _, rows := range w.in.Stream {
		probs := w.m.Lens(nil, rows[w.in.At])
		if err := lm.CheckLogProbs(probs); err != nil {
			return fmt.Errorf("%s: %w", w.e.ID, err)
		}
		top := candidates(w.e, probs, lensTop)
		for i, c := range top {
			if text, ok := w.e.Appended(at, w.q.Prompt, c.ID); ok && !f.Both {
				top[i].Append = &text
			}
		}
		f.Lens = append(f.Lens, top)
		var best []candidate
		for _, h := range rows[first:last] {
			best = append(best, candidates(w.e, w.m.Lens(nil, h), 1)...)
		}
		f.Grid = append(f.Grid, best)
	}
	return nil
}

// ablate adds the prediction without some heads.
func (w *flowing) ablate(f *flow) error {
	if len(w.q.Ablate) == 0 {
		return nil
	}
	if len(w.q.Ablate) > maxAblated {
		return web.Invalid("ablate", "has %d heads; want at most %d", len(w.q.Ablate), maxAblated)
	}
	less, err := w.m.Without(w.q.Ablate, w.tokens, w.at)
	if err != nil {
		return web.Invalid("ablate", "is invalid: %v", err)
	}
	with := prediction(w.m, w.in)
	without := prediction(less, less.Inspect(w.tokens, w.at))
	f.Ablated = compared(w.e, with, without)
	f.Ablated.Heads = w.q.Ablate
	return nil
}

// prediction returns the log-probabilities that the output layer computes from the last vector of
// the stream.
func prediction(m transformer.Inspector, in *transformer.Inspection) []float64 {
	return m.Lens(nil, in.Stream[len(in.Stream)-1][in.At])
}

// compared returns the likeliest tokens of two distributions with both probabilities.
func compared(e *models.Model, with, without []float64) *ablated {
	a := &ablated{Next: []change{}}
	for t, p := range with {
		if !math.IsInf(p, -1) {
			a.Bits += math.Exp(p) * (p - without[t]) / math.Ln2
		}
	}
	tokens := e.Likeliest(with, lensTop)
	for _, t := range e.Likeliest(without, lensTop) {
		if !slices.Contains(tokens, t) {
			tokens = append(tokens, t)
		}
	}
	for _, t := range tokens {
		a.Next = append(a.Next,
			change{seen{t, e.Show(t)}, math.Exp(with[t]), math.Exp(without[t])})
	}
	return a
}

// candidates returns the n likeliest tokens of a distribution.
func candidates(e *models.Model, logProbs []float64, n int) []candidate {
	out := []candidate{}
	for _, t := range e.Likeliest(logProbs, n) {
		out = append(out, candidate{ID: t, Text: e.Show(t), P: math.Exp(logProbs[t])})
	}
	return out
}

// exps converts log-probabilities to probabilities.
func exps(logProbs []float64) []float64 {
	p := make([]float64, len(logProbs))
	for i, v := range logProbs {
		p[i] = math.Exp(v)
	}
	return p
}
