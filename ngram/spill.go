package ngram

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// spill is a file of n-grams with their counts, sorted by their tokens, each after its prefixes, as
// in a walk through a trie. A record holds the length of the n-gram, its last token and its count;
// its other tokens are in the preceding records.
type spill struct {
	file *os.File
	name string // "" if the file is unlinked
	out  *bufio.Writer
	line []byte

	generation int   // how often its content has been merged
	grams      []int // number of n-grams of each order
}

const spillBuffer = 1 << 16

// newSpill creates an empty file, which vanishes with this process.
func newSpill(dir string) (*spill, error) {
	f, name, err := tempFile(dir)
	if err != nil {
		return nil, spillError(err)
	}
	return &spill{file: f, name: name}, nil
}

// record writes an n-gram by its last token.
func (s *spill) record(order int, word, count uint32) error {
	if s.out == nil {
		s.out = bufio.NewWriterSize(s.file, spillBuffer)
	}
	for len(s.grams) <= order {
		s.grams = append(s.grams, 0)
	}
	s.grams[order]++
	s.line = append(s.line[:0], byte(order))
	s.line = binary.AppendUvarint(s.line, uint64(word))
	s.line = binary.AppendUvarint(s.line, uint64(count))
	_, err := s.out.Write(s.line)
	return spillError(err)
}

func (s *spill) flush() error {
	if s.out == nil {
		return nil
	}
	err := s.out.Flush()
	s.out = nil
	return spillError(err)
}

func spillError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ngram: temporary file for counts: %w; set TMPDIR to a directory with room",
		err)
}

func (s *spill) close() error {
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	return err
}

// writeLevels writes the n-grams of a piece of text.
func (s *spill) writeLevels(levels []level) error {
	var walk func(k int, i uint32) error
	walk = func(k int, i uint32) error {
		if k+1 == len(levels) {
			return nil
		}
		for c := levels[k].child[i]; c < levels[k].child[i+1]; c++ {
			if err := s.record(k+2, levels[k+1].word[c], levels[k+1].raw[c]); err != nil {
				return err
			}
			if err := walk(k+1, c); err != nil {
				return err
			}
		}
		return nil
	}
	for w := range uint32(len(levels[0].raw)) {
		if levels[0].child[w] == levels[0].child[w+1] {
			continue
		}
		if err := s.record(1, w, 0); err != nil { // unigrams are counted elsewhere
			return err
		}
		if err := walk(0, w); err != nil {
			return err
		}
	}
	return s.flush()
}

// spillReader is positioned at an n-gram of a spill.
type spillReader struct {
	in    *bufio.Reader
	path  []uint32
	count uint32
}

// next advances to the next n-gram. It returns io.EOF at the end.
func (r *spillReader) next() error {
	order, err := r.in.ReadByte()
	if err != nil {
		return err
	}
	word, err1 := binary.ReadUvarint(r.in)
	count, err2 := binary.ReadUvarint(r.in)
	if err := errors.Join(err1, err2); err != nil {
		return spillError(err)
	}
	if order == 0 || int(order) > len(r.path)+1 {
		return spillError(errors.New("another process changed it"))
	}
	r.path = append(r.path[:order-1], uint32(word))
	r.count = uint32(count)
	return nil
}

// merge calls show for the n-grams of all spills in order, and sums the counts of equal n-grams.
func merge(spills []*spill, show func(order int, word, count uint32) error) error {
	var queue []*spillReader // sorted by path
	enqueue := func(r *spillReader) error {
		if err := r.next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		at, _ := slices.BinarySearchFunc(queue, r.path,
			func(q *spillReader, path []uint32) int { return slices.Compare(q.path, path) })
		queue = slices.Insert(queue, at, r)
		return nil
	}
	for _, s := range spills {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return spillError(err)
		}
		if err := enqueue(&spillReader{in: bufio.NewReaderSize(s.file, spillBuffer)}); err != nil {
			return err
		}
	}
	var same []*spillReader
	for len(queue) > 0 {
		n, count := 1, queue[0].count
		for ; n < len(queue) && slices.Equal(queue[n].path, queue[0].path); n++ {
			count = addCounts(count, queue[n].count)
		}
		path := queue[0].path
		if err := show(len(path), path[len(path)-1], count); err != nil {
			return err
		}
		same = append(same[:0], queue[:n]...)
		queue = slices.Delete(queue, 0, n)
		for _, r := range same {
			if err := enqueue(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// size returns the number of n-grams of an order in the file.
func (s *spill) size(order int) int {
	if order >= len(s.grams) {
		return 0
	}
	return s.grams[order]
}

// mergeLevels returns the levels of a whole text from its spill, if any, and its unigram counts.
func mergeLevels(spills []*spill, raw []uint32, order int) ([]level, error) {
	levels := make([]level, order)
	levels[0].raw = raw
	if order == 1 {
		return levels, nil
	}
	levels[0].child = make([]uint32, 0, len(raw)+1)
	for k := 1; k < order; k++ {
		n := spills[0].size(k + 1)
		if uint64(n) >= none {
			return nil, fmt.Errorf("ngram: more than %d n-grams of order %d; prune more or lower "+
				"the order", uint32(none-1), k+1)
		}
		levels[k] = level{word: make([]uint32, 0, n), raw: make([]uint32, 0, n)}
		if k+1 < order {
			levels[k].child = make([]uint32, 0, n+1)
		}
	}
	err := merge(spills, func(k int, word, count uint32) error {
		if k == 1 {
			for len(levels[0].child) <= int(word) { // including tokens without successors
				levels[0].child = append(levels[0].child, uint32(len(levels[1].word)))
			}
			return nil
		}
		l := &levels[k-1]
		l.word, l.raw = append(l.word, word), append(l.raw, count)
		if k < order {
			l.child = append(l.child, uint32(len(levels[k].word)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for len(levels[0].child) < len(raw) {
		levels[0].child = append(levels[0].child, uint32(len(levels[1].word)))
	}
	for k := range levels[:order-1] {
		levels[k].child = append(levels[k].child, uint32(len(levels[k+1].word)))
	}
	for k := 1; k < order; k++ {
		levels[k].suffix = suffixes(levels, k)
	}
	return levels, nil
}

// suffixes finds the suffix of every n-gram of level k: the successors of a history are also
// successors of its suffix.
func suffixes(levels []level, k int) []uint32 {
	from, to := &levels[k-1], &levels[k]
	if k == 1 {
		return slices.Clone(to.word)
	}
	below := levels[k-2].child
	out := make([]uint32, len(to.word))
	pieces := cut(len(from.word))
	parallel(len(pieces), func(p int) {
		for x := pieces[p].lo; x < pieces[p].hi; x++ {
			lo := below[from.suffix[x]]
			words := from.word[lo:below[from.suffix[x]+1]]
			for i := from.child[x]; i < from.child[x+1]; i++ {
				at, _ := slices.BinarySearch(words, to.word[i])
				out[i] = lo + uint32(at)
			}
		}
	})
	return out
}
