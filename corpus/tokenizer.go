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

// Tokenizers are the names Train knows, from the finest cut to the coarsest.
func Tokenizers() []string { return []string{"byte", "char", "bpe", "word", "whitespace"} }

// Train learns the tokenizer of the given name from documents. vocab is the largest vocabulary allowed,
// BOS and all other special tokens included; 0 leaves the choice to the tokenizer.
func Train(name string, docs []Document, vocab int) (Tokenizer, error) {
	return trainOn(name, textsOf(docs), vocab)
}

// textsOf are the texts of documents, one after the other.
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
		return nil, fmt.Errorf("vocabulary of %d tokens: want a positive number, or 0 for the tokenizer's own choice", vocab)
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
		return nil, fmt.Errorf("no tokenizer %q; did you mean %q?", name, near)
	}
	return nil, fmt.Errorf("no tokenizer %q: choose one of %s", name, strings.Join(Tokenizers(), ", "))
}

// tooSmall is the error of a tokenizer that needs at least min tokens.
func tooSmall(name string, vocab, min int, because string) error {
	return fmt.Errorf("%s tokenizer with a vocabulary of %d: needs at least %d, %s; ask for more or for 0, its own choice", name, vocab, min, because)
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

// byFrequency returns the keys of counts, the most frequent first, ties in the order of the keys.
func byFrequency[K cmp.Ordered](counts map[K]int) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// bosText is how a reader sees the document boundary, whichever face of it: before a text, or predicted after one.
const bosText = "<bos>"

// visible is s as a reader should see it: what cannot be printed is escaped as in a Go string.
func visible(s string) string {
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
