package corpus

import (
	"slices"

	"lmzoo/lm"
)

// Lanes is the Source for models that carry their memory from batch to batch (truncated backpropagation
// through time, Williams and Peng 1990). The documents of an epoch, shuffled and each opened by BOS, are
// one stream; it is cut into B lanes of equal length, and each step goes on in every lane where the step
// before it stopped.
//
// A lane that begins inside a document begins with a BOS without a target, so that the memory of what
// came before in this row, which was another text, ends there. Each epoch has every token of the corpus
// as a target exactly once. It is for one goroutine.
type Lanes struct {
	docs    [][]lm.Token
	b, t    int
	total   int
	lane    int     // tokens of the stream in a lane
	steps   int     // steps of an epoch
	now     int     // the epoch that what follows belongs to
	order   []int32 // of the documents
	begins  []int   // where the document begins in the stream, in this order
	shuffle *shuffler
}

// NewLanes makes batches of B lanes by T tokens from encoded documents.
func NewLanes(docs [][]lm.Token, b, t int, seed uint64) (*Lanes, error) {
	total, err := checkShape(docs, b, t)
	if err != nil {
		return nil, err
	}
	l := &Lanes{docs: docs, b: b, t: t, total: total, now: -1, shuffle: newShuffler(seed)}
	l.lane = (total + b - 1) / b
	l.steps = (l.lane + 1 + t - 1) / t // one more for the BOS of a lane that begins inside a document
	l.order, l.begins = make([]int32, len(docs)), make([]int, len(docs))
	return l, nil
}

// Tokens is the number of targets of an epoch: those of the whole corpus.
func (l *Lanes) Tokens() int { return l.total }

// Steps is the number of steps of an epoch.
func (l *Lanes) Steps() int { return l.steps }

func (l *Lanes) turn(epoch int) {
	if l.now == epoch {
		return
	}
	l.now = epoch
	for i := range l.order {
		l.order[i] = int32(i)
	}
	permute(l.shuffle.epoch(epoch), l.order)
	at := 0
	for i, d := range l.order {
		l.begins[i] = at
		at += len(l.docs[d])
	}
}

// Batch fills b with the next T tokens of every lane. After the first time it allocates nothing.
func (l *Lanes) Batch(b *Batch, step int) {
	b.resize(l.b, l.t)
	l.turn(step / l.steps)
	from := step % l.steps * l.t // within the lane
	for i := range l.b {
		l.fill(b, i*l.t, i*l.lane, from)
	}
}

// fill writes the places from, from+1 … of the lane that begins at a place of the stream.
func (l *Lanes) fill(b *Batch, at, begin, from int) {
	end := min(begin+l.lane, l.total)
	if begin >= end {
		return // fewer tokens than lanes
	}
	row := at + l.t
	pos := begin + from
	if d := l.find(begin); l.begins[d] != begin {
		if from == 0 {
			at++ // the BOS that resize left
		} else {
			pos--
		}
	}
	for at < row && pos < end {
		d := l.find(pos)
		doc := l.docs[l.order[d]]
		first := pos - l.begins[d]
		n := min(len(doc)-first, row-at, end-pos)
		b.fill(at, doc, first, first+n)
		at, pos = at+n, pos+n
	}
}

// find returns which document, in the order of the epoch, holds a place of the stream.
func (l *Lanes) find(pos int) int {
	d, found := slices.BinarySearch(l.begins, pos)
	if !found {
		return d - 1
	}
	for len(l.docs[l.order[d]]) == 0 {
		d++ // a document without tokens begins where the next one does
	}
	return d
}
