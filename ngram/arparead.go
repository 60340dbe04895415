package ngram

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"lmzoo/lm"
)

// unkToken is the token of the unknown word, regardless of its line in the file.
const unkToken = 1

// missingUnk is log10 P of the unknown word in a file without it, as in KenLM.
const missingUnk = -100

// maxLine bounds a line of an ARPA file.
const maxLine = 1 << 20

// ReadARPA reads a model of any toolkit, compressed by gzip or not, and returns the words of its
// tokens: 0 is </s> (and, as a history, <s>), 1 is <unk>, and the others are numbered in the order
// of the file. Words are bytes and remain unchanged: a backslash is a backslash. They end at a
// space, tab or line end, as in KenLM's reader, and not at the other spaces of Unicode.
//
// As in KenLM, a file without <s> or </s> is refused, <unk> gets the probability 1e-100 if the file
// lacks it, and missing weights are 1. If a file lists both <unk> and <UNK>, the first is the
// unknown word and the second an ordinary word; KenLM treats both as the unknown word.
func ReadARPA(r io.Reader) (*Model, []string, error) {
	in, err := unpackARPA(r)
	if err != nil {
		return nil, nil, fmt.Errorf("ARPA file: %w", err)
	}
	a := &arpaReader{in: in, token: map[string]uint32{}}
	if err := a.read(); err != nil {
		return nil, nil, fmt.Errorf("ARPA file, line %d: %w", a.line, err)
	}
	g, err := a.grams()
	if err != nil {
		return nil, nil, fmt.Errorf("ARPA file: %w", err)
	}
	cfg := Config{Order: g.order, Smoothing: "arpa", Vocab: len(a.words), Unk: a.unk,
		NoCounts: true}
	return g.pack(header{Config: cfg}), a.words, nil
}

// unpackARPA decompresses a gzip file and refuses formats that are commonly mistaken for ARPA.
func unpackARPA(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if head, _ := in.Peek(2); string(head) == "\x1f\x8b" {
		unzip, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = bufio.NewReaderSize(unzip, 1<<16)
	}
	head, _ := in.Peek(64) // an error recurs with the first line
	for _, f := range mistaken {
		if strings.HasPrefix(string(head), f.magic) {
			return nil, errors.New(f.why)
		}
	}
	return in, nil
}

// mistaken lists formats that are commonly mistaken for ARPA, by their first bytes.
var mistaken = []struct{ magic, why string }{
	{"mmap lm http://kheafield.com/code", "this is a KenLM binary; want the ARPA file that " +
		"build_binary made it from"},
	{"SRILM_", "this is an SRILM binary; write ARPA with: ngram -lm FILE -write-lm FILE.arpa"},
	{"blmt", "this is an IRSTLM binary; write ARPA with: compile-lm --text yes FILE FILE.arpa"},
	{"iARPA", "this is IRSTLM's iARPA; write ARPA with: compile-lm --text yes FILE FILE.arpa"},
	{"\xef\xbb\xbf", "it begins with a byte order mark, which KenLM refuses too; save it as " +
		"UTF-8 without one"},
	{"\xff\xfe", "this is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"},
	{"\xfe\xff", "this is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"},
	{"BZh", "it is compressed by bzip2; decompress it with bunzip2, or use gzip"},
	{"\xfd7zXZ", "it is compressed by xz; decompress it with unxz, or use gzip"},
	{"\x28\xb5\x2f\xfd", "it is compressed by zstd; decompress it with unzstd, or use gzip"},
}

// arpaReader holds the entries of a file, by order.
type arpaReader struct {
	in      *bufio.Reader
	line    int
	buf     []byte   // the line
	fields  []string // the fields of the line
	words   []string
	token   map[string]uint32 // by word; <s> and </s> are both 0
	unk     lm.Token
	hasUnk  bool // the file lists it
	claimed []int
	orders  []arpaOrder
}

// arpaOrder holds the n-grams of one order as the file lists them.
type arpaOrder struct {
	words         []uint32 // order numbers per entry
	prob, backoff []float32
}

// next returns the next line without its end and surrounding space.
func (a *arpaReader) next() (string, error) {
	a.buf = a.buf[:0]
	for {
		part, err := a.in.ReadSlice('\n')
		a.buf = append(a.buf, part...)
		if len(a.buf) > maxLine {
			return "", fmt.Errorf("longer than %d bytes; want an ARPA file", maxLine)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err == io.EOF && len(a.buf) == 0 {
			return "", errors.New(
				`the file ends before \end\: it is truncated, or not an ARPA file`)
		}
		if err != nil && err != io.EOF {
			return "", err
		}
		a.line++
		return string(bytes.Trim(a.buf, separators)), nil
	}
}

func (a *arpaReader) read() error {
	line, err := a.next()
	for ; err == nil && line != `\data\`; line, err = a.next() {
		if strings.HasPrefix(line, `\`) {
			return fmt.Errorf(`%.40q instead of \data\; want an ARPA file`, line)
		}
	}
	for line, err = a.next(); err == nil && !strings.HasPrefix(line, `\`); line, err = a.next() {
		if line == "" {
			continue
		}
		if err := a.claim(line); err != nil {
			return err
		}
	}
	if len(a.claimed) == 0 && err == nil {
		return errors.New(`no "ngram 1=…" line before the n-grams`)
	}
	for err == nil && line != `\end\` {
		if want := fmt.Sprintf(`\%d-grams:`, len(a.orders)+1); line != want ||
			len(a.orders) == len(a.claimed) {
			return fmt.Errorf(`%.40q: want %s or \end\ after %d orders of %d`, line, want,
				len(a.orders), len(a.claimed))
		}
		a.orders = append(a.orders, arpaOrder{})
		line, err = a.section(len(a.orders))
	}
	if err == nil && len(a.orders) < len(a.claimed) {
		return fmt.Errorf(`\end\ after %d orders; want %d`, len(a.orders), len(a.claimed))
	}
	if err == nil {
		err = a.boundaries()
	}
	return err
}

// boundaries checks that the unigrams include both forms of the document boundary.
func (a *arpaReader) boundaries() error {
	for _, b := range [2]struct{ word, does string }{{openWord, "begins"}, {closeWord, "ends"}} {
		if _, ok := a.token[b.word]; !ok {
			return fmt.Errorf("no %s among the unigrams: the model does not know how a document "+
				"%s, and KenLM refuses it too; export it with sentence boundaries", b.word, b.does)
		}
	}
	return nil
}

// claim reads a line such as "ngram 2=105136".
func (a *arpaReader) claim(line string) error {
	order, n, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "ngram")), "=")
	k, err1 := strconv.Atoi(strings.TrimSpace(order))
	count, err2 := strconv.Atoi(strings.TrimSpace(n))
	if !strings.HasPrefix(line, "ngram") || !ok || err1 != nil || err2 != nil || count < 0 {
		return fmt.Errorf("%.40q is not a count; want ngram ORDER=COUNT", line)
	}
	if k != len(a.claimed)+1 {
		return fmt.Errorf("%.40q is out of order; want order %d next", line, len(a.claimed)+1)
	}
	if k > MaxOrder {
		return fmt.Errorf("order %d is too high; want at most %d", k, MaxOrder)
	}
	a.claimed = append(a.claimed, count)
	return nil
}

// section reads the n-grams of one order and returns the line after them.
func (a *arpaReader) section(order int) (string, error) {
	n := 0
	for {
		line, err := a.next()
		if err != nil {
			return "", err
		}
		if line == "" {
			continue
		}
		if line[0] == '\\' && (line == `\end\` || strings.HasSuffix(line, "-grams:")) {
			if n != a.claimed[order-1] {
				return "", fmt.Errorf("the file is damaged: it has %d n-grams of order %d; want %d",
					n,
					order, a.claimed[order-1])
			}
			return line, nil
		}
		if err := a.entry(order, line); err != nil {
			return "", err
		}
		n++
	}
}

// entry reads "log10P word … word [log10γ]".
func (a *arpaReader) entry(order int, line string) error {
	a.split(line)
	fields := a.fields
	if len(fields) != order+1 && len(fields) != order+2 {
		return fmt.Errorf("%.60q has %d fields; want a probability, %d words and optionally a "+
			"weight", line, len(fields), order)
	}
	prob, err := parseLog(fields[0])
	if err != nil || prob > 0 {
		return fmt.Errorf("%.40q is not a log-probability; want a log10 of at most 0", fields[0])
	}
	backoff := float32(0)
	if len(fields) == order+2 {
		if backoff, err = parseLog(fields[order+1]); err != nil {
			return fmt.Errorf("%.40q is not a backoff weight; want its log10", fields[order+1])
		}
	}
	if order == 1 {
		return a.unigram(fields[1], prob, backoff)
	}
	o := &a.orders[order-1]
	at := len(o.words)
	for i, word := range fields[1 : order+1] {
		token, ok := a.token[word]
		switch {
		case !ok:
			return fmt.Errorf("%.40q is not among the unigrams", word)
		case i > 0 && word == openWord, i < order-1 && word == closeWord, i == 0 &&
			word == closeWord:
			o.words = o.words[:at] // <s> is never predicted, and nothing follows </s>
			return nil
		}
		o.words = append(o.words, token)
	}
	o.prob, o.backoff = append(o.prob, prob), append(o.backoff, backoff)
	return nil
}

// split cuts a line at the separators.
func (a *arpaReader) split(line string) {
	a.fields = a.fields[:0]
	begin := 0
	for i := 0; i <= len(line); i++ {
		if i < len(line) && strings.IndexByte(separators, line[i]) < 0 {
			continue
		}
		if i > begin {
			a.fields = append(a.fields, line[begin:i])
		}
		begin = i + 1
	}
}

// parseLog reads a logarithm: a number or −inf.
func parseLog(s string) (float32, error) {
	v, err := strconv.ParseFloat(s, 32)
	if err != nil {
		return 0, err
	}
	if math.IsNaN(v) || math.IsInf(v, 1) {
		return 0, errors.New("not a logarithm")
	}
	return float32(v), nil
}

// unigram adds a word. <s> and </s> share token 0: the first sets its weight, the second its
// probability.
func (a *arpaReader) unigram(word string, prob, backoff float32) error {
	o := &a.orders[0]
	if len(o.prob) == 0 {
		a.words, a.unk = []string{closeWord, "<unk>"}, unkToken
		o.prob, o.backoff = []float32{float32(math.Inf(-1)), missingUnk}, []float32{0, 0}
	}
	if _, ok := a.token[word]; ok {
		return fmt.Errorf("%.40q occurs twice among the unigrams", word)
	}
	switch word {
	case openWord:
		a.token[word], o.backoff[0] = 0, backoff
		return nil
	case closeWord:
		a.token[word], o.prob[0] = 0, prob
		return nil
	}
	word = strings.Clone(word) // frees the line
	if unkWords[word] && !a.hasUnk {
		a.hasUnk, a.token[word], a.words[unkToken] = true, unkToken, word
		o.prob[unkToken], o.backoff[unkToken] = prob, backoff
		return nil
	}
	token := uint32(len(a.words))
	a.token[word] = token
	a.words = append(a.words, word)
	o.prob, o.backoff = append(o.prob, prob), append(o.backoff, backoff)
	return nil
}
