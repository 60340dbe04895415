package report

import (
	"strings"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
)

// Passage is the beginning of a held-out document, with the cost of every token for every model.
type Passage struct {
	Document int      `json:"document"` // index of the document in the text, from 1
	Cut      bool     `json:"cut"`      // true if the excerpt ends before the document does
	Tokens   []string `json:"tokens"`
	Classes  []string `json:"classes,omitempty"` // on the world, the class of a token
	// Nats has the costs for each row of Comparison.Rows; null: probability 0
	Nats [][]eval.Number `json:"nats"`
	// Truth has, on the world, the costs under the exact distribution; null: the token is not one
	// event
	Truth []*eval.Number `json:"truth,omitempty"`
}

const (
	passageTokens = 400
	passageBytes  = 900
	shortPassage  = 120 // minimum number of bytes of the document shown
)

// passage returns the first document that is long enough, or the longest. It returns nil if the
// rows have different tokenizers.
func passage(rows []*Row, tok corpus.Tokenizer) *Passage {
	for _, r := range rows {
		if r.tokenizer != rows[0].tokenizer {
			return nil
		}
	}
	t := rows[0].tokens
	doc := 0
	for i, d := range t.docs {
		if len(d.Text) > len(t.docs[doc].Text) {
			doc = i
		}
		if len(d.Text) >= shortPassage {
			break
		}
	}
	ids := t.ids[doc]
	ends := t.ends(doc)
	n := min(len(ids), passageTokens)
	for ends != nil && n > 1 && ends[n-1] > passageBytes {
		n--
	}
	p := &Passage{Document: doc + 1, Cut: n < len(ids) || t.docs[doc].Cut}
	for _, id := range ids[:n] {
		p.Tokens = append(p.Tokens, shown(tok, id))
	}
	for _, r := range rows {
		nats := make([]eval.Number, n)
		for i := range nats {
			nats[i] = eval.Number(round(r.tokens.nats[doc][i]))
		}
		p.Nats = append(p.Nats, nats)
	}
	p.truth(t.docs[doc], ends, n)
	return p
}

// shown returns the text of a token, or the name of one that has no text, such as the end of a
// document.
func shown(tok corpus.Tokenizer, id lm.Token) string {
	if text := tok.Decode([]lm.Token{id}); text != "" && strings.ToValidUTF8(text, "") == text {
		return text
	}
	return tok.Text(id)
}

// truth adds the exact costs of the tokens that are one event of the world each.
func (p *Passage) truth(d corpus.Document, ends []int, n int) {
	if len(d.Truth) == 0 || ends == nil {
		return
	}
	if !d.Cut && len(ends) > 0 {
		ends[len(ends)-1] = d.Bytes() // the end of the document
	}
	p.Classes, p.Truth = make([]string, n), make([]*eval.Number, n)
	at, event := 0, 0
	for i, end := range ends[:n] {
		begin := 0
		if i > 0 {
			begin = ends[i-1]
		}
		for event < len(d.Truth) && at+d.Truth[event].Bytes <= begin {
			at += d.Truth[event].Bytes
			event++
		}
		if event == len(d.Truth) {
			return
		}
		e := d.Truth[event]
		p.Classes[i] = e.Class.String()
		if at == begin && at+e.Bytes == end {
			p.Truth[i] = finite(round(e.Nats))
		}
	}
}
