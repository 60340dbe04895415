package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"lmzoo/lm"
)

// tokenizerFile is the content of tokenizer.json. Fields that a tokenizer does not use are omitted.
type tokenizerFile struct {
	Format    string   `json:"format"`
	Version   int      `json:"version"`
	Tokenizer string   `json:"tokenizer"`
	Alphabet  *string  `json:"alphabet,omitempty"` // code points in the order of their tokens
	Words     []string `json:"words,omitempty"`    // words in the order of their tokens, escaped
	Merges    [][]int  `json:"merges,omitempty"`   // pairs of tokens
	Specials  []string `json:"specials,omitempty"` // names of the special tokens
}

const (
	tokenizerFormat  = "lmzoo tokenizer"
	tokenizerVersion = 1
)

// MarshalTokenizer encodes a tokenizer as JSON. Equal tokenizers give equal bytes, so that the hash
// of the bytes identifies a tokenizer.
func MarshalTokenizer(tok Tokenizer) ([]byte, error) {
	f := tokenizerFile{Format: tokenizerFormat, Version: tokenizerVersion, Tokenizer: tok.Name()}
	if s, ok := tok.(*special); ok {
		f.Specials, tok = s.names, s.base
	}
	switch t := tok.(type) {
	case Byte:
	case *Char:
		f.Alphabet = t.letters.text()
	case *Word:
		f.Alphabet, f.Words = t.letters.text(), escapeAll(t.words)
	case *BPE:
		for _, m := range t.merges {
			f.Merges = append(f.Merges, []int{int(m[0]), int(m[1])})
		}
	case *Whitespace:
		f.Words = escapeAll(t.words)
	default:
		return nil, fmt.Errorf("tokenizer %q cannot be saved; want one of %s", tok.Name(),
			strings.Join(Tokenizers(), ", "))
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	return out.Bytes(), nil
}

// LoadTokenizer decodes and validates the output of MarshalTokenizer.
func LoadTokenizer(data []byte) (Tokenizer, error) {
	tok, err := loadTokenizer(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w; want the file that was saved with the model",
			err)
	}
	return tok, nil
}

func loadTokenizer(data []byte) (Tokenizer, error) {
	f, err := parseTokenizer(data)
	if err != nil {
		return nil, err
	}
	if err := f.only(); err != nil {
		return nil, err
	}
	base, err := f.base()
	if err != nil {
		return nil, err
	}
	return WithSpecials(base, f.Specials...)
}

// base returns the tokenizer without its special tokens.
func (f *tokenizerFile) base() (Tokenizer, error) {
	switch f.Tokenizer {
	case "char":
		letters, err := f.alphabet()
		if err != nil {
			return nil, err
		}
		return &Char{letters}, nil
	case "word":
		letters, err := f.alphabet()
		if err != nil {
			return nil, err
		}
		words, err := f.words(func(w string) bool {
			return w != "" &&
				len(letters.spell(nil, w)) > 1
		})
		if err != nil {
			return nil, err
		}
		return newWord(letters, words), nil
	case "bpe":
		merges, err := f.merges()
		if err != nil {
			return nil, err
		}
		return newBPE(merges), nil
	case "whitespace":
		words, err := f.words(func(w string) bool { return isWord(w) && !reserved(w) })
		if err != nil {
			return nil, err
		}
		return newWhitespace(words), nil
	}
	return Byte{}, nil
}

func parseTokenizer(data []byte) (f tokenizerFile, err error) {
	if !utf8.Valid(data) {
		return f, errors.New("is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	var head struct{ Format string }
	if json.Unmarshal(data, &head) == nil && head.Format != tokenizerFormat {
		return f, fmt.Errorf("has the format %q, not %q", head.Format, tokenizerFormat)
	}
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return f, errors.New("is cut short")
		}
		return f, err
	}
	if _, err := d.Token(); err != io.EOF {
		return f, errors.New("trailing data after the JSON object")
	}
	if f.Version != tokenizerVersion {
		return f, fmt.Errorf("version %d; this program reads version %d", f.Version,
			tokenizerVersion)
	}
	return f, nil
}

// only checks that the file has exactly the fields of its tokenizer.
func (f *tokenizerFile) only() error {
	fields, ok := map[string]string{"byte": "", "char": "alphabet", "word": "alphabet words",
		"bpe": "merges", "whitespace": "words"}[f.Tokenizer]
	if !ok {
		return fmt.Errorf("unknown tokenizer %q; want one of %s", f.Tokenizer,
			strings.Join(Tokenizers(), ", "))
	}
	for _, field := range []struct {
		name string
		has  bool
	}{{"alphabet", f.Alphabet != nil}, {"words", f.Words != nil}, {"merges", f.Merges != nil}} {
		if field.has && !strings.Contains(fields, field.name) {
			return fmt.Errorf("a %s tokenizer has no %s", f.Tokenizer, field.name)
		}
	}
	return nil
}

func (a *alphabet) text() *string {
	s := string(a.runes)
	return &s
}

func (f *tokenizerFile) alphabet() (*alphabet, error) {
	if f.Alphabet == nil {
		return nil, fmt.Errorf("a %s tokenizer needs an alphabet", f.Tokenizer)
	}
	a := newAlphabet([]rune(*f.Alphabet))
	if len(a.ids) != len(a.runes) {
		return nil, errors.New("a character occurs twice in the alphabet")
	}
	return a, nil
}

func (f *tokenizerFile) words(valid func(string) bool) ([]string, error) {
	seen := make(map[string]bool, len(f.Words))
	var words []string
	for i, escaped := range f.Words {
		w, err := unescape(escaped)
		if err != nil {
			return nil, fmt.Errorf("word %d: %w", i, err)
		}
		if !valid(w) {
			return nil, fmt.Errorf("word %d: %q cannot be a word of a %s tokenizer", i, w,
				f.Tokenizer)
		}
		if seen[w] {
			return nil, fmt.Errorf("word %d: %q occurs twice", i, w)
		}
		seen[w] = true
		words = append(words, w)
	}
	return words, nil
}

func (f *tokenizerFile) merges() ([]Merge, error) {
	length := make([]int, byteTokens, byteTokens+len(f.Merges))
	for i := range length {
		length[i] = 1
	}
	seen := make(map[Merge]bool, len(f.Merges))
	var merges []Merge
	for i, pair := range f.Merges {
		if len(pair) != 2 {
			return nil, fmt.Errorf("merge %d joins %d tokens, not 2", i, len(pair))
		}
		for _, t := range pair {
			if t < 1 || t >= len(length) {
				return nil, fmt.Errorf("merge %d joins token %d; want 1 to %d", i, t, len(length)-1)
			}
		}
		m := Merge{lm.Token(pair[0]), lm.Token(pair[1])}
		n := length[m[0]] + length[m[1]]
		if n > maxTokenBytes {
			return nil, fmt.Errorf("merge %d makes a token of %d bytes, more than %d", i, n,
				maxTokenBytes)
		}
		if seen[m] {
			return nil, fmt.Errorf("merge %d: the pair %d %d occurs twice", i, m[0], m[1])
		}
		seen[m] = true
		length = append(length, n)
		merges = append(merges, m)
	}
	return merges, nil
}

// escape encodes arbitrary bytes as a JSON string: a byte that is not UTF-8 becomes \xff, and a
// backslash is doubled.
func escape(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for s != "" {
		switch r, size := utf8.DecodeRuneInString(s); {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[0])
			s = s[1:]
		case r == '\\':
			out.WriteString(`\\`)
			s = s[1:]
		default:
			out.WriteString(s[:size])
			s = s[size:]
		}
	}
	return out.String()
}

func escapeAll(words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, escape(w))
	}
	return out
}

func unescape(s string) (string, error) {
	var out []byte
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return string(append(out, s...)), nil
		}
		out = append(out, s[:i]...)
		switch s = s[i:]; {
		case strings.HasPrefix(s, `\\`):
			out, s = append(out, '\\'), s[2:]
		case strings.HasPrefix(s, `\x`) && len(s) >= 4:
			b, err := strconv.ParseUint(s[2:4], 16, 8)
			if err != nil {
				return "", fmt.Errorf("bad escape %q", s[:4])
			}
			out, s = append(out, byte(b)), s[4:]
		default:
			return "", fmt.Errorf("bad escape %q", s)
		}
	}
	return string(out), nil
}
