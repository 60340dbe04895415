package eval

import (
	"context"
	"fmt"
	"math"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// BackwardScorer is a model that also reads a text from its end to its beginning, as ELMo does.
type BackwardScorer interface {
	Vocab() int
	// ScoreBackward stores ln P(tokens[i] | tokens[i+1:]) in dst[i]. The BOS that closes a document
	// stands for its beginning, which is predicted last.
	ScoreBackward(dst []float64, tokens []lm.Token) []float64
}

// BackwardRun evaluates m on documents read backwards. The product of its predictions is a
// probability of the document, as for a causal model, but by the other factorization. The sums
// therefore supplement those of Run and do not replace them. The only option in use is Threads,
// which changes no bit.
func BackwardRun(ctx context.Context, m BackwardScorer, tok corpus.Tokenizer,
	docs []corpus.Document, opt Options) (Result, error) {
	if m.Vocab() != tok.Vocab() {
		return Result{}, fmt.Errorf("the model has %d tokens, but the tokenizer %q has %d; use "+
			"the tokenizer that the model was trained with", m.Vocab(), tok.Name(), tok.Vocab())
	}
	scores := make([][]float64, len(docs))
	if err := each(ctx, len(docs), opt.Threads, func(i int) {
		scores[i] = m.ScoreBackward(nil, corpus.EncodeDocument(nil, tok, docs[i]))
	}); err != nil {
		return Result{}, err
	}
	var sum Result
	for i, doc := range scores {
		d := docs[i]
		r := Result{
			Tokens: len(doc), Bytes: d.Bytes(), Words: words(d.Text),
			Chars: utf8.RuneCountInString(d.Text) + utf8.RuneCountInString(d.End),
		}
		for k, logProb := range doc {
			if math.IsNaN(logProb) || logProb > 1e-3 {
				return Result{}, fmt.Errorf("document %d, backwards: %w: token %d has ln P = %v; "+
					"want a number of at most 0", i+1, lm.ErrNoProbability, k+1, logProb)
			}
			r.Nats -= min(logProb, 0)
		}
		sum.Add(r)
	}
	if sum.Tokens == 0 {
		return Result{}, fmt.Errorf("the text has no tokens (%d documents); choose a larger text "+
			"or another split", len(docs))
	}
	return sum, nil
}
