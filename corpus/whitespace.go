package corpus

import (
	"fmt"
	"iter"
	"strings"

	"lmzoo/lm"
)

// Whitespace is the closed vocabulary of the n-gram toolkits (SRILM, KenLM): a word is a run of
// bytes between separators, and every word outside the vocabulary is the one token <unk>. It loses
// the spacing of the words and the spelling of unknown ones, so that its perplexity can be compared
// only with perplexities over the same vocabulary, and never per byte.
//
// Words are bytes: they are never decoded, so that any encoding works, and the separators are those
// of KenLM's lmplz: space, tab, line feed, carriage return and NUL. Unicode's other spaces, such as
// the no-break space, belong to words. KenLM's query differs: it separates words at vertical tab
// and form feed too, and not at NUL.
//
// As KenLM does with its option to skip them, it treats <s> and </s> in a text as separators,
// because they name the document boundary. The word <unk> in a text is the token <unk>.
type Whitespace struct {
	words []string // tokens 2 …
	ids   map[string]lm.Token
}

// Fields returns the words of a text as Whitespace separates them, with <s> and </s>.
func Fields(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		begin := 0
		for i := 0; i <= len(text); i++ {
			if i < len(text) && !separates(text[i]) {
				continue
			}
			if begin < i && !yield(text[begin:i]) {
				return
			}
			begin = i + 1
		}
	}
}

// separates reports whether a byte is a word separator.
func separates(b byte) bool {
	return b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == 0
}

// isWord reports whether Fields can return w.
func isWord(w string) bool {
	for i := range len(w) {
		if separates(w[i]) {
			return false
		}
	}
	return w != ""
}

// Unk is the token of every word outside the vocabulary of Whitespace.
const Unk lm.Token = 1

const (
	unkText   = "<unk>"
	firstWord = int(Unk) + 1
)

// TrainWhitespace learns the words of the documents, most frequent first. If vocab is 0, it keeps
// all words, as the toolkits do.
func TrainWhitespace(docs []Document, vocab int) (*Whitespace, error) {
	return trainWhitespace(textsOf(docs), vocab)
}

func trainWhitespace(texts iter.Seq[string], vocab int) (*Whitespace, error) {
	if vocab != 0 && vocab < firstWord {
		return nil, tooSmall("whitespace", vocab, firstWord, "the document boundary and "+unkText)
	}
	counts := tally{}
	for text := range texts {
		for w := range Fields(text) {
			if !reserved(w) {
				counts.add(w)
			}
		}
	}
	words := byFrequency(counts.counts())
	if vocab != 0 {
		words = words[:min(len(words), vocab-firstWord)]
	}
	return newWhitespace(words), nil
}

// NewWhitespace returns the tokenizer for a given vocabulary: words[t] is the word of token t. The
// first two are the document boundary and <unk>, whatever their names.
func NewWhitespace(words []string) (*Whitespace, error) {
	if len(words) < firstWord {
		return nil, tooSmall("whitespace", len(words), firstWord,
			"the document boundary and "+unkText)
	}
	w := newWhitespace(words[firstWord:])
	if len(w.ids) != len(w.words) {
		return nil, fmt.Errorf("vocabulary of %d words: only %d are different; want each word once",
			len(w.words), len(w.ids))
	}
	return w, nil
}

func reserved(w string) bool { return w == "<s>" || w == "</s>" || w == unkText }

func newWhitespace(words []string) *Whitespace {
	w := &Whitespace{words: words, ids: make(map[string]lm.Token, len(words))}
	for i, s := range words {
		w.ids[s] = lm.Token(firstWord + i)
	}
	return w
}

// Name returns "whitespace".
func (w *Whitespace) Name() string { return "whitespace" }

// Vocab returns the number of tokens: BOS, <unk> and the words.
func (w *Whitespace) Vocab() int { return firstWord + len(w.words) }

// Encode appends one token per word.
func (w *Whitespace) Encode(dst []lm.Token, text string) []lm.Token {
	for s := range Fields(text) {
		switch id, ok := w.ids[s]; {
		case ok:
			dst = append(dst, id)
		case s != "<s>" && s != "</s>":
			dst = append(dst, Unk)
		}
	}
	return dst
}

// Decode joins the words with single spaces.
func (w *Whitespace) Decode(tokens []lm.Token) string {
	var words []string
	for _, t := range tokens {
		if t == Unk {
			words = append(words, unkText)
		} else if i := int(t) - firstWord; i >= 0 && i < len(w.words) {
			words = append(words, w.words[i])
		}
	}
	return strings.Join(words, " ")
}

// Text returns a printable form of the word.
func (w *Whitespace) Text(t lm.Token) string {
	if t == lm.BOS {
		return bosText
	}
	return visible(w.Decode([]lm.Token{t}))
}

// Bytes returns the length of the word; the surrounding white space belongs to no token. It returns
// −1 for <unk>, which may stand for any word, so that a text with <unk> has no bits per byte.
func (w *Whitespace) Bytes(t lm.Token) int {
	if t == Unk {
		return -1
	}
	if i := int(t) - firstWord; i >= 0 && i < len(w.words) {
		return len(w.words[i])
	}
	return 0
}
