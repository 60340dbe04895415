package eval

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// Options configures an evaluation. The zero value runs on one thread.
type Options struct {
	Threads  int                   // documents evaluated at a time, at least 1; changes no bit
	Stride   int                   // tokens to move a window by; 0: the model's own stride
	PerToken bool                  // record the cost of every token
	Seed     uint64                // bootstrap seed
	Progress func(done, total int) // bytes evaluated so far; called by one goroutine at a time
}

// Windowed is a model with a context window, which is moved over the text to score it. A small
// stride gives every token a long context, and a large stride is fast, so every score states its
// stride.
type Windowed interface {
	Stride() int
	SetStride(stride int) error
}

// setStride sets the stride of m, if m has a window and stride is not 0, and returns the stride in
// use.
func setStride(m lm.Model, stride int) (int, error) {
	if w, ok := m.(interface{ SetStride(int) error }); ok && stride != 0 {
		if err := w.SetStride(stride); err != nil {
			return 0, err
		}
	}
	if w, ok := m.(Windowed); ok {
		return w.Stride(), nil
	}
	return 0, nil
}

// closed reports whether a tokenizer loses bytes, because it does not know which word <unk>
// replaces.
func closed(tok corpus.Tokenizer) bool {
	return tok.Vocab() > int(corpus.Unk) && tok.Bytes(corpus.Unk) < 0
}

// Run evaluates m on documents, each from its beginning. It adds the results in the order of the
// documents, so that the number of threads changes no bit.
func Run(ctx context.Context, m lm.Model, tok corpus.Tokenizer, docs []corpus.Document,
	opt Options) (*Report, error) {
	if m.Vocab() != tok.Vocab() {
		return nil, fmt.Errorf("the model has %d tokens, but the tokenizer %q has %d; use the "+
			"tokenizer that the model was trained with", m.Vocab(), tok.Name(), tok.Vocab())
	}
	e := &evaluator{model: m, tok: tok, closed: closed(tok), pieces: pieces(docs), opt: opt}
	report := &Report{Closed: e.closed, Documents: len(docs), Seed: opt.Seed,
		text: fingerprint(docs)}
	var err error
	if report.Stride, err = setStride(m, opt.Stride); err != nil {
		return nil, err
	}
	verdicts, err := e.all(ctx, docs)
	if err != nil {
		return nil, err
	}
	for _, v := range verdicts {
		report.add(v, opt.PerToken)
	}
	if report.Tokens == 0 {
		return nil, fmt.Errorf("the text has no tokens (%d documents, %d bytes); choose a larger "+
			"text or another split", len(docs), report.Bytes)
	}
	report.HasLimit = !slices.ContainsFunc(docs,
		func(d corpus.Document) bool { return d.Truth == nil })
	report.Low, report.High = report.interval(opt.Seed)
	return report, nil
}

// evaluator holds the model, the text and the options of an evaluation.
type evaluator struct {
	model  lm.Model
	tok    corpus.Tokenizer
	closed bool
	pieces []int // number of parts of each document, for the bootstrap
	inside int   // number of threads within one document
	opt    Options
}

// verdict is the result of one document.
type verdict struct {
	Result
	parts     []Part
	positions []Position
	classes   [corpus.NumClasses]ClassResult
	tokens    []TokenNats
}

// groupBytes is the approximate number of bytes that are scored in one call.
const groupBytes = 4096

// groups divides the documents into ranges [from, to) that are scored in one call, because models
// process longer inputs more efficiently. A document without an end ends its group, because no
// document may follow it. The groups do not depend on the number of threads, because batching can
// change the last bit.
func groups(docs []corpus.Document) (runs [][2]int) {
	from, bytes := 0, 0
	for i, d := range docs {
		bytes += d.Bytes() + 1
		if bytes >= groupBytes || d.Cut || i == len(docs)-1 {
			runs = append(runs, [2]int{from, i + 1})
			from, bytes = i+1, 0
		}
	}
	return runs
}

// all evaluates the documents in parallel; verdict i is the result of document i. If it is
// cancelled, it does not wait for long documents; their results are dropped.
func (e *evaluator) all(ctx context.Context, docs []corpus.Document) ([]verdict, error) {
	total, done := 0, 0
	for _, d := range docs {
		total += d.Bytes()
	}
	runs := groups(docs)
	e.inside = max(e.opt.Threads, 1) / max(len(runs), 1)
	verdicts, errs := make([]verdict, len(docs)), make([]error, len(runs))
	var next atomic.Int64
	var failed atomic.Bool
	var mu sync.Mutex // guards done and the order of Progress
	var wg sync.WaitGroup
	for range min(max(e.opt.Threads, 1), len(runs)) {
		wg.Go(func() {
			for !failed.Load() && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(runs) {
					return
				}
				from, to := runs[i][0], runs[i][1]
				if errs[i] = e.group(verdicts[from:to], docs[from:to], from); errs[i] != nil {
					failed.Store(true)
				}
				if e.opt.Progress != nil && ctx.Err() == nil {
					mu.Lock()
					for _, d := range docs[from:to] {
						done += d.Bytes()
					}
					e.opt.Progress(done, total)
					mu.Unlock()
				}
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return verdicts, ctx.Err()
}

// threaded is a model that can score one long document on several threads with the same bits.
type threaded interface {
	ScoreThreads(dst []float64, tokens []lm.Token, threads int) []float64
}

// score uses threads within a document if there are more threads than documents.
func (e *evaluator) score(tokens []lm.Token) []float64 {
	if m, ok := e.model.(threaded); ok && e.inside > 1 {
		return m.ScoreThreads(nil, tokens, e.inside)
	}
	return lm.Score(e.model, tokens)
}

// group evaluates documents that are scored in one call; first is the index of the first document.
func (e *evaluator) group(verdicts []verdict, docs []corpus.Document, first int) (err error) {
	var tokens []lm.Token
	starts := make([]int, len(docs)+1)
	for i, d := range docs {
		tokens = corpus.EncodeDocument(tokens, e.tok, d)
		starts[i+1] = len(tokens)
	}
	logProbs := e.score(tokens)
	for i, d := range docs {
		from, to := starts[i], starts[i+1]
		if verdicts[i], err = e.document(d, e.pieces[first+i], tokens[from:to],
			logProbs[from:to]); err != nil {
			return fmt.Errorf("document %d: %w", first+i+1, err)
		}
	}
	return nil
}

// document evaluates one document, which is cut into a number of pieces.
func (e *evaluator) document(d corpus.Document, pieces int, tokens []lm.Token,
	logProbs []float64) (verdict, error) {
	ends, err := e.ends(d, tokens)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{
		Result: Result{
			Tokens: len(tokens),
			Chars:  utf8.RuneCountInString(d.Text) + utf8.RuneCountInString(d.End),
			Bytes:  d.Bytes(),
			Words:  words(d.Text),
		},
		parts: newParts(pieces, d.Bytes()),
	}
	for i, p := range logProbs {
		if math.IsNaN(p) || p > 1e-3 {
			return verdict{}, fmt.Errorf("%w: token %d has ln P = %v; want a number of at most 0",
				lm.ErrNoProbability, i+1, p)
		}
		v.count(i, tokens[i], -min(p, 0), e)
		part := &v.parts[partOf(ends[i]-1, pieces, d.Bytes())]
		part.Nats -= min(p, 0)
		part.Tokens++
	}
	return v, v.classify(d, ends, logProbs)
}

// count adds token t, the i-th of the document, with its cost in nats.
func (v *verdict) count(i int, t lm.Token, nats float64, e *evaluator) {
	v.Nats += nats
	if math.IsInf(nats, 1) {
		v.Zeros++
	}
	if e.closed && t == corpus.Unk {
		v.OOV++
		v.OOVNats += nats
	}
	bucket := bits.Len(uint(i)) // 1, 2, 3–4, 5–8, …
	for len(v.positions) <= bucket {
		v.positions = append(v.positions, newPosition(len(v.positions)))
	}
	v.positions[bucket].Tokens++
	v.positions[bucket].Nats += nats
	if e.opt.PerToken {
		v.tokens = append(v.tokens, TokenNats{ID: t, Text: e.tok.Text(t), Nats: Number(nats)})
	}
}

// ends returns for every token the number of bytes of the document up to its end. The BOS that
// closes a document stands for its End. A token without bytes, such as the first half of an escaped
// byte, ends with the next token. A closed vocabulary drops the bytes between words, so its tokens
// end at the ends of words.
func (e *evaluator) ends(d corpus.Document, tokens []lm.Token) ([]int, error) {
	ends := make([]int, len(tokens))
	if e.closed {
		return wordEnds(ends, d), nil
	}
	at := 0
	for i, t := range tokens {
		if t != lm.BOS {
			at += e.tok.Bytes(t)
		}
		ends[i] = at
	}
	if at != len(d.Text) {
		return nil, fmt.Errorf("the tokens of %q have %d bytes; want %d, because bits per byte "+
			"would be wrong",
			e.tok.Name(), at, len(d.Text))
	}
	if n := len(tokens); n > 0 && tokens[n-1] == lm.BOS {
		ends[n-1] = d.Bytes()
	}
	for i := len(ends) - 2; i >= 0; i-- {
		if tokens[i] != lm.BOS && e.tok.Bytes(tokens[i]) == 0 {
			ends[i] = ends[i+1]
		}
	}
	return ends, nil
}

// wordEnds sets the end of every token to the end of its word. If there is not exactly one token
// per word, it spaces the tokens evenly.
func wordEnds(ends []int, d corpus.Document) []int {
	want := 0
	for range corpus.Fields(d.Text) {
		want++
	}
	if !d.Cut {
		want++
	}
	for i := range ends {
		ends[i] = (i + 1) * d.Bytes() / len(ends)
	}
	if want != len(ends) {
		return ends
	}
	at, i := 0, 0
	for w := range corpus.Fields(d.Text) {
		at += strings.Index(d.Text[at:], w) + len(w)
		ends[i] = at
		i++
	}
	return ends
}

// words counts runs of non-space.
func words(text string) (n int) {
	for range strings.FieldsSeq(text) {
		n++
	}
	return n
}

// fingerprint identifies a text and its document boundaries.
func fingerprint(docs []corpus.Document) (sum [sha256.Size]byte) {
	h := sha256.New()
	var frame [17]byte
	for _, d := range docs {
		binary.LittleEndian.PutUint64(frame[0:], uint64(len(d.Text)))
		binary.LittleEndian.PutUint64(frame[8:], uint64(len(d.End)))
		frame[16] = 0
		if d.Cut {
			frame[16] = 1
		}
		h.Write(frame[:])
		h.Write([]byte(d.Text))
		h.Write([]byte(d.End))
	}
	h.Sum(sum[:0])
	return sum
}
