package report

import (
	"context"
	"fmt"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
)

// tokenized holds documents in the tokens of a model, with their costs.
type tokenized struct {
	docs []corpus.Document
	// ids holds the tokens of every document; the last token is the closing BOS, unless the
	// document is cut
	ids   [][]lm.Token
	nats  [][]float64
	bytes func(lm.Token) int // number of bytes of a token; -1 if unknown

	mixed   bool    // true if other rows have another tokenizer
	offsets [][]int // if mixed, the end of every token in bytes; nil for a closed vocabulary
}

// closeBytes is the length of text evaluated token by token.
const closeBytes = 1 << 20

// beginning returns documents of about n bytes in total, and at least the beginning of the first
// document.
func beginning(docs []corpus.Document, n int) []corpus.Document {
	total := 0
	for i, d := range docs {
		if total += d.Bytes(); total <= n {
			continue
		}
		if i > 0 {
			return docs[:i]
		}
		return []corpus.Document{d.Head(n)}
	}
	return docs
}

// tokenize scores documents, which are the evaluated text or its beginning.
func tokenize(ctx context.Context, m lm.Model, tok corpus.Tokenizer, docs []corpus.Document,
	report *eval.Report, threads int) (tokenized, error) {
	t := tokenized{docs: docs, bytes: tok.Bytes}
	if report.PerToken == nil {
		part, err := eval.Run(ctx, m, tok, docs, eval.Options{Threads: threads, PerToken: true})
		if err != nil {
			return tokenized{}, fmt.Errorf("token by token: %w", err)
		}
		report = part
	}
	for _, doc := range report.PerToken {
		ids, nats := make([]lm.Token, len(doc)), make([]float64, len(doc))
		for i, token := range doc {
			ids[i], nats[i] = token.ID, float64(token.Nats)
		}
		t.ids, t.nats = append(t.ids, ids), append(t.nats, nats)
	}
	return t, nil
}

// ends returns the end of every token of a document in its text, in bytes. It returns nil for a
// closed vocabulary, whose tokens have no known length. The BOS that closes a document ends with
// its text.
func (t tokenized) ends(doc int) []int {
	ends := make([]int, len(t.ids[doc]))
	at := 0
	for i, id := range t.ids[doc] {
		if id != lm.BOS {
			n := t.bytes(id)
			if n < 0 {
				return nil
			}
			at += n
		}
		ends[i] = at
	}
	if at != len(t.docs[doc].Text) {
		return nil
	}
	return ends
}
