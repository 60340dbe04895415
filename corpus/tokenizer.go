package corpus

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lmzoo/lm"
	"lmzoo/suggest"
)

// Tokenizers returns the names that Train accepts, from the smallest tokens to the largest.
func Tokenizers() []string { return []string{"byte", "char", "bpe", "word", "whitespace"} }

// Train learns the tokenizer of the given name from documents. vocab bounds the vocabulary, BOS
// included; with 0 the tokenizer chooses its size.
func Train(name string, docs []Document, vocab int) (Tokenizer, error) {
	return trainOn(name, textsOf(docs), vocab)
}

// textsOf yields the texts of documents.
func textsOf(docs []Document) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, d := range docs {
			if !yield(d.Text) {
				return
			}
		}
	}
}

// trainOn learns a tokenizer from texts, which it reads once.
func trainOn(name string, texts iter.Seq[string], vocab int) (Tokenizer, error) {
	if vocab < 0 {
		return nil, fmt.Errorf("vocabulary of %d tokens; want a positive number, or 0 for the "+
			"tokenizer's own choice", vocab)
	}
	switch name {
	case "byte":
		return NewByte(vocab)
	case "char":
		return trainChar(texts, vocab)
	case "word":
		return trainWord(texts, vocab)
	case "bpe":
		return trainBPE(texts, vocab)
	case "whitespace":
		return trainWhitespace(texts, vocab)
	}
	if near := suggest.Nearest(name, Tokenizers()); near != "" {
		return nil, fmt.Errorf("unknown tokenizer %q; did you mean %q?", name, near)
	}
	return nil, fmt.Errorf("unknown tokenizer %q; want one of %s", name,
		strings.Join(Tokenizers(), ", "))
}

// tooSmall returns the error for a vocabulary below min tokens.
func tooSmall(name string, vocab, min int, because string) error {
	return fmt.Errorf("%s tokenizer with a vocabulary of %d: needs at least %d, %s; want more, "+
		"or 0 for the tokenizer's own choice", name, vocab, min, because)
}

// EncodeDocuments encodes every document as EncodeDocument does.
func EncodeDocuments(tok Tokenizer, docs []Document) [][]lm.Token {
	ends := make([]int, len(docs))
	var all []lm.Token
	for i, d := range docs {
		all = EncodeDocument(all, tok, d)
		ends[i] = len(all)
	}
	out := make([][]lm.Token, len(docs))
	begin := 0
	for i, end := range ends {
		out[i] = all[begin:end:end]
		begin = end
	}
	return out
}

// byFrequency returns the keys of counts, most frequent first, and equally frequent keys in
// ascending order.
func byFrequency[K cmp.Ordered](counts map[K]int) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// bosText is the printable form of the document boundary.
const bosText = "<bos>"

// visible returns s with unprintable characters escaped as in a Go string.
func visible(s string) string {
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
