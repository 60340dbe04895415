package models

import (
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// voice turns tokens into text as soon as they form whole characters.
type voice struct {
	m      *Model
	glue   string // space before each word, for a tokenizer that drops it
	begun  string // beginning of the first word, which is already in the prompt
	ids    []lm.Token
	tokens []Token
}

func newVoice(m *Model, p Prompt) *voice {
	v := &voice{m: m, begun: p.Unfinished}
	if p.Unfinished == "" && len(p.Tokens) > 0 {
		v.glue = v.space()
	}
	return v
}

// space returns the text between two words that belongs to neither.
func (v *voice) space() string {
	return corpus.TraitsOf(v.m.Tokenizer()).Separator
}

// say adds the next token. It returns false if yield does.
func (v *voice) say(t Token, yield func(Utterance) bool) bool {
	v.ids, v.tokens = append(v.ids, t.ID), append(v.tokens, t)
	text := v.m.Tokenizer().Decode(v.ids)
	r, size := utf8.DecodeLastRuneInString(text)
	partial := text == "" || r == utf8.RuneError && size == 1
	if partial && len(v.ids) < 2*utf8.UTFMax {
		return true // the rest of a character may follow
	}
	return v.flush(yield)
}

// flush yields the waiting tokens.
func (v *voice) flush(yield func(Utterance) bool) bool {
	if len(v.ids) == 0 {
		return true
	}
	text := v.glue + v.m.Tokenizer().Decode(v.ids)
	if len(v.begun) <= len(text) && text[:len(v.begun)] == v.begun {
		text = text[len(v.begun):]
	}
	u := Utterance{Text: text, Tokens: v.tokens}
	v.ids, v.tokens, v.begun, v.glue = nil, nil, "", v.space()
	return yield(u)
}
