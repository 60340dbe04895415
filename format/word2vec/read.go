package word2vec

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Read reads vectors in either format, which it detects from the first vector. In the binary
// format, a newline after a vector, as written by word2vec.c, is optional, because some tools omit
// it.
func Read(r io.Reader) (*Vectors, error) {
	b := bufio.NewReaderSize(r, peekSize)
	count, dim, err := readHeader(b)
	if err != nil {
		return nil, err
	}
	v := &Vectors{Dim: dim}
	read := readBinary
	if looksLikeText(b, dim) {
		read = readText
	}
	seen := map[string]bool{}
	for i := range count {
		word, row, err := read(b, dim)
		if err != nil {
			return nil, fmt.Errorf("word vectors: vector %d of %d: %w", i+1, count, err)
		}
		if seen[word] {
			return nil, fmt.Errorf("word vectors: vector %d of %d: word %q occurs twice", i+1,
				count, word)
		}
		seen[word] = true
		v.Words, v.Data = append(v.Words, word), append(v.Data, row...)
	}
	rest, err := b.Peek(2)
	if len(rest) > 0 && strings.Trim(string(rest), "\r\n") != "" {
		return nil, fmt.Errorf(
			"word vectors: data follows the %d vectors that the header declares; "+
				"correct the count in the first line", count)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return v, nil
}

// peekSize is enough for a word and a vector of ordinary size, as text.
const peekSize = 1 << 20

// readHeader reads "V C".
func readHeader(b *bufio.Reader) (count, dim int, err error) {
	const want = `want a first line such as "71291 200": the number of words and the length of ` +
		`a vector`
	line, err := b.ReadSlice('\n')
	if err != nil || len(line) > 64 {
		return 0, 0, errors.New("word vectors: no header; " + want)
	}
	fields := strings.Fields(string(line))
	if len(fields) != 2 {
		return 0, 0, fmt.Errorf("word vectors: header %q; %s", strings.TrimSpace(string(line)),
			want)
	}
	count, err1 := strconv.Atoi(fields[0])
	dim, err2 := strconv.Atoi(fields[1])
	if err1 != nil || err2 != nil || count < 1 || dim < 1 || dim > maxDim {
		return 0, 0, fmt.Errorf("word vectors: header %q; %s", strings.TrimSpace(string(line)),
			want)
	}
	return count, dim, nil
}

// looksLikeText reports whether the first vector is a line with a word and dim numbers.
func looksLikeText(b *bufio.Reader, dim int) bool {
	head, _ := b.Peek(peekSize) // whatever is available
	line, _, _ := strings.Cut(string(head), "\n")
	fields := strings.FieldsFunc(line, isSpace)
	if len(fields) != dim+1 {
		return false
	}
	for _, f := range fields[1:] {
		if _, err := strconv.ParseFloat(f, 32); err != nil {
			return false
		}
	}
	return true
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\r' }

// readText reads a line.
func readText(b *bufio.Reader, dim int) (string, []float32, error) {
	line, err := b.ReadString('\n')
	if err != nil && line == "" {
		return "", nil, fmt.Errorf(
			"the file ends early; correct the count in the first line, or restore the file")
	}
	fields := strings.FieldsFunc(strings.TrimSuffix(line, "\n"), isSpace)
	if len(fields) != dim+1 {
		return "", nil, fmt.Errorf("the line has %d fields; want a word and %d numbers",
			len(fields), dim)
	}
	row := make([]float32, dim)
	for i, f := range fields[1:] {
		x, err := strconv.ParseFloat(f, 32)
		if err != nil || !finite(float32(x)) {
			return "", nil, fmt.Errorf("number %d of %q is %q; want a finite number", i+1,
				fields[0], f)
		}
		row[i] = float32(x)
	}
	return fields[0], row, nil
}

// readBinary reads a word, a space and dim numbers of four bytes.
func readBinary(b *bufio.Reader, dim int) (string, []float32, error) {
	var word strings.Builder
	for {
		c, err := b.ReadByte()
		if err != nil {
			return "", nil, fmt.Errorf(
				"the file ends early; correct the count in the first line, or restore the file")
		}
		if c == '\n' && word.Len() == 0 {
			continue // the end of the previous vector
		}
		if c == ' ' {
			break
		}
		if word.WriteByte(c); word.Len() > peekSize {
			return "", nil, errors.New("a word of more than a megabyte; the file is damaged")
		}
	}
	if word.Len() == 0 {
		return "", nil, errors.New("an empty word; the file is damaged")
	}
	data := make([]byte, 4*dim)
	if _, err := io.ReadFull(b, data); err != nil {
		return "", nil, fmt.Errorf("the vector of %q is cut short; restore the file", word.String())
	}
	row := make([]float32, dim)
	for i := range row {
		row[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		if !finite(row[i]) {
			return "", nil, fmt.Errorf("number %d of %q is not finite; the file is damaged", i+1,
				word.String())
		}
	}
	return word.String(), row, nil
}

func finite(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }
