package corpus

import (
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"lmzoo/lm"
)

// maxSpecials and maxSpecialBytes bound the special tokens of a tokenizer.json.
const (
	maxSpecials     = 1024
	maxSpecialBytes = 64
)

// special is a tokenizer whose vocabulary is extended by special tokens: marks such as [MASK] or
// the roles of a conversation that a program inserts and a text cannot. Encode is that of the base
// tokenizer, so a text that spells the name of a special token is ordinary text: neither a user nor
// the output of a tool can forge one.
type special struct {
	base  Tokenizer
	names []string // names of the tokens base.Vocab() …
}

// WithSpecials returns tok with a special token for each name. Their ids follow the vocabulary of
// tok in the order of the names. Encode never returns one, whatever the text says, and Decode skips
// them. If tok already has special tokens, the new ones follow them.
func WithSpecials(tok Tokenizer, names ...string) (Tokenizer, error) {
	s := &special{base: tok}
	if t, ok := tok.(*special); ok {
		s.base, s.names = t.base, slices.Clone(t.names)
	}
	for _, name := range names {
		if err := s.add(name); err != nil {
			return nil, err
		}
	}
	if len(s.names) == 0 {
		return tok, nil
	}
	return s, nil
}

func (s *special) add(name string) error {
	if err := checkSpecial(name); err != nil {
		return fmt.Errorf("special token %q: %w", name, err)
	}
	if slices.Contains(s.names, name) {
		return fmt.Errorf("special token %q: the name is taken; want a different name for each",
			name)
	}
	if len(s.names) == maxSpecials {
		return fmt.Errorf("special token %q: there are %d already; want fewer", name, maxSpecials)
	}
	s.names = append(s.names, name)
	return nil
}

// checkSpecial reports why a string cannot name a special token.
func checkSpecial(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty; want one such as [MASK]")
	case len(name) > maxSpecialBytes:
		return fmt.Errorf("the name takes %d bytes; want at most %d", len(name), maxSpecialBytes)
	case name == bosText:
		return errors.New("the name is that of the document boundary; want another")
	case !utf8.ValidString(name):
		return errors.New("the name is not valid UTF-8; want printable characters")
	}
	for _, r := range name {
		if !unicode.IsGraphic(r) {
			return fmt.Errorf("the name contains %U; want printable characters", r)
		}
	}
	return nil
}

// Special returns the special token with a name, or false if tok has no special token of that name.
func Special(tok Tokenizer, name string) (lm.Token, bool) {
	s, ok := tok.(*special)
	if !ok {
		return 0, false
	}
	i := slices.Index(s.names, name)
	if i < 0 {
		return 0, false
	}
	return lm.Token(s.base.Vocab() + i), true
}

// Specials returns the names of the special tokens of tok in the order of their ids.
func Specials(tok Tokenizer) []string {
	if s, ok := tok.(*special); ok {
		return slices.Clone(s.names)
	}
	return nil
}

func (s *special) Name() string { return s.base.Name() }

func (s *special) Vocab() int { return s.base.Vocab() + len(s.names) }

func (s *special) Encode(dst []lm.Token, text string) []lm.Token { return s.base.Encode(dst, text) }

func (s *special) Decode(tokens []lm.Token) string { return s.base.Decode(tokens) }

func (s *special) Text(t lm.Token) string {
	if i := int(t) - s.base.Vocab(); i >= 0 && i < len(s.names) {
		return s.names[i]
	}
	return s.base.Text(t)
}

func (s *special) Bytes(t lm.Token) int { return s.base.Bytes(t) }
