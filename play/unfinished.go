package play

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// reading is a prompt as a model reads it. While one types, the last word is not finished: to a model of words "spri" is not
// the beginning of " spring" but four letters it has hardly ever seen in a row. Then the model reads up to the word, and what may
// follow is restricted to the tokens that go on as typed (known as token healing).
type reading struct {
	tokens     []lm.Token
	unfinished string // the beginning of a word that the next token must complete; "": none
}

// readPrompt cuts a prompt into tokens; heal looks for an unfinished word.
func (e *exhibit) readPrompt(prompt string, heal bool) reading {
	if heal {
		if begin := e.unfinished(prompt); begin >= 0 {
			return reading{e.tokenizer().Encode(nil, prompt[:begin]), prompt[begin:]}
		}
	}
	return reading{tokens: e.tokenizer().Encode(nil, prompt)}
}

// unfinished returns where the unfinished word of a prompt begins, or −1.
func (e *exhibit) unfinished(prompt string) int {
	tok := e.tokenizer()
	var begin int
	switch tok.Name() {
	case "word", "bpe":
		begin = lastWord(prompt)
	case "whitespace":
		begin = strings.LastIndexFunc(prompt, unicode.IsSpace) + 1
	default:
		return -1 // letters are whole tokens
	}
	word := prompt[begin:]
	if word == "" || !e.completes(word) {
		return -1
	}
	if t := tok.Encode(nil, word); len(t) == 1 && word != " " && (tok.Name() != "whitespace" || t[0] != corpus.Unk) {
		return -1 // it is a whole word
	}
	return begin
}

// lastWord returns where the letters and digits at the end of a text begin, with the space before them.
func lastWord(text string) int {
	begin := len(text)
	for begin > 0 {
		r, n := utf8.DecodeLastRuneInString(text[:begin])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		begin -= n
	}
	if begin > 0 && text[begin-1] == ' ' {
		begin--
	}
	return begin
}

// completes reports whether a token is longer than a word and begins so.
func (e *exhibit) completes(word string) bool {
	for _, text := range e.texts {
		if len(text) > len(word) && strings.HasPrefix(text, word) {
			return true
		}
	}
	return false
}

// restrict returns ln P of what follows a reading, given ln P of what follows its tokens.
func (e *exhibit) restrict(r reading, logProbs []float64) []float64 {
	out := append([]float64(nil), logProbs...)
	if r.unfinished == "" {
		return out
	}
	whole := 0.0
	for t, text := range e.texts {
		if len(text) > len(r.unfinished) && strings.HasPrefix(text, r.unfinished) {
			whole += math.Exp(out[t])
		} else {
			out[t] = math.Inf(-1)
		}
	}
	if whole == 0 {
		return append(out[:0], logProbs...) // none of them can come: the model has the word
	}
	for t := range out {
		out[t] -= math.Log(whole)
	}
	return out
}

// appended is what a token adds to a prompt; false for what is no text of its own, such as the end or half a character.
func (e *exhibit) appended(r reading, prompt string, t lm.Token) (string, bool) {
	text := e.texts[t]
	if t == lm.BOS || text == "" || !utf8.ValidString(text) {
		return "", false
	}
	if r.unfinished != "" {
		return strings.TrimPrefix(text, r.unfinished), true
	}
	if last, _ := utf8.DecodeLastRuneInString(prompt); e.tokenizer().Name() == "whitespace" && prompt != "" && !unicode.IsSpace(last) {
		return " " + text, true
	}
	return text, true
}
