package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// scoreTokens is about how many tokens Score encodes at once.
const scoreTokens = 1024

// Stride is by how many tokens the window moves when it is full.
func (m *Model) Stride() int { return m.Config.Stride }

// SetStride sets by how many tokens the window moves when it is full: a small stride leaves much context
// to every token and costs time, a large one the reverse. Do not call it while the model is in use.
func (m *Model) SetStride(stride int) error {
	if stride == 0 {
		stride = max(1, m.Config.NPositions/2)
	}
	if err := m.Config.validateStride(stride); err != nil {
		return err
	}
	m.Config.Stride = stride
	return nil
}

// windowStart is where the window begins that the token after n tokens is predicted from: the smallest
// multiple of stride from which n tokens fit into w.
func windowStart(n, w, stride int) int {
	return (max(n-w, 0) + stride - 1) / stride * stride
}

// NextLogProbs stores ln P(v | context) in dst[v] for every token v.
func (m *Model) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	context = lm.SinceBOS(context)
	n := len(context) + 1 // with BOS
	start := windowStart(n, m.Config.NPositions, m.Config.Stride)
	s := scorer{m: m}
	if start == 0 {
		s.x = append(s.x, lm.BOS)
	}
	s.x = append(s.x, context[max(start-1, 0):]...)

	t := m.tapes.Get().(*autograd.Tape)
	h := s.encode(t, 1, len(s.x))                         // [T, C]
	last := t.Const(1, m.Config.NEmbd, h.Row(len(s.x)-1)) // [1, C]
	dst = nn.NextLogProbs(t, dst, last, m.WTE.Weight, nil)
	t.Reset()
	m.tapes.Put(t)
	return dst
}

// Score stores ln P(tokens[i] | BOS, tokens[:i]) in dst[i]. Where the document is longer than the window,
// every window scores the tokens that the one before it could not see; many windows, and many short
// documents, share a batch.
func (m *Model) Score(dst []float64, tokens []lm.Token) []float64 {
	if len(dst) < len(tokens) {
		dst = make([]float64, len(tokens))
	}
	s := scorer{m: m, dst: dst, tokens: tokens, rowLen: min(m.Config.NPositions, len(tokens))}
	for begin := 0; begin < len(tokens); {
		end := begin + 1 // one document: its inputs are BOS and tokens[begin:end−1]
		for end < len(tokens) && tokens[end-1] != lm.BOS {
			end++
		}
		s.document(begin, end)
		begin = end
	}
	s.flush()
	return dst[:len(tokens)]
}

// scorer gathers windows into rows of a batch. The input before tokens[i] is tokens[i−1], or BOS.
type scorer struct {
	m      *Model
	dst    []float64
	tokens []lm.Token
	rowLen int
	x      []lm.Token // [rows·rowLen] inputs
	rows   []int      // the rows of x that are scored …
	at     []int      // … and the tokens they predict
}

// document cuts one document, the inputs before tokens[begin:end], into windows.
func (s *scorer) document(begin, end int) {
	w, stride := s.m.Config.NPositions, s.m.Config.Stride
	scored := begin
	for first := begin; scored < end; first += stride {
		last := min(first+w, end)
		s.window(begin, first, scored, last)
		scored = last
	}
}

// window adds the inputs before tokens[first:last] to the batch, to score tokens[scored:last], in a new row
// where it does not fit into this one. Only the first window of a document may have to share a row, with
// documents that its BOS parts it from: the ones before a further window fill their rows.
func (s *scorer) window(begin, first, scored, last int) {
	if used := len(s.x) % s.rowLen; used+last-first > s.rowLen {
		s.endRow()
	}
	for i := first; i < last; i++ {
		if i >= scored {
			s.rows, s.at = append(s.rows, len(s.x)), append(s.at, i)
		}
		if i == begin {
			s.x = append(s.x, lm.BOS)
		} else {
			s.x = append(s.x, s.tokens[i-1])
		}
	}
	if len(s.x)%s.rowLen == 0 && len(s.x) >= scoreTokens {
		s.flush()
	}
}

// endRow fills the row with documents of nothing but BOS.
func (s *scorer) endRow() {
	for len(s.x)%s.rowLen != 0 {
		s.x = append(s.x, lm.BOS)
	}
	if len(s.x) >= scoreTokens {
		s.flush()
	}
}

// flush scores what was gathered.
func (s *scorer) flush() {
	if len(s.x) == 0 {
		return
	}
	for len(s.x)%s.rowLen != 0 {
		s.x = append(s.x, lm.BOS)
	}
	t := s.m.tapes.Get().(*autograd.Tape)
	all := s.encode(t, len(s.x)/s.rowLen, s.rowLen) // [B·T, C]
	h := t.New(len(s.rows), all.Cols)               // [n, C] those that are scored
	y := make([]lm.Token, len(s.rows))
	for i, row := range s.rows {
		copy(h.Row(i), all.Row(row))
		y[i] = s.tokens[s.at[i]]
	}
	nats := make([]float64, len(y))
	nn.Score(t, nats, h, s.m.WTE.Weight, nil, y)
	for i, at := range s.at {
		s.dst[at] = nats[i]
	}
	t.Reset()
	s.m.tapes.Put(t)
	s.x, s.rows, s.at = s.x[:0], s.rows[:0], s.at[:0]
}

// encode runs the model over the batch s.x.
func (s *scorer) encode(t *autograd.Tape, b, rowLen int) *autograd.Tensor {
	docs := s.m.pack(t, b, rowLen, s.x)
	h := s.m.forward(t, s.x, docs.pos, docs) // [B·T, C]
	s.m.packs.Put(docs)
	return h
}
