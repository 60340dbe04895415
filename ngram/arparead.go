package ngram

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"lmzoo/lm"
)

// missingUnk is log10 P of the unknown word in a file that has none; it is KenLM's.
const missingUnk = -100

// maxLine bounds a line of an ARPA file.
const maxLine = 1 << 20

// ReadARPA reads a model of any toolkit, packed by gzip or not, and returns the words of its tokens: 0 is
// </s> (and, as a history, <s>), the others are numbered as the file lists them. A file without <unk> gets
// one, with the probability 1e-100 as in KenLM. Weights that are missing are 1.
func ReadARPA(r io.Reader) (*Model, []string, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if head, err := in.Peek(2); err == nil && bytes.Equal(head, []byte{0x1f, 0x8b}) {
		unzip, err := gzip.NewReader(in)
		if err != nil {
			return nil, nil, fmt.Errorf("ARPA file: %w", err)
		}
		in = bufio.NewReaderSize(unzip, 1<<16)
	}
	a := &arpaReader{in: in, token: map[string]uint32{}}
	if err := a.read(); err != nil {
		return nil, nil, fmt.Errorf("ARPA file, line %d: %w", a.line, err)
	}
	g, err := a.grams()
	if err != nil {
		return nil, nil, fmt.Errorf("ARPA file: %w", err)
	}
	cfg := Config{Order: g.order, Smoothing: "arpa", Vocab: len(a.words), Unk: a.unk, NoCounts: true}
	return g.pack(header{Config: cfg}), a.words, nil
}

// arpaReader collects the entries of a file, per order.
type arpaReader struct {
	in      *bufio.Reader
	line    int
	words   []string
	token   map[string]uint32 // by word; <s> and </s> are both 0
	unk     lm.Token
	claimed []int
	orders  []arpaOrder
}

// arpaOrder holds the n-grams of one order as the file lists them.
type arpaOrder struct {
	words         []uint32 // order numbers per entry
	prob, backoff []float32
}

// next returns a line without its end and the space around it.
func (a *arpaReader) next() (string, error) {
	var line []byte
	for {
		part, err := a.in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return "", fmt.Errorf("longer than %d bytes: not an ARPA file", maxLine)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err == io.EOF && len(line) == 0 {
			return "", errors.New(`the file ends before \end\: it is truncated, or no ARPA file`)
		}
		if err != nil && err != io.EOF {
			return "", err
		}
		a.line++
		return strings.Trim(string(line), " \t\r\n"), nil
	}
}

func (a *arpaReader) read() error {
	line, err := a.next()
	for ; err == nil && line != `\data\`; line, err = a.next() {
		if strings.HasPrefix(line, `\`) {
			return fmt.Errorf(`%.40q where \data\ belongs: not an ARPA file`, line)
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
		if want := fmt.Sprintf(`\%d-grams:`, len(a.orders)+1); line != want || len(a.orders) == len(a.claimed) {
			return fmt.Errorf(`%.40q: want %s or \end\ after %d orders of %d`, line, want, len(a.orders), len(a.claimed))
		}
		a.orders = append(a.orders, arpaOrder{})
		line, err = a.section(len(a.orders))
	}
	if err == nil && len(a.orders) < len(a.claimed) {
		return fmt.Errorf(`\end\ after %d orders, %d are promised`, len(a.orders), len(a.claimed))
	}
	return err
}

// claim reads "ngram 2=105136".
func (a *arpaReader) claim(line string) error {
	order, n, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "ngram")), "=")
	k, err1 := strconv.Atoi(strings.TrimSpace(order))
	count, err2 := strconv.Atoi(strings.TrimSpace(n))
	if !strings.HasPrefix(line, "ngram") || !ok || err1 != nil || err2 != nil || count < 0 {
		return fmt.Errorf("%.40q: want ngram ORDER=COUNT", line)
	}
	if k != len(a.claimed)+1 {
		return fmt.Errorf("%.40q: want order %d next", line, len(a.claimed)+1)
	}
	if k > MaxOrder {
		return fmt.Errorf("order %d: want at most %d", k, MaxOrder)
	}
	a.claimed = append(a.claimed, count)
	return nil
}

// section reads the n-grams of one order and returns the line behind them.
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
				return "", fmt.Errorf("%d n-grams of order %d, %d are promised: the file is damaged", n, order, a.claimed[order-1])
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
	fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(fields) != order+1 && len(fields) != order+2 {
		return fmt.Errorf("%.60q: want a probability, %d words and perhaps a weight", line, order)
	}
	prob, err := parseLog(fields[0])
	if err != nil || prob > 0 {
		return fmt.Errorf("%.40q: want the log10 of a probability, at most 0", fields[0])
	}
	backoff := float32(0)
	if len(fields) == order+2 {
		if backoff, err = parseLog(fields[order+1]); err != nil {
			return fmt.Errorf("%.40q: want the log10 of a backoff weight", fields[order+1])
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
		case i > 0 && word == openWord, i < order-1 && word == closeWord, i == 0 && word == closeWord:
			o.words = o.words[:at] // <s> is never predicted and nothing follows </s>
			return nil
		}
		o.words = append(o.words, token)
	}
	o.prob, o.backoff = append(o.prob, prob), append(o.backoff, backoff)
	return nil
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

// unigram enters a word; <s> and </s> share token 0, one brings the weight and the other the probability.
func (a *arpaReader) unigram(word string, prob, backoff float32) error {
	o := &a.orders[0]
	if len(o.prob) == 0 {
		a.words, o.prob, o.backoff = []string{closeWord}, []float32{float32(math.Inf(-1))}, []float32{0}
	}
	if _, ok := a.token[word]; ok {
		return fmt.Errorf("%.40q stands twice among the unigrams", word)
	}
	switch word {
	case openWord:
		a.token[word], o.backoff[0] = 0, backoff
		return nil
	case closeWord:
		a.token[word], o.prob[0] = 0, prob
		return nil
	}
	token := uint32(len(a.words))
	if unkWords[word] && a.unk == 0 {
		a.unk = lm.Token(token)
	}
	a.token[word] = token
	a.words = append(a.words, unescape(word))
	o.prob, o.backoff = append(o.prob, prob), append(o.backoff, backoff)
	return nil
}

// grams sorts the n-grams into levels.
func (a *arpaReader) grams() (grams, error) {
	if len(a.words) == 0 {
		return grams{}, errors.New("no unigrams")
	}
	if a.unk == 0 {
		if err := a.unigram("<unk>", missingUnk, 0); err != nil {
			return grams{}, err
		}
	}
	for k := 2; k <= len(a.orders); k++ {
		if i := a.orders[k-1].sort(k); i >= 0 {
			var text []string
			for _, w := range a.orders[k-1].row(i, k) {
				text = append(text, a.words[w])
			}
			return grams{}, fmt.Errorf("the %d-gram %q stands there twice", k, strings.Join(text, " "))
		}
	}
	for k := len(a.orders); k > 2; k-- {
		a.orders[k-2].addHistories(&a.orders[k-1], k)
	}
	g := grams{order: len(a.orders), word: make([][]uint32, len(a.orders)), child: make([][]uint32, len(a.orders))}
	for k := range a.orders {
		a.fillBlanks(k + 1)
		o := &a.orders[k]
		g.prob, g.backoff = append(g.prob, o.prob), append(g.backoff, o.backoff)
		if k > 0 {
			g.word[k], g.child[k-1] = link(k, o, &a.orders[k-1])
		}
	}
	g.backoff[g.order-1] = nil
	return g, nil
}

// row is the words of entry i.
func (o *arpaOrder) row(i, k int) []uint32 { return o.words[i*k : (i+1)*k] }

// find returns the entry of an n-gram, or −1; the order is sorted.
func (o *arpaOrder) find(gram []uint32) int {
	k := len(gram)
	if k == 1 {
		return int(gram[0])
	}
	i, ok := sort.Find(len(o.prob), func(i int) int { return slices.Compare(gram, o.row(i, k)) })
	if !ok {
		return -1
	}
	return i
}

// sort puts the entries in the order of their tokens, and returns one that stands there twice, or −1.
func (o *arpaOrder) sort(k int) int {
	order := make([]int, len(o.prob))
	sorted := true
	for i := range order {
		order[i] = i
		sorted = sorted && (i == 0 || slices.Compare(o.row(i-1, k), o.row(i, k)) < 0)
	}
	if sorted {
		return -1
	}
	slices.SortFunc(order, func(x, y int) int { return slices.Compare(o.row(x, k), o.row(y, k)) })
	out := arpaOrder{words: make([]uint32, 0, len(o.words))}
	for n, i := range order {
		if n > 0 && slices.Equal(o.row(order[n-1], k), o.row(i, k)) {
			return i
		}
		out.words = append(out.words, o.row(i, k)...)
		out.prob, out.backoff = append(out.prob, o.prob[i]), append(out.backoff, o.backoff[i])
	}
	*o = out
	return -1
}

// addHistories adds to the n-grams of order k−1 those that n-grams of order k begin with and that some
// pruned files leave out, blank: with NaN for a probability.
func (o *arpaOrder) addHistories(above *arpaOrder, k int) {
	at, n := 0, len(o.prob)
	for i := range above.prob {
		history := above.row(i, k)[:k-1]
		if i > 0 && slices.Equal(history, above.row(i-1, k)[:k-1]) {
			continue
		}
		for at < n && slices.Compare(o.row(at, k-1), history) < 0 {
			at++
		}
		if at == n || !slices.Equal(o.row(at, k-1), history) {
			o.words = append(o.words, history...)
			o.prob, o.backoff = append(o.prob, float32(math.NaN())), append(o.backoff, 0)
		}
	}
	o.sort(k - 1)
}

// fillBlanks gives the blank n-grams the probability that backing off gives them anyway.
func (a *arpaReader) fillBlanks(k int) {
	o := &a.orders[k-1]
	for i, p := range o.prob {
		if p != p {
			gram := o.row(i, k)
			o.prob[i] = min(a.weight(gram[:k-1])+a.log(gram[1:]), 0)
		}
	}
}

// log is log10 P of the last token of an n-gram after the others, by the definition of an ARPA file.
func (a *arpaReader) log(gram []uint32) float32 {
	if i := a.orders[len(gram)-1].find(gram); i >= 0 {
		return a.orders[len(gram)-1].prob[i]
	}
	return a.weight(gram[:len(gram)-1]) + a.log(gram[1:])
}

// weight is log10 γ of a history.
func (a *arpaReader) weight(history []uint32) float32 {
	o := &a.orders[len(history)-1]
	if i := o.find(history); i >= 0 {
		return o.backoff[i]
	}
	return 0
}

// link returns the last words of level k and where the successors of every history of level k−1 stand in it.
func link(k int, o, below *arpaOrder) (word, child []uint32) {
	n := len(o.prob)
	word, child = make([]uint32, n), make([]uint32, len(below.prob)+1)
	i := 0
	for x := range below.prob {
		child[x] = uint32(i)
		history := []uint32{uint32(x)}
		if k > 1 {
			history = below.row(x, k)
		}
		for i < n && slices.Equal(o.row(i, k+1)[:k], history) {
			word[i] = o.row(i, k+1)[k]
			i++
		}
	}
	child[len(below.prob)] = uint32(n)
	return word, child
}
