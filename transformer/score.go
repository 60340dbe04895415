package transformer

import (
	"sync"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// scoreTokens is the approximate number of tokens that Score encodes at once.
const scoreTokens = 1024

// decoder is a causal model in the form that this file needs.
type decoder interface {
	// encode returns the last hidden vectors of b rows of documents.
	encode(t *autograd.Tape, b, rowLen int, x []lm.Token) *autograd.Tensor
	// output returns the weights of the output layer, [V, C].
	output() *autograd.Tensor
	// Window and Stride return the number of tokens of a window, and the number of tokens by which
	// it moves.
	Window() int
	Stride() int
	With(f func(t *autograd.Tape))
	LogProbs(dst []float64, f func(t *autograd.Tape) *autograd.Tensor) []float64
}

// Stride returns the number of tokens by which a full window moves.
func (m *Model) Stride() int { return m.Config.Stride }

// SetStride sets the number of tokens by which a full window moves. A small stride leaves every
// token more context and takes more time. Do not call it while the model is in use.
func (m *Model) SetStride(stride int) error {
	return setStride(&m.Config.Stride, "gpt", stride, "n_positions", m.Config.NPositions)
}

func setStride(to *int, model string, stride int, setting string, window int) error {
	if stride == 0 {
		stride = max(1, window/2)
	}
	if err := validStride(model, stride, setting, window); err != nil {
		return err
	}
	*to = stride
	return nil
}

// windowStart returns the start of the window that predicts the token after n tokens: the smallest
// multiple of stride such that the rest of the n tokens fits into w.
func windowStart(n, w, stride int) int {
	return (max(n-w, 0) + stride - 1) / stride * stride
}

// NextLogProbs stores ln P(v | context) in dst[v] for every token v.
func (m *Model) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	return nextLogProbs(m, dst, context)
}

func nextLogProbs(m decoder, dst []float64, context []lm.Token) []float64 {
	context = lm.SinceBOS(context)
	n := len(context) + 1 // including BOS
	start := windowStart(n, m.Window(), m.Stride())
	var x []lm.Token
	if start == 0 {
		x = append(x, lm.BOS)
	}
	x = append(x, context[max(start-1, 0):]...)

	return m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		h := m.encode(t, 1, len(x), x)              // [T, C]
		last := t.Const(1, h.Cols, h.Row(len(x)-1)) // [1, C]
		return t.LinearT(last, m.output(), nil)     // [1, V]
	})
}

// output returns the weights of the output layer, [V, C]: the token embeddings, unless it has its
// own.
func (m *Model) output() *autograd.Tensor {
	if m.LMHead != nil {
		return m.LMHead.Weight
	}
	return m.WTE.Weight
}

// encode returns the last hidden vectors of a batch of documents.
func (m *Model) encode(t *autograd.Tape, b, rowLen int, x []lm.Token) *autograd.Tensor {
	docs := m.pack(t, b, rowLen, x)
	h := m.forward(t, x, docs.pos, docs) // [B·T, C]
	m.packs.Put(docs)
	return h
}

// Score stores ln P(tokens[i] | BOS, tokens[:i]) in dst[i]. If a document is longer than the
// window, every window scores the tokens that the previous window could not. Many windows and many
// short documents share a batch.
func (m *Model) Score(dst []float64, tokens []lm.Token) []float64 {
	return m.ScoreThreads(dst, tokens, 1)
}

// ScoreThreads is Score on several threads, with the same bits: the windows of a document are
// independent.
func (m *Model) ScoreThreads(dst []float64, tokens []lm.Token, threads int) []float64 {
	return scoreThreads(m, dst, tokens, threads)
}

func scoreThreads(m decoder, dst []float64, tokens []lm.Token, threads int) []float64 {
	if len(dst) < len(tokens) {
		dst = make([]float64, len(tokens))
	}
	var wg sync.WaitGroup
	seats := make(chan struct{}, max(threads, 1))
	score := func(b windows) { b.score(m, dst, tokens) }
	if threads > 1 {
		score = func(b windows) {
			seats <- struct{}{}
			wg.Go(func() {
				b.score(m, dst, tokens)
				<-seats
			})
		}
	}
	s := scorer{w: m.Window(), stride: m.Stride(), tokens: tokens, score: score}
	s.batch.rowLen = min(s.w, len(tokens))
	for begin := 0; begin < len(tokens); {
		end := begin + 1 // one document, with the inputs BOS and tokens[begin:end−1]
		for end < len(tokens) && tokens[end-1] != lm.BOS {
			end++
		}
		s.document(begin, end)
		begin = end
	}
	s.flush()
	wg.Wait()
	return dst[:len(tokens)]
}

// windows is a batch of windows in rows of rowLen tokens.
type windows struct {
	rowLen int
	x      []lm.Token // [rows·rowLen] inputs
	rows   []int32    // the rows of x to score …
	at     []int      // … and the indices of the tokens that they predict
}

// score runs the model over the batch and stores the scores of tokens in dst.
func (b *windows) score(m decoder, dst []float64, tokens []lm.Token) {
	y := make([]lm.Token, len(b.rows))
	for i, at := range b.at {
		y[i] = tokens[at]
	}
	nats := make([]float64, len(y))
	m.With(func(t *autograd.Tape) {
		h := m.encode(t, len(b.x)/b.rowLen, b.rowLen, b.x) // [B·T, C]
		// [n, C] the vectors of the scored positions
		h = t.Embedding(h, b.rows)
		nn.Score(t, nats, h, m.output(), nil, y)
	})
	for i, at := range b.at {
		dst[at] = nats[i]
	}
}

// endRow fills the row with empty documents.
func (b *windows) endRow() {
	for len(b.x)%b.rowLen != 0 {
		b.x = append(b.x, lm.BOS)
	}
}

// scorer cuts documents into windows and collects them in batches. The input before tokens[i] is
// tokens[i−1], or BOS.
type scorer struct {
	w, stride int
	tokens    []lm.Token
	batch     windows
	score     func(windows)
}

// document cuts one document into windows: the inputs before tokens[begin:end].
func (s *scorer) document(begin, end int) {
	scored := begin
	for first := begin; scored < end; first += s.stride {
		last := min(first+s.w, end)
		s.window(begin, first, scored, last)
		scored = last
	}
}

// window adds the inputs before tokens[first:last] to the batch, to score tokens[scored:last], in a
// new row if they do not fit into the current one. Only the first window of a document shares a row
// with other documents, from which its BOS separates it, because the earlier windows of a document
// fill their rows.
func (s *scorer) window(begin, first, scored, last int) {
	b := &s.batch
	if len(b.x)%b.rowLen+last-first > b.rowLen {
		b.endRow()
	}
	if len(b.x) >= scoreTokens && len(b.x)%b.rowLen == 0 {
		s.flush()
	}
	for i := first; i < last; i++ {
		if i >= scored {
			b.rows, b.at = append(b.rows, int32(len(b.x))), append(b.at, i)
		}
		if i == begin {
			b.x = append(b.x, lm.BOS)
		} else {
			b.x = append(b.x, s.tokens[i-1])
		}
	}
}

// flush scores the collected batch.
func (s *scorer) flush() {
	if len(s.batch.x) == 0 {
		return
	}
	s.batch.endRow()
	s.score(s.batch)
	s.batch = windows{rowLen: s.batch.rowLen}
}
