// Package word2vec reads and writes word vectors in the two formats of word2vec.c (Mikolov et al.
// 2013), which gensim and most other tools read: a header line "V C", then for each word the word,
// a space and C numbers, as text or as little-endian float32. A word consists of any bytes except
// white space.
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

// Vectors is a table of words and their vectors.
type Vectors struct {
	Words []string
	Dim   int       // C, the number of components of a vector
	Data  []float32 // [V, C]
}

// Row returns the vector of word i.
func (v *Vectors) Row(i int) []float32 { return v.Data[i*v.Dim:][:v.Dim] }

const (
	maxWord = 49      // bytes; the limit of word2vec.c's distance
	maxDim  = 1 << 16 // a header that declares more is damaged
)

// CheckWord returns an error if a word cannot be written to a file.
func CheckWord(word string) error {
	switch {
	case word == "":
		return errors.New("the empty word cannot be written: a space ends a word")
	case strings.ContainsAny(word, space):
		return fmt.Errorf("word %q cannot be written: it contains white space, which ends a word",
			word)
	case len(word) > maxWord:
		return fmt.Errorf("word %.20q… cannot be written: it has %d bytes; want at most %d", word,
			len(word), maxWord)
	}
	return nil
}

const space = " \t\n\v\f\r\x00"

// WriteText writes the text format. Each number has the fewest digits that read back as the same
// bits.
func (v *Vectors) WriteText(w io.Writer) error {
	return v.write(w, func(b *bufio.Writer, row []float32) {
		for _, x := range row {
			b.WriteString(strconv.FormatFloat(float64(x), 'g', -1, 32))
			b.WriteByte(' ')
		}
	})
}

// WriteBinary writes the binary format.
func (v *Vectors) WriteBinary(w io.Writer) error {
	return v.write(w, func(b *bufio.Writer, row []float32) {
		var four [4]byte
		for _, x := range row {
			binary.LittleEndian.PutUint32(four[:], math.Float32bits(x))
			b.Write(four[:])
		}
	})
}

func (v *Vectors) write(w io.Writer, row func(*bufio.Writer, []float32)) error {
	for _, word := range v.Words {
		if err := CheckWord(word); err != nil {
			return err
		}
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%d %d\n", len(v.Words), v.Dim)
	for i, word := range v.Words {
		b.WriteString(word)
		b.WriteByte(' ')
		row(b, v.Row(i))
		b.WriteByte('\n')
	}
	return b.Flush() // reports the first error
}
