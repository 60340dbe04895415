package report

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/lm/sample"
	"lmzoo/zoo"
)

// Options configures a comparison.
type Options struct {
	Command  []string          // the command that repeats the comparison
	Budget   string            // training time of each neural model, if they share one
	Data     zoo.Data          // the corpus of the documents
	Split    string            // the part of the corpus: test, valid, …
	Train    []corpus.Document // the training text, for word frequencies; nil: no word frequencies
	Seed     uint64            // of the bootstrap, the samples and the choice of tokens
	Threads  int               // number of threads; changes no number
	Progress func(run string, done, total int)
}

const (
	sampleChars  = 300 // the length at which a sample is cut
	sampleTokens = 2 * sampleChars
	countBytes   = 64 << 20 // maximum number of bytes of training text for word frequencies
)

// Collect evaluates runs on held-out documents.
func Collect(ctx context.Context, runs []*zoo.Run, docs []corpus.Document,
	opt Options) (*Comparison, error) {
	s, err := NewStudy(ctx, docs, opt)
	if err != nil {
		return nil, err
	}
	causal, notes := zoo.Causal(runs)
	s.Comparison.Notes = append(s.Comparison.Notes, notes...)
	s.Comparison.Mixed = mixed(causal)
	for _, r := range causal {
		if _, err := s.Add(ctx, r); err != nil {
			name := r.Dir
			if name == "" {
				name = r.Species.Name
			}
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s.Finish()
}

// Study builds a Comparison run by run, each as soon as it is trained.
type Study struct {
	Comparison *Comparison

	opt    Options
	docs   []corpus.Document
	close  []corpus.Document // the beginning of docs, which is evaluated token by token
	counts map[string]int    // counts of words in the training text; nil without one
	first  corpus.Tokenizer  // tokenizer of the first row
}

// NewStudy starts a comparison with the measurements that do not depend on a model.
func NewStudy(ctx context.Context, docs []corpus.Document, opt Options) (*Study, error) {
	if len(docs) == 0 {
		return nil, fmt.Errorf(
			"no text to evaluate on: the %s part of %s is empty; choose another split", opt.Split,
			opt.Data.Corpus)
	}
	s := &Study{opt: opt, docs: docs, close: beginning(docs, closeBytes)}
	s.Comparison = &Comparison{
		Command: opt.Command, Data: opt.Data, Budget: opt.Budget, Seed: opt.Seed,
		Threads: opt.Threads, Split: opt.Split, Gzip: eval.Gzip(docs),
		TrainBytes: bytesOf(opt.Train), TestBytes: bytesOf(docs), CloseBytes: bytesOf(s.close),
		Machine: ThisMachine(),
	}
	if xz, err := eval.XZ(ctx, docs); err == nil { // optional, because it needs the tool
		s.Comparison.XZ = xz
	}
	if len(opt.Train) > 0 {
		train := beginning(opt.Train, countBytes)
		s.counts = countWords(train, s.close)
		s.Comparison.Words, s.Comparison.CountedFrom = buckets(s.counts, s.close), bytesOf(train)
	}
	return s, ctx.Err()
}

// Add evaluates one more run and returns its row.
func (s *Study) Add(ctx context.Context, r *zoo.Run) (*Row, error) {
	start := time.Now()
	m, err := r.LM()
	if err != nil {
		return nil, err
	}
	whole := bytesOf(s.close) == bytesOf(s.docs)
	evaluated, err := eval.Run(ctx, m, r.Tokenizer, s.docs, eval.Options{
		Threads: s.opt.Threads, Seed: s.opt.Seed, PerToken: whole,
		Progress: func(done, total int) {
			if s.opt.Progress != nil {
				s.opt.Progress(r.Species.Name, done, total)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	row := s.row(r, evaluated)
	row.IgnoresContext = ignoresContext(m)
	row.Seconds = time.Since(start).Seconds()
	if row.tokens, err = tokenize(ctx, m, r.Tokenizer, s.close, evaluated,
		s.opt.Threads); err != nil {
		return nil, err
	}
	row.measureMixed(s.Comparison.Mixed)
	evaluated.PerToken = nil
	if s.counts != nil {
		row.Words = row.tokens.byWords(s.counts, len(s.Comparison.Words))
	}
	if row.Contexts, err = row.tokens.byContext(ctx, m, s.opt.Seed, s.opt.Threads); err != nil {
		return nil, err
	}
	if row.Sample, err = speak(ctx, m, r.Tokenizer, s.opt.Seed); err != nil {
		return nil, err
	}
	if s.first == nil {
		s.first = r.Tokenizer
		s.Comparison.Tokenizer, s.Comparison.Vocab = r.Tokenizer.Name(), r.Tokenizer.Vocab()
	}
	if evaluated.HasLimit && s.Comparison.Limit == nil {
		s.Comparison.Limit = finite(evaluated.LimitNats / math.Ln2 / float64(evaluated.Bytes))
	}
	s.Comparison.Rows = append(s.Comparison.Rows, row)
	return row, nil
}

// row returns the row of a run without the token-by-token measurements.
func (s *Study) row(r *zoo.Run, evaluated *eval.Report) *Row {
	row := &Row{
		Title: r.Title(), Run: r.Dir, Model: r.Species.Name, Era: r.Species.Era,
		Year: r.Species.Year, Paper: r.Species.Paper, Remembers: r.Species.Remembers,
		Params: r.Params(), Size: r.Size(), Tokenizer: r.Tokenizer.Name(),
		Corpus: s.opt.Data.Corpus, Split: s.opt.Split, Summary: evaluated.Summary(), Notes: r.Notes,
		Curve: ReadCurve(r.Dir), Report: evaluated, tokenizer: r.Config.Tokenizer.SHA256,
		Colour: r.Species.Palette(),
	}
	row.PerToken = nil
	if _, ok := r.Backward(); ok {
		row.Notes = append(slices.Clone(r.Notes),
			"evaluated with the half that reads forwards; the parameters are those of both halves")
	}
	if out := r.Config.Result; out != nil {
		row.TrainTokens, row.TrainSeconds, row.Steps, row.TrainThreads = out.Tokens, out.Seconds,
			out.Steps, out.Threads
	}
	return row
}

// ignoresContext reports whether a model predicts the same after a token as at the beginning.
func ignoresContext(m lm.Model) bool {
	begin, last := m.NextLogProbs(nil, nil), lm.Token(m.Vocab()-1)
	for _, t := range []lm.Token{min(1, last), last / 2, last} {
		if !slices.Equal(begin, m.NextLogProbs(nil, []lm.Token{t})) {
			return false
		}
	}
	return true
}

// speak returns a document drawn from a model's distribution, cut at a word after sampleChars.
func speak(ctx context.Context, m lm.Model, tok corpus.Tokenizer, seed uint64) (string, error) {
	opt := sample.Default
	opt.Max = sampleTokens
	var said []lm.Token
	err := sample.Generate(ctx, lm.Start(m), opt, sample.Rand(seed),
		func(t lm.Token, _ float64) bool {
			said = append(said, t)
			return len(said)%16 != 0 || utf8.RuneCountInString(tok.Decode(said)) <= sampleChars
		})
	return cutAtWord(tok.Decode(said), sampleChars), err
}

// cutAtWord shortens a text to at most n characters, at the end of a word if possible, and marks
// the cut.
func cutAtWord(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	head := string([]rune(text)[:n])
	if i := strings.LastIndexFunc(head, unicode.IsSpace); i > len(head)/2 {
		head = head[:i]
	}
	return strings.TrimRightFunc(head, unicode.IsSpace) + " …"
}

// Finish compares the rows with each other.
func (s *Study) Finish() (*Comparison, error) {
	c := s.Comparison
	if len(c.Rows) == 0 {
		return nil, fmt.Errorf("no run to compare; create one with: lmzoo train NAME")
	}
	first := c.Rows[0]
	if !first.Report.Closed && !c.Mixed {
		c.Uniform = float64(first.Tokens) * math.Log2(float64(c.Vocab)) / float64(first.Bytes)
		c.Unigram = s.unigram()
	}
	if c.Passage = passage(c.Rows, s.first); c.Passage == nil {
		c.Notes = append(c.Notes,
			"The runs have different tokenizers, so their tokens are not comparable: "+
				"every chart shows bits per byte, and no text is coloured token by token.")
	}
	best := c.best()
	for _, r := range c.Rows {
		if r == best {
			continue
		}
		if d, err := eval.Paired(r.Report, best.Report, c.Seed); err == nil &&
			exists(d.Delta, d.Low, d.High) {
			r.Against = &d
		}
	}
	return c, nil
}

// best returns the row with the fewest bits per byte. Rows with closed vocabularies, in which
// unknown words cost nothing, are compared only with each other.
func (c *Comparison) best() *Row {
	var best *Row
	for _, r := range c.Rows {
		if r.closed() && c.open() {
			continue
		}
		if best == nil || r.Nats/eval.Number(r.Bytes) < best.Nats/eval.Number(best.Bytes) {
			best = r
		}
	}
	return best
}

// unigram returns the bits per byte of token frequencies alone, from the unigram row or from
// counts.
func (s *Study) unigram() float64 {
	first := s.Comparison.Rows[0]
	for _, r := range s.Comparison.Rows {
		if r.Model == "unigram" && r.tokenizer == first.tokenizer &&
			exists(float64(r.BitsPerByte)) {
			return float64(r.BitsPerByte)
		}
	}
	if len(s.opt.Train) == 0 {
		return 0
	}
	counts, total := make([]float64, s.Comparison.Vocab), 0.0
	var tokens []lm.Token
	for _, d := range beginning(s.opt.Train, countBytes) {
		tokens = corpus.EncodeDocument(tokens[:0], s.first, d)
		for _, t := range tokens {
			counts[t]++
			total++
		}
	}
	nats, bytes := 0.0, 0
	for doc, ids := range first.tokens.ids {
		for _, t := range ids {
			nats -= math.Log((counts[t] + 1) / (total + float64(len(counts)))) // add-one smoothing
		}
		bytes += first.tokens.docs[doc].Bytes()
	}
	return nats / math.Ln2 / float64(bytes)
}

// exists reports whether all numbers are finite.
func exists(numbers ...float64) bool {
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
